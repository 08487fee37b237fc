/** Whether a user may do something: the first of masters, node authorizer and RBAC that says yes. */
import type { Action, PolicyRule } from '../../kube/rbac/rules.ts'
import { isMaster, nodeOf, type UserInfo } from '../../kube/rbac/user.ts'
import type { Change } from '../../store/log.ts'
import type { Store } from '../../store/store.ts'
import { decideForNode } from './node-authorizer.ts'
import { createRbac } from './rbac.ts'

export interface Decision {
  readonly allowed: boolean
  /** Why; may be ''. */
  readonly reason: string
}

/** Rules that a user has been given. */
export interface Granted {
  readonly rules: readonly PolicyRule[]
  /** Why there may be more. */
  readonly errors: readonly string[]
}

export interface Authorizer {
  decide(user: UserInfo, action: Action): Decision
  rulesOf(user: UserInfo, namespace: string): Granted
  /** Hears of committed changes. */
  heed(changes: readonly Change[]): void
}

const ALLOWED: Decision = { allowed: true, reason: '' }

export function createAuthorizer(store: Store): Authorizer {
  const rbac = createRbac(store)
  return {
    decide(user, action) {
      if (isMaster(user)) return ALLOWED
      const node = nodeOf(user)
      const ofNode = node === undefined ? undefined : decideForNode(store, node, action)
      if (ofNode?.allowed) return ofNode
      const ofRoles = rbac.decide(user, action)
      if (ofRoles.allowed || ofNode === undefined) return ofRoles
      return { allowed: false, reason: [ofNode.reason, ofRoles.reason].filter((reason) => reason !== '').join('\n') }
    },
    rulesOf(user, namespace) {
      const granted = rbac.rulesOf(user, namespace)
      if (nodeOf(user) === undefined) return granted
      return { ...granted, errors: [...granted.errors, "node authorizer doesn't support user rule resolution"] }
    },
    heed: rbac.heed,
  }
}
