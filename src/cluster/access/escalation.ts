/**
 * Nobody gives, by a role or a binding, what they do not have themselves, unless they may `escalate` or `bind`.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
import { forbidden, notFound } from '../../kube/errors.ts'
import { deepEqual } from '../../kube/json.ts'
import type { KubeObject } from '../../kube/object.ts'
import {
  compacted,
  type PolicyRule,
  quotedList,
  RBAC_GROUP,
  type RoleRef,
  ruleText,
  uncovered,
} from '../../kube/rbac/rules.ts'
import type { Resource } from '../../kube/resource.ts'
import { clusterRoles, roles } from '../../kube/resources/rbac/roles.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../kube/types.ts'
import type { Store } from '../../store/store.ts'
import type { Requester } from './requester.ts'

/** Who aggregates roles can be given anything. */
const EVERYTHING: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
]

const isRole = ({ kind }: KubeObject): boolean => kind === 'Role' || kind === 'ClusterRole'

/** Throws 403. `next` is of a kind of RBAC's. */
export function checkEscalation(
  store: Store,
  requester: Requester,
  resource: Resource,
  next: KubeObject,
  previous: KubeObject | undefined,
): void {
  // The resource says which of the two it is.
  if (isRole(next))
    checkRole(requester, resource, next as Role | ClusterRole, previous as Role | ClusterRole | undefined)
  else checkBinding(store, requester, resource, next as RoleBinding, previous as RoleBinding | undefined)
}

function checkRole(
  requester: Requester,
  resource: Resource,
  next: Role | ClusterRole,
  previous: Role | ClusterRole | undefined,
): void {
  const { name, namespace = '' } = next.metadata
  const rules = next.rules ?? []
  const aggregation = 'aggregationRule' in next ? next.aggregationRule : undefined
  const formerAggregation = previous && 'aggregationRule' in previous ? previous.aggregationRule : undefined
  const isSame = previous !== undefined && deepEqual(rules, previous.rules ?? [])
  const aggregatesAnew = aggregation !== undefined && !deepEqual(aggregation, formerAggregation)
  if (isSame && !aggregatesAnew) return
  if (requester.decide({ verb: 'escalate', group: RBAC_GROUP, resource: resource.plural, namespace, name }).allowed)
    return
  if (aggregatesAnew && uncovered(requester.rulesIn(namespace).rules, EVERYTHING).length > 0)
    throw forbidden(resource, name, 'must have cluster-admin privileges to use the aggregationRule')
  refuseMore(requester, resource, next, rules)
}

function checkBinding(
  store: Store,
  requester: Requester,
  resource: Resource,
  next: RoleBinding | ClusterRoleBinding,
  previous: RoleBinding | ClusterRoleBinding | undefined,
): void {
  const { roleRef, subjects = [] } = next
  if (previous && deepEqual(roleRef, previous.roleRef) && deepEqual(subjects, previous.subjects ?? [])) return
  const { namespace = '' } = next.metadata
  const { kind = '', name = '' } = roleRef ?? {}
  const plural = kind === 'Role' ? 'roles' : 'clusterroles'
  if (requester.decide({ verb: 'bind', group: RBAC_GROUP, resource: plural, namespace, name }).allowed) return
  const role = roleOf(store, roleRef, namespace)
  // What is no role can't be judged: whoever binds to it beforehand would have what it comes to be.
  if (role === undefined) throw notFound({ group: RBAC_GROUP, plural }, name)
  refuseMore(requester, resource, next, role.rules ?? [])
}

function roleOf(store: Store, { kind, name }: RoleRef, namespace: string): Role | ClusterRole | undefined {
  return kind === 'Role' ? store.get(roles, { namespace, name }) : store.get(clusterRoles, { namespace: '', name })
}

function refuseMore(
  requester: Requester,
  resource: Resource,
  { metadata }: KubeObject,
  rules: readonly PolicyRule[],
): void {
  const { user } = requester
  const granted = requester.rulesIn(metadata.namespace ?? '')
  const lacking = uncovered(granted.rules, rules)
  if (lacking.length === 0) return
  const texts = compacted(lacking).map(ruleText).sort()
  const errors = granted.errors.length === 0 ? '' : `; resolution errors: ${quotedList(granted.errors)}`
  throw forbidden(
    resource,
    metadata.name,
    `user ${JSON.stringify(user.username)} (groups=${quotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${texts.join('\n')}${errors}`,
  )
}
