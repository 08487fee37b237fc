/**
 * Role-based access control: what the bindings and roles of the cluster allow a user. What has been read is kept until a
 * role or binding changes; so a request costs no query.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
import {
  type Action,
  isPathAction,
  type PolicyRule,
  RBAC_GROUP,
  type RoleRef,
  ruleAllows,
  type Subject,
} from '../../kube/rbac/rules.ts'
import { accountUser, type UserInfo } from '../../kube/rbac/user.ts'
import { resourceName } from '../../kube/resource.ts'
import { clusterRoleBindings, roleBindings } from '../../kube/resources/rbac/bindings.ts'
import { clusterRoles, roles } from '../../kube/resources/rbac/roles.ts'
import type { ClusterRoleBinding, RoleBinding } from '../../kube/types.ts'
import type { Change } from '../../store/log.ts'
import type { Store } from '../../store/store.ts'
import type { Decision, Granted } from './authorizer.ts'

export interface Rbac {
  decide(user: UserInfo, action: Action): Decision
  /** All that the user may do in a namespace and at the cluster scope; only the latter where `namespace` is ''. */
  rulesOf(user: UserInfo, namespace: string): Granted
  /** Hears of committed changes. */
  heed(changes: readonly Change[]): void
}

/** One subject of one binding, with the rules it is given. */
interface Grant {
  readonly rules: readonly PolicyRule[]
  /** Of a binding to a role that does not exist. */
  readonly error: string | undefined
  /** The words of the reason for what it allows. */
  readonly binding: string
  readonly subject: Subject
}

type GrantsBySubject = ReadonlyMap<string, readonly Grant[]>

const WATCHED = new Set([clusterRoleBindings, roleBindings, clusterRoles, roles].map((kind) => resourceName(kind)))

export function createRbac(store: Store): Rbac {
  /** By namespace; '' is the cluster's own bindings. */
  let grants = new Map<string, GrantsBySubject>()

  function grantsIn(namespace: string): GrantsBySubject {
    const known = grants.get(namespace)
    if (known) return known
    const bindings: readonly (ClusterRoleBinding | RoleBinding)[] =
      namespace === '' ? store.list(clusterRoleBindings) : store.list(roleBindings, { namespace })
    const found = new Map<string, Grant[]>()
    for (const binding of bindings)
      for (const grant of grantsOf(binding, namespace)) {
        const key = subjectKey(grant.subject, namespace)
        found.set(key, [...(found.get(key) ?? []), grant])
      }
    grants.set(namespace, found)
    return found
  }

  function grantsOf({ kind, metadata, roleRef, subjects = [] }: ClusterRoleBinding | RoleBinding, namespace: string) {
    const rules = rulesOfRole(roleRef, namespace)
    const name = namespace === '' ? metadata.name : `${metadata.name}/${namespace}`
    return subjects.map(
      (subject): Grant => ({
        rules: rules ?? [],
        error: rules ? undefined : missing(roleRef),
        binding: `${kind} ${JSON.stringify(name)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)}`,
        subject,
      }),
    )
  }

  function rulesOfRole({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const role =
      kind === 'ClusterRole' ? store.get(clusterRoles, { namespace: '', name }) : store.get(roles, { namespace, name })
    return role && (role.rules ?? [])
  }

  function* grantsTo({ username, groups }: UserInfo, namespace: string): Iterable<Grant> {
    for (const scope of namespace === '' ? [''] : ['', namespace]) {
      const bySubject = grantsIn(scope)
      yield* bySubject.get(userKey(username)) ?? []
      for (const group of groups) yield* bySubject.get(groupKey(group)) ?? []
    }
  }

  return {
    decide(user, action) {
      const errors = new Set<string>()
      const namespace = isPathAction(action) ? '' : action.namespace
      for (const { rules, error, binding, subject } of grantsTo(user, namespace)) {
        if (rules.some((rule) => ruleAllows(rule, action)))
          return { allowed: true, reason: `RBAC: allowed by ${binding} to ${subjectText(subject, namespace)}` }
        if (error !== undefined) errors.add(error)
      }
      return { allowed: false, reason: errors.size === 0 ? '' : `RBAC: ${listText([...errors])}` }
    },
    rulesOf(user, namespace) {
      const granted = [...grantsTo(user, namespace)]
      return {
        rules: granted.flatMap(({ rules }) => rules),
        errors: [...new Set(granted.flatMap(({ error }) => error ?? []))],
      }
    },
    heed(changes) {
      if (changes.some(({ resource }) => WATCHED.has(resource))) grants = new Map()
    },
  }
}

const userKey = (name: string): string => `User ${name}`
const groupKey = (name: string): string => `Group ${name}`

/** A ServiceAccount is the user of its name. In a RoleBinding it may be without a namespace: it is that one's. */
function subjectKey({ kind, name, namespace }: Subject, own: string): string {
  if (kind === 'Group') return groupKey(name)
  return userKey(kind === 'ServiceAccount' ? accountUser(namespace || own, name) : name)
}

const subjectText = ({ kind, name, namespace }: Subject, own: string): string =>
  `${kind} ${JSON.stringify(kind === 'ServiceAccount' ? `${name}/${namespace || own}` : name)}`

const missing = ({ kind, name }: RoleRef): string =>
  `${kind.toLowerCase()}.${RBAC_GROUP} ${JSON.stringify(name)} not found`

/** As Kubernetes shows several errors as one. */
const listText = (errors: readonly string[]): string =>
  errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`
