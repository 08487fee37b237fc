/**
 * Compression as kube-apiserver does it: answers above 128 KiB only, and only for clients that ask. What the client
 * asked is `request.cf.clientAcceptEncoding`; the header says what the edge itself takes (API facts 1 and 2).
 */

const COMPRESS_BYTES = 128 * 1024

/** An answer that says its encoding (small ones do, from where they were made) is passed on as it is. */
export function encoded(request: Request, response: Response): Response {
  if (response.body === null || response.webSocket || response.headers.has('content-encoding')) return response
  const headers = new Headers(response.headers)
  const length = headers.get('content-length')
  // Without a length it is a stream, which is what large lists are.
  const isLarge = length === null || Number(length) > COMPRESS_BYTES
  const isCompressed = isLarge && acceptEncodingOf(request).includes('gzip')
  headers.set('content-encoding', isCompressed ? 'gzip' : 'identity')
  if (isLarge) headers.set('vary', 'Accept, Accept-Encoding')
  return new Response(response.body, { status: response.status, headers })
}

function acceptEncodingOf(request: Request): string {
  const { cf } = request as { cf?: { clientAcceptEncoding?: string } }
  return cf?.clientAcceptEncoding ?? request.headers.get('accept-encoding') ?? ''
}
