/** Every error becomes a Status: nothing a client gets is HTML or without a body (API fact 8). */
import { internalError, StatusError, tooManyRequests, unavailable } from '../kube/errors.ts'

export function statusOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  const { overloaded, retryable } = (error ?? {}) as { overloaded?: unknown; retryable?: unknown }
  if (overloaded === true) return tooManyRequests('the cluster is overloaded, please try again later', 1)
  // Reset, evicted or moved while it worked: whether a write was done is not known here, so it is not repeated here.
  if (retryable === true || isObjectFailure(error))
    return unavailable('the cluster was interrupted, please try again', 1)
  console.error(
    JSON.stringify({
      message: 'request failed',
      error: String(error),
      stack: error instanceof Error ? error.stack : undefined,
    }),
  )
  return internalError("see the control plane's log")
}

/** Failures between Worker and object, by the words the platform has for them. */
const isObjectFailure = (error: unknown): boolean =>
  error instanceof Error &&
  /durable object|network connection lost|internal error; reference|broken|reset/i.test(error.message)

export function errorResponse(error: unknown): Response {
  const status = statusOf(error)
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  const retryAfter = status.details?.retryAfterSeconds
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter))
  if (status.code === 401) headers.set('www-authenticate', 'Bearer realm="skycrane"')
  const body = new TextEncoder().encode(`${JSON.stringify(status.toStatus())}\n`)
  headers.set('content-length', String(body.length))
  return new Response(body, { status: status.code, headers })
}
