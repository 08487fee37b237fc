/**
 * Nobody lets a policy read for them what they may not read themselves: who names parameters, by their kind or by a
 * reference, must be allowed to get them.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#api-access-control-for-authorizing-parameter-resources
 */
import type { Catalog } from '../../kube/catalog.ts'
import { invalid } from '../../kube/errors.ts'
import { FieldPath, forbiddenField } from '../../kube/field.ts'
import { deepEqual } from '../../kube/json.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { ResourceAction } from '../../kube/rbac/rules.ts'
import { type Resource, resourceName } from '../../kube/resource.ts'
import { validatingAdmissionPolicies } from '../../kube/resources/admissionregistration/validating-admission-policy.ts'
import { validatingAdmissionPolicyBindings } from '../../kube/resources/admissionregistration/validating-admission-policy-binding.ts'
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../../kube/types.ts'
import type { Store } from '../../store/store.ts'
import type { Requester } from './requester.ts'

export interface Known {
  readonly store: Store
  readonly catalog: Pick<Catalog, 'byKind'>
}

type ParamKind = ValidatingAdmissionPolicy['spec']['paramKind']

const POLICIES = resourceName(validatingAdmissionPolicies)
const BINDINGS = resourceName(validatingAdmissionPolicyBindings)

/** Throws 422. What an update leaves as it was is not asked again. */
export function checkParameters(
  known: Known,
  requester: Requester,
  resource: Resource,
  next: KubeObject,
  previous: KubeObject | undefined,
): void {
  // A resource's name says what its objects are.
  switch (resourceName(resource)) {
    case POLICIES:
      checkKind(known, requester, next as ValidatingAdmissionPolicy, previous as ValidatingAdmissionPolicy | undefined)
      return
    case BINDINGS:
      checkReference(
        known,
        requester,
        next as ValidatingAdmissionPolicyBinding,
        previous as ValidatingAdmissionPolicyBinding | undefined,
      )
      return
    default:
  }
}

function checkKind(
  known: Known,
  requester: Requester,
  { metadata, spec: { paramKind } }: ValidatingAdmissionPolicy,
  previous: ValidatingAdmissionPolicy | undefined,
): void {
  if (!paramKind || deepEqual(paramKind, previous?.spec.paramKind)) return
  if (requester.decide({ ...reading(known, paramKind), namespace: '*', name: '*' }).allowed) return
  const { kind = '', apiVersion = '' } = paramKind
  throw invalid(validatingAdmissionPolicies, metadata.name, [
    forbiddenField(
      new FieldPath('spec.paramKind'),
      `user ${requester.user.username} must have "get" permission on all objects of the referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`,
    ),
  ])
}

function checkReference(
  known: Known,
  requester: Requester,
  { metadata, spec }: ValidatingAdmissionPolicyBinding,
  previous: ValidatingAdmissionPolicyBinding | undefined,
): void {
  const { paramRef, policyName = '' } = spec
  if (!paramRef || (deepEqual(paramRef, previous?.spec.paramRef) && policyName === previous?.spec.policyName)) return
  const policy = known.store.get(validatingAdmissionPolicies, { namespace: '', name: policyName })
  const { name = '', namespace = '' } = paramRef
  if (requester.decide({ ...reading(known, policy?.spec.paramKind), namespace, name }).allowed) return
  throw invalid(validatingAdmissionPolicyBindings, metadata.name, [
    forbiddenField(
      new FieldPath('spec.paramRef'),
      `user ${requester.user.username} does not have "get" permission on the object referenced by paramRef`,
    ),
  ])
}

/** Of a kind that nobody knows, all is asked for. */
function reading(
  { catalog }: Known,
  paramKind: ParamKind,
): Pick<ResourceAction, 'verb' | 'group' | 'version' | 'resource'> {
  const { apiVersion = '', kind = '' } = paramKind ?? {}
  if (apiVersion === '') return { verb: 'get', group: '*', version: '*', resource: '*' }
  const slash = apiVersion.indexOf('/')
  const resource = catalog.byKind(apiVersion, kind)?.plural ?? '*'
  return { verb: 'get', group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1), resource }
}
