import { gzipSync } from 'node:zlib'
import { FASTEST, gzipStream } from './gzip.ts'

/**
 * Compression as kube-apiserver does it: answers above 128 KiB only, and only for clients that ask. What the client
 * asked is `request.cf.clientAcceptEncoding`; the header says what the edge itself takes (API facts 1 and 2).
 */

const COMPRESS_BYTES = 128 * 1024
/** Up to here an answer is compressed in one piece, beyond it as it passes. */
const PIECE_BYTES = 512 * 1024

/** An answer that says its encoding (small ones do, from where they were made) is passed on as it is. */
export async function encoded(request: Request, response: Response): Promise<Response> {
  if (response.body === null || response.webSocket || response.headers.has('content-encoding')) return response
  const headers = new Headers(response.headers)
  const length = headers.get('content-length')
  // Without a length it is a stream, which is what large lists are.
  const isLarge = length === null || Number(length) > COMPRESS_BYTES
  const isCompressed = isLarge && acceptEncodingOf(request).includes('gzip')
  headers.set('content-encoding', isCompressed ? 'gzip' : 'identity')
  if (isLarge) headers.set('vary', 'Accept, Accept-Encoding')
  if (!isCompressed) return new Response(response.body, { status: response.status, headers })
  headers.delete('content-length')
  const body =
    length !== null && Number(length) <= PIECE_BYTES
      ? gzipSync(new Uint8Array(await response.arrayBuffer()), { level: FASTEST })
      : response.body.pipeThrough(gzipStream())
  return new Response(body, { status: response.status, headers, encodeBody: 'manual' })
}

function acceptEncodingOf(request: Request): string {
  const { cf } = request as { cf?: { clientAcceptEncoding?: string } }
  return cf?.clientAcceptEncoding ?? request.headers.get('accept-encoding') ?? ''
}
