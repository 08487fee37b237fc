/**
 * Each answer under a cluster's path has an id: the client's own, so that what it asked can be told apart from end to end,
 * or one by chance.
 * https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
 */

import { AUDIT_ID_HEADER } from '../protocol/audit-id.ts'

/** What a log can be searched for, and no more of it than an id needs. */
const ID = /^[\x21-\x7e]{1,64}$/

/** The client's own where it can be one. */
export function auditIdOf(request: Request): string {
  const given = request.headers.get(AUDIT_ID_HEADER) ?? ''
  return ID.test(given) ? given : crypto.randomUUID()
}

/** In place. What the cluster's object answered has its id, which nobody could give it any more. */
export function withAuditId(request: Request, answer: Response): Response {
  // A WebSocket's handshake is the platform's.
  if (!answer.webSocket && !answer.headers.has(AUDIT_ID_HEADER)) answer.headers.set(AUDIT_ID_HEADER, auditIdOf(request))
  return answer
}
