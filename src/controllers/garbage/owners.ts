/** How an object's owners are: there, waiting for it to go, or gone. */
import { isTerminating, type KubeObject, type OwnerReference } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import type { ClusterView } from '../controller.ts'

export const FOREGROUND = 'foregroundDeletion'
export const ORPHAN = 'orphan'

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean =>
  object.metadata.finalizers?.includes(finalizer) ?? false

export type Owner =
  | { readonly state: 'solid'; readonly reference: OwnerReference }
  | {
      /** In foreground deletion: it goes once its dependents are gone. */
      readonly state: 'waiting'
      readonly reference: OwnerReference
      readonly resource: Resource
      readonly object: KubeObject
    }
  | { readonly state: 'absent'; readonly reference: OwnerReference }

export const ownersOf = (cluster: ClusterView, object: KubeObject): Owner[] =>
  (object.metadata.ownerReferences ?? []).map((reference) => ownerOf(cluster, object, reference))

function ownerOf(cluster: ClusterView, object: KubeObject, reference: OwnerReference): Owner {
  const resource = cluster.resourceOf(reference.apiVersion, reference.kind)
  // Nothing can be said of a kind that is not served, so nothing is deleted for it.
  if (!resource) return { state: 'solid', reference }
  const namespace = resource.scope === 'namespaced' ? (object.metadata.namespace ?? '') : ''
  const owner = cluster.get(resource, { namespace, name: reference.name })
  // Another object of the same name is not the owner.
  if (owner?.metadata.uid !== reference.uid) return { state: 'absent', reference }
  if (isTerminating(owner) && hasFinalizer(owner, FOREGROUND))
    return { state: 'waiting', reference, resource, object: owner }
  return { state: 'solid', reference }
}

/**
 * uids of the owners in foreground deletion that wait for this object, of those that wait for them, and so on. Who is
 * among them and a dependent too stands in a circle, in which nobody can go first.
 */
export function waitingFor(cluster: ClusterView, object: KubeObject, found = new Set<string>()): ReadonlySet<string> {
  for (const owner of ownersOf(cluster, object)) {
    if (owner.state !== 'waiting' || found.has(owner.reference.uid)) continue
    found.add(owner.reference.uid)
    waitingFor(cluster, owner.object, found)
  }
  return found
}
