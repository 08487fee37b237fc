/**
 * Questions about access, answered: may somebody do something, what may I do, who am I, whose is this token.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
import { badRequest, invalid } from '../../kube/errors.ts'
import { type FieldError, FieldPath, invalidValue } from '../../kube/field.ts'
import { stringify } from '../../kube/json.ts'
import type { Action } from '../../kube/rbac/rules.ts'
import type { UserInfo } from '../../kube/rbac/user.ts'
import type { ResourceRequest } from '../../kube/request.ts'
import { apiVersionOf } from '../../kube/resource.ts'
import type { FieldTerm } from '../../kube/selectors.ts'
import { decodeRequest, readBody } from '../apiserver/bodies.ts'
import { jsonResponse } from '../apiserver/responses.ts'
import type { Authorizer, Decision } from './authorizer.ts'
import type { Requester } from './requester.ts'
import type { TokenReviewer } from './token-review.ts'

export interface ReviewContext {
  readonly authorizer: Authorizer
  readonly requester: Requester
  readonly reviewToken: TokenReviewer
}

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

interface ResourceAttributes {
  readonly namespace?: string
  readonly verb?: string
  readonly group?: string
  readonly version?: string
  readonly resource?: string
  readonly subresource?: string
  readonly name?: string
  readonly fieldSelector?: { readonly requirements?: readonly Requirement[] }
}

/** The specs of all reviews together: which fields one has, its definition said when it was decoded. */
interface Spec {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string }
  readonly user?: string
  readonly groups?: readonly string[]
  readonly uid?: string
  readonly extra?: Readonly<Record<string, readonly string[]>>
  readonly namespace?: string
  readonly token?: string
  readonly audiences?: readonly string[]
}

interface Review {
  readonly metadata?: { readonly namespace?: string }
  readonly spec?: Spec
}

/** A create of one of the kinds in `reviews.ts`. Throws 400, 422. */
export async function answerReview(context: ReviewContext, request: ResourceRequest, http: Request): Promise<Response> {
  const { resource } = request
  const apiVersion = apiVersionOf(resource)
  const { kind, schema } = resource
  const review = decodeRequest<Review>({ kind, apiVersions: [apiVersion], schema }, await readBody(http))
  const status = await statusOf(context, request, review)
  // An answer that only the edge can give.
  if (status instanceof Response) return status
  const { metadata = {}, spec } = review
  const shown = { kind, apiVersion, metadata, ...(spec ? { spec } : {}), status }
  return jsonResponse(`${stringify(shown)}\n`, 201)
}

function statusOf(
  { authorizer, requester, reviewToken }: ReviewContext,
  request: ResourceRequest,
  { metadata, spec = {} }: Review,
): object | Promise<object> {
  switch (request.resource.kind) {
    case 'SelfSubjectReview':
      return { userInfo: requester.user }
    case 'SelfSubjectAccessReview':
      refuse(request, attributesErrors(spec))
      return decided(requester.decide(actionOf(spec)))
    case 'SubjectAccessReview':
      refuse(request, subjectErrors(spec))
      return decided(authorizer.decide(subjectOf(spec), actionOf(spec)))
    case 'LocalSubjectAccessReview':
      refuse(request, [...subjectErrors(spec), ...localErrors(request.namespace ?? '', metadata?.namespace, spec)])
      return decided(authorizer.decide(subjectOf(spec), actionOf(spec)))
    case 'SelfSubjectRulesReview':
      return rulesIn(requester, spec.namespace ?? '')
    default:
      if (!spec.token) throw badRequest('token is required for TokenReview in authentication')
      return reviewToken(spec.token, spec.audiences ?? [])
  }
}

const decided = ({ allowed, reason }: Decision): object => ({ allowed, ...(reason === '' ? {} : { reason }) })

function rulesIn(requester: Requester, namespace: string): object {
  if (namespace === '') throw badRequest('no namespace on request')
  const { rules, errors } = requester.rulesIn(namespace)
  return {
    resourceRules: rules
      .filter(({ resources }) => (resources?.length ?? 0) > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, resourceNames })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => (nonResourceURLs?.length ?? 0) > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: errors.length > 0,
    ...(errors.length > 0 ? { evaluationError: errors.join(', ') } : {}),
  }
}

const subjectOf = ({ user = '', groups = [], uid, extra }: Spec): UserInfo => ({ username: user, groups, uid, extra })

function actionOf({ resourceAttributes: asked, nonResourceAttributes: path }: Spec): Action {
  if (path) return { verb: path.verb ?? '', path: path.path ?? '' }
  const {
    verb = '',
    group = '',
    version,
    resource = '',
    subresource,
    namespace = '',
    name = '',
    fieldSelector,
  } = asked ?? {}
  return {
    verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    fields: fieldSelector?.requirements?.flatMap(termOf),
  }
}

/** Only what can be written as a field selector of a request says something to an authorizer. */
function termOf({ key, operator, values = [] }: Requirement): FieldTerm[] {
  const [value] = values
  if (value === undefined || values.length !== 1) return []
  return operator === 'In'
    ? [{ field: key, op: '=', value }]
    : operator === 'NotIn'
      ? [{ field: key, op: '!=', value }]
      : []
}

const AT = new FieldPath('spec')

function attributesErrors({ resourceAttributes, nonResourceAttributes }: Spec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes)
    return [
      invalidValue(
        AT.child('nonResourceAttributes'),
        nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      ),
    ]
  if (resourceAttributes || nonResourceAttributes) return []
  return [
    invalidValue(
      AT.child('resourceAttributes'),
      undefined,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ),
  ]
}

const subjectErrors = (spec: Spec): FieldError[] => [
  ...attributesErrors(spec),
  ...(!spec.user && !spec.groups?.length
    ? [invalidValue(AT.child('user'), spec.user ?? '', 'at least one of user or group must be specified')]
    : []),
]

function localErrors(namespace: string, sent: string | undefined, spec: Spec): FieldError[] {
  if (sent && sent !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  const { resourceAttributes: asked, nonResourceAttributes } = spec
  const errors: FieldError[] = []
  if (asked && asked.namespace !== namespace)
    errors.push(
      invalidValue(
        AT.child('resourceAttributes').child('namespace'),
        asked.namespace ?? '',
        'must match metadata.namespace',
      ),
    )
  if (nonResourceAttributes)
    errors.push(
      invalidValue(AT.child('nonResourceAttributes'), nonResourceAttributes, 'disallowed on this kind of request'),
    )
  return errors
}

function refuse({ resource }: ResourceRequest, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(resource, '', errors)
}
