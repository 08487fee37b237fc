/**
 * NamespaceLifecycle: nothing is created where there is no namespace, or where it goes.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespacelifecycle
 */
import { forbidden, notFound } from '../../../kube/errors.ts'
import { isTerminating, type KubeObject } from '../../../kube/object.ts'
import type { Resource } from '../../../kube/resource.ts'
import { namespaces } from '../../../kube/resources/core/namespace.ts'
import type { Store } from '../../../store/store.ts'

/** Nothing is created in a namespace that is missing or on its way out. */
export function namespaceLifecycle(store: Store, resource: Resource, object: KubeObject): void {
  const name = object.metadata.namespace
  if (resource.scope === 'cluster' || name === undefined) return
  const namespace = store.get(namespaces, { namespace: '', name })
  if (namespace === undefined) throw notFound(namespaces, name)
  if (!isTerminating(namespace)) return
  throw forbidden(
    resource,
    object.metadata.name,
    `unable to create new content in namespace ${name} because it is being terminated`,
    [{ reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' }],
  )
}
