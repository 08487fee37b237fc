/** Answers under a cluster's path: always JSON, always with the headers caches and clients need (API fact 24). */
import type { StatusDetails, StatusError } from '../../kube/errors.ts'
import { stringify } from '../../kube/json.ts'

const HEADERS = {
  'content-type': 'application/json',
  // Another tenant's or another form's answer must never come from a cache.
  'cache-control': 'no-cache, private',
  vary: 'Accept',
}

export function jsonResponse(body: string | ReadableStream, status = 200, warnings: readonly string[] = []): Response {
  const headers = new Headers(isSmall(body) ? SMALL_HEADERS : HEADERS)
  for (const warning of warnings.slice(0, MAX_WARNINGS)) headers.append('warning', warningText(warning))
  return new Response(body, { status, headers })
}

/** kube-apiserver compresses above 128 KiB; below, the edge passes an answer on as it is. */
function isSmall(body: string | ReadableStream): boolean {
  if (typeof body !== 'string' || body.length > SMALL_BYTES) return false
  // UTF-8 takes up to 3 bytes a character: of most texts there is nothing to count.
  return body.length * 3 <= SMALL_BYTES || new TextEncoder().encode(body).length <= SMALL_BYTES
}

const SMALL_BYTES = 128 * 1024
const SMALL_HEADERS = { ...HEADERS, 'content-encoding': 'identity' }

const MAX_WARNINGS = 20
/** The value of a Warning header (RFC 7234). */
export const warningText = (text: string): string => `299 - ${quoted(text)}`
/** A header holds Latin-1 without control characters. */
const quoted = (text: string): string => JSON.stringify(text.replace(/[^\x20-\x7e]/g, '?'))

export function errorResponse(error: StatusError): Response {
  const response = jsonResponse(`${stringify(error.toStatus())}\n`, error.code)
  const retryAfter = error.details?.retryAfterSeconds
  if (retryAfter !== undefined) response.headers.set('retry-after', String(retryAfter))
  if (error.code === 401) response.headers.set('www-authenticate', 'Bearer realm="skycrane"')
  return response
}

/** `Status` of a request that succeeded and has no object to show. */
export const successResponse = (
  details: StatusDetails | undefined,
  status = 200,
  warnings: readonly string[] = [],
): Response =>
  jsonResponse(
    `${stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...(details ? { details } : {}), ...(status === 201 ? { code: 201 } : {}) })}\n`,
    status,
    warnings,
  )
