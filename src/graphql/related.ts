/**
 * Objects as resolvers hand them on: with the session they come from beside them, so that an object in the answer
 * knows which cluster its relations are in.
 */
import type { KubeObject } from '../kube/object.ts'
import type { Session } from './context.ts'

const sessions = new WeakMap<KubeObject, Session>()

/** Objects are the request's own, parsed for it, so an object is of one session. */
export function withSession<T extends KubeObject>(session: Session, object: T): T {
  sessions.set(object, session)
  return object
}

export function sessionOf(object: KubeObject): Session {
  const session = sessions.get(object)
  if (!session) throw new Error('an object without its session')
  return session
}
