/**
 * The parameters that a binding gives its policy: objects of any kind that the cluster serves, as they are in the
 * transaction of the write.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#parameter-resources
 */
import type { Catalog } from '../../../kube/catalog.ts'
import type { KubeObject } from '../../../kube/object.ts'
import type { Resource } from '../../../kube/resource.ts'
import { fromLabelSelector } from '../../../kube/selectors.ts'
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../../../kube/types.ts'
import type { Store } from '../../../store/store.ts'

type ParamKind = NonNullable<ValidatingAdmissionPolicy['spec']['paramKind']>
type ParamRef = NonNullable<ValidatingAdmissionPolicyBinding['spec']['paramRef']>

/** A policy or binding that can't be used as it stands; what then, its failure policy says. */
export class Misconfigured extends Error {
  constructor(part: 'policy' | 'binding', why: string) {
    super(`failed to configure ${part}: ${why}`)
  }
}

/** Throws Misconfigured. */
export function paramResource(
  catalog: Pick<Catalog, 'byKind'>,
  paramKind: ParamKind | undefined,
): Resource | undefined {
  if (!paramKind) return undefined
  const { apiVersion = '', kind = '' } = paramKind
  const resource = catalog.byKind(apiVersion, kind)
  if (resource) return resource
  const shown = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
  throw new Misconfigured('policy', `failed to find resource referenced by paramKind: '${shown}, Kind=${kind}'`)
}

/**
 * What the policy is to be evaluated with, one after the other; undefined is none at all. `namespace`: that of the write.
 * Throws Misconfigured.
 */
export function paramsOf(
  store: Store,
  resource: Resource | undefined,
  ref: ParamRef | undefined,
  namespace: string,
): readonly (KubeObject | undefined)[] {
  if (!resource || !ref) return [undefined]
  const found = find(store, resource, ref, namespaceOf(resource, ref, namespace))
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny')
    throw new Misconfigured('binding', 'no params found for policy binding with `Deny` parameterNotFoundAction')
  return found
}

function namespaceOf({ scope }: Resource, { namespace: given }: ParamRef, namespace: string): string {
  if (scope === 'cluster') {
    if (given)
      throw new Misconfigured('binding', 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
    return ''
  }
  if (!given && namespace === '')
    throw new Misconfigured(
      'binding',
      'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    )
  return given || namespace
}

function find(store: Store, resource: Resource, { name, selector }: ParamRef, namespace: string): KubeObject[] {
  if (!name) return store.list(resource, { namespace, labels: fromLabelSelector(selector) })
  const found = store.get(resource, { namespace, name })
  return found ? [found] : []
}
