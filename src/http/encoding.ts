/**
 * Compression as kube-apiserver does it: answers above 128 KiB only, and only for clients that ask. What the client
 * asked is `request.cf.clientAcceptEncoding`; the header says what the edge itself takes (API facts 1 and 2).
 */

const COMPRESS_BYTES = 128 * 1024

export function encoded(request: Request, response: Response): Response {
  if (response.webSocket || response.status === 101 || response.body === null) return response
  const headers = new Headers(response.headers)
  const length = headers.get('content-length')
  // Without a length it is a stream, which is what large lists are.
  const isLarge = length === null ? response.headers.has('x-stream') : Number(length) > COMPRESS_BYTES
  const accepts = acceptEncodingOf(request)
  headers.set('content-encoding', isLarge && accepts.includes('gzip') ? 'gzip' : 'identity')
  headers.delete('x-stream')
  if (isLarge) headers.set('vary', 'Accept, Accept-Encoding')
  return new Response(response.body, { status: response.status, headers })
}

function acceptEncodingOf(request: Request): string {
  const { cf } = request as { cf?: { clientAcceptEncoding?: string } }
  return cf?.clientAcceptEncoding ?? request.headers.get('accept-encoding') ?? ''
}
