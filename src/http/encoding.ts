import { gzipSync } from 'node:zlib'

/**
 * Compression as kube-apiserver does it: answers above 128 KiB only, and only for clients that ask. What the client
 * asked is `request.cf.clientAcceptEncoding`; the header says what the edge itself takes (API facts 1 and 2).
 */

const COMPRESS_BYTES = 128 * 1024
/** zlib's fastest level: a third of the time of its default, for a tenth more bytes. */
const FAST = 1

/** An answer that says its encoding (small ones do, from where they were made) is passed on as it is. */
export async function encoded(request: Request, response: Response): Promise<Response> {
  if (response.body === null || response.webSocket || response.headers.has('content-encoding')) return response
  const headers = new Headers(response.headers)
  const length = headers.get('content-length')
  // Without a length it is a stream, which is what large lists are.
  const isLarge = length === null || Number(length) > COMPRESS_BYTES
  const isCompressed = isLarge && takesGzip(request)
  headers.set('content-encoding', isCompressed ? 'gzip' : 'identity')
  if (isLarge) headers.set('vary', 'Accept, Accept-Encoding')
  if (isCompressed && length !== null) {
    headers.delete('content-length')
    const bytes = gzipSync(new Uint8Array(await response.arrayBuffer()), { level: FAST })
    return new Response(bytes, { status: response.status, headers, encodeBody: 'manual' })
  }
  return new Response(response.body, { status: response.status, headers })
}

export const takesGzip = (request: Request): boolean => acceptEncodingOf(request).includes('gzip')

function acceptEncodingOf(request: Request): string {
  const { cf } = request as { cf?: { clientAcceptEncoding?: string } }
  return cf?.clientAcceptEncoding ?? request.headers.get('accept-encoding') ?? ''
}
