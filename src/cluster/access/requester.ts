/** Who asks, while one request is handled: what they may do, and what their writes must pass. */
import { forbidden, StatusError } from '../../kube/errors.ts'
import { type Action, isPathAction, type ResourceAction } from '../../kube/rbac/rules.ts'
import type { UserInfo } from '../../kube/rbac/user.ts'
import type { ResourceRequest } from '../../kube/request.ts'
import { parseFieldSelector } from '../../kube/selectors.ts'
import type { Authorizer, Decision, Granted } from './authorizer.ts'

export interface Requester {
  readonly user: UserInfo
  decide(action: Action): Decision
  /** Throws 403. */
  check(action: Action): void
  rulesIn(namespace: string): Granted
}

export function requesterOf(authorizer: Authorizer, user: UserInfo): Requester {
  const decide = (action: Action) => authorizer.decide(user, action)
  return {
    user,
    decide,
    check(action) {
      const { allowed, reason } = decide(action)
      if (!allowed) throw refusal(user, action, reason)
    },
    rulesIn: (namespace) => authorizer.rulesOf(user, namespace),
  }
}

/** What a request does, for authorizers. Throws 400 for a field selector that can't be read. */
export function actionOf(request: ResourceRequest, search: URLSearchParams): ResourceAction {
  const { verb, resource, namespace = '', name = '', subresource } = request
  const selector = search.get('fieldSelector')
  const fields =
    selector && (verb === 'list' || verb === 'watch' || verb === 'deletecollection')
      ? parseFieldSelector(selector)
      : undefined
  const named = fields?.find(({ field, op }) => field === 'metadata.name' && op === '=')?.value
  return {
    verb,
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    subresource,
    // A Namespace lies in itself: who may do all in it may do so to it.
    namespace: resource.group === '' && resource.plural === 'namespaces' ? name : namespace,
    // A list of one name is of that one.
    name: name || named || '',
    fields,
  }
}

/** In Kubernetes' words, which people search for. */
function refusal({ username }: UserInfo, action: Action, reason: string): StatusError {
  const because = reason === '' ? '' : `: ${reason}`
  if (isPathAction(action))
    return new StatusError(
      403,
      'Forbidden',
      `forbidden: User ${JSON.stringify(username)} cannot ${action.verb} path ${JSON.stringify(action.path)}${because}`,
      {},
    )
  const { verb, group, resource, subresource, namespace, name } = action
  const what = JSON.stringify(subresource ? `${resource}/${subresource}` : resource)
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  return forbidden(
    { group, plural: resource },
    name,
    `User ${JSON.stringify(username)} cannot ${verb} resource ${what} in API group ${JSON.stringify(group)} ${where}${because}`,
  )
}
