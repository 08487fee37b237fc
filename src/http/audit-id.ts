/**
 * Each answer under a cluster's path has an id: the client's own, so that what it asked can be told apart from end to end,
 * or one by chance.
 * https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
 */

const HEADER = 'audit-id'
/** What a log can be searched for, and no more of it than an id needs. */
const ID = /^[\x21-\x7e]{1,64}$/

/** The answer itself, or, where it came from the cluster's object as it is, one with its body. */
export function withAuditId(request: Request, answer: Response): Response {
  // A WebSocket's handshake is the platform's.
  if (answer.webSocket) return answer
  const given = request.headers.get(HEADER) ?? ''
  const id = ID.test(given) ? given : crypto.randomUUID()
  try {
    answer.headers.set(HEADER, id)
    return answer
  } catch {
    // Headers of what another object answered are fixed.
    const headers = new Headers(answer.headers)
    headers.set(HEADER, id)
    return new Response(answer.body, { status: answer.status, headers })
  }
}
