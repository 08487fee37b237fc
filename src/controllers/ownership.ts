/**
 * Who owns what: making controller references, adopting matching orphans and releasing what no longer matches.
 * The rules are ControllerRefManager's:
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#non-template-pod-acquisitions
 */
import { controllerOf, isTerminating, type KubeObject, type OwnerReference } from '../kube/object.ts'
import { apiVersionOf, type Resource } from '../kube/resource.ts'
import { type LabelSelector, matches } from '../kube/selectors.ts'
import type { ClusterView } from './controller.ts'

export function controllerReference<T extends KubeObject>(resource: Resource<T>, owner: T): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** The same object without its references to these owners. */
export function withoutOwners<T extends KubeObject>(object: T, uids: ReadonlySet<string>): T {
  const { ownerReferences, ...metadata } = object.metadata
  const left = ownerReferences?.filter((reference) => !uids.has(reference.uid)) ?? []
  return { ...object, metadata: left.length > 0 ? { ...metadata, ownerReferences: left } : metadata }
}

export interface Claim<O extends KubeObject, T extends KubeObject> {
  readonly owner: O
  readonly ownerResource: Resource<O>
  readonly selector: LabelSelector
  readonly resource: Resource<T>
}

/** What an owner has, adopted ones with their new reference; `changed` are those adopted or released, to be written. */
export interface Claimed<T> {
  readonly owned: readonly T[]
  readonly changed: readonly T[]
}

/** `counts` says which objects can be claimed at all (a finished Pod is nobody's replica). */
export function claim<O extends KubeObject, T extends KubeObject>(
  cluster: ClusterView,
  { owner, ownerResource, selector, resource }: Claim<O, T>,
  counts: (object: T) => boolean = () => true,
): Claimed<T> {
  const owned: T[] = []
  const changed: T[] = []
  for (const object of candidates(cluster, resource, owner, selector)) {
    if (!counts(object)) continue
    const controller = controllerOf(object)
    if (controller && controller.uid !== owner.metadata.uid) continue
    const isMatch = matches(selector, object.metadata.labels ?? {})
    if (controller) {
      if (isMatch) owned.push(object)
      else if (!isTerminating(owner)) changed.push(withoutOwners(object, new Set([owner.metadata.uid])))
    } else if (isMatch && !isTerminating(owner) && !isTerminating(object)) {
      const adopted = adoptedBy(object, controllerReference(ownerResource, owner))
      owned.push(adopted)
      changed.push(adopted)
    }
  }
  return { owned, changed }
}

function candidates<T extends KubeObject>(
  cluster: ClusterView,
  resource: Resource<T>,
  owner: KubeObject,
  selector: LabelSelector,
): T[] {
  const namespace = owner.metadata.namespace ?? ''
  const found = new Map<string, T>()
  for (const object of cluster.ownedBy(resource, owner.metadata.uid))
    if (object.metadata.namespace === namespace) found.set(object.metadata.uid, object)
  for (const object of cluster.list(resource, { namespace, labels: selector })) found.set(object.metadata.uid, object)
  return [...found.values()]
}

const adoptedBy = <T extends KubeObject>(object: T, reference: OwnerReference): T => ({
  ...object,
  metadata: {
    ...object.metadata,
    ownerReferences: [...(object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== reference.uid), reference],
  },
})
