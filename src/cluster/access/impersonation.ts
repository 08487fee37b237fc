/**
 * Acting as somebody else: the Impersonate- headers, each of which the asker must be allowed.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
import { badRequest } from '../../kube/errors.ts'
import type { ResourceAction } from '../../kube/rbac/rules.ts'
import {
  ANONYMOUS,
  AUTHENTICATED,
  accountGroups,
  accountOf,
  UNAUTHENTICATED,
  type UserInfo,
} from '../../kube/rbac/user.ts'

const USER = 'impersonate-user'
const GROUP = 'impersonate-group'
const UID = 'impersonate-uid'
const EXTRA = 'impersonate-extra-'

/** Who is meant to ask; `asker` where nobody else is. `check` throws where the asker may not do that. Throws 400. */
export function impersonated(asker: UserInfo, headers: Headers, check: (action: ResourceAction) => void): UserInfo {
  const username = headers.get(USER) ?? ''
  const groups = listOf(headers.get(GROUP))
  const uid = headers.get(UID) ?? ''
  const extra = extraOf(headers)
  if (username === '') {
    if (groups.length > 0 || uid !== '' || Object.keys(extra).length > 0)
      throw badRequest('requested impersonation without impersonating a user')
    return asker
  }
  for (const action of actionsOf(username, groups, uid, extra)) check(action)
  return {
    username,
    ...(uid === '' ? {} : { uid }),
    groups: withImplied(username, groups),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

const AUTHENTICATION = 'authentication.k8s.io'

function* actionsOf(
  username: string,
  groups: readonly string[],
  uid: string,
  extra: Readonly<Record<string, readonly string[]>>,
): Iterable<ResourceAction> {
  const act = { verb: 'impersonate', group: '', namespace: '' }
  const account = accountOf(username)
  yield account ? { ...act, resource: 'serviceaccounts', ...account } : { ...act, resource: 'users', name: username }
  for (const name of groups) yield { ...act, resource: 'groups', name }
  if (uid !== '') yield { ...act, group: AUTHENTICATION, resource: 'uids', name: uid }
  for (const [subresource, values] of Object.entries(extra))
    for (const name of values) yield { ...act, group: AUTHENTICATION, resource: 'userextras', subresource, name }
}

function withImplied(username: string, groups: readonly string[]): string[] {
  const account = accountOf(username)
  const all = account && groups.length === 0 ? accountGroups(account.namespace) : [...groups]
  const implied = username === ANONYMOUS ? UNAUTHENTICATED : AUTHENTICATED
  if (!all.includes(AUTHENTICATED) && !all.includes(UNAUTHENTICATED)) all.push(implied)
  return all
}

/**
 * A header that stands several times reaches a Worker as one, joined by comma and space (Fetch standard, "combine"): so a
 * name may have a comma, but none that a space follows.
 */
const listOf = (value: string | null): string[] =>
  (value ?? '')
    .split(', ')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const extraOf = (headers: Headers): Record<string, string[]> =>
  Object.fromEntries(
    [...headers]
      .filter(([name]) => name.startsWith(EXTRA))
      .map(([name, value]) => [keyOf(name.slice(EXTRA.length)), listOf(value)]),
  )

/** Characters that a header's name can't have are escaped as in URLs. */
function keyOf(escaped: string): string {
  try {
    return decodeURIComponent(escaped)
  } catch {
    return escaped
  }
}
