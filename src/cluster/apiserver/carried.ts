/** What an update carries over from what was there: a client writes its own part only. */
import { clone } from '../../kube/json.ts'
import type { KubeObject, ObjectMeta } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Pod } from '../../kube/types.ts'
import { isOfStatus, type UpdateScope } from './tracking.ts'

/**
 * Metadata of an update: the system's fields stay, the client's are as sent. Of what may not change, a wish that
 * kube-apiserver passes over is passed over, and any other is left to validation (rest.BeforeUpdate).
 */
export function carriedMetadata(existing: ObjectMeta, sent: Partial<ObjectMeta> | undefined): ObjectMeta {
  const { labels, annotations, ownerReferences, finalizers } = sent ?? {}
  const deletionTimestamp = existing.deletionTimestamp ?? sent?.deletionTimestamp
  const deletionGracePeriodSeconds = sent?.deletionGracePeriodSeconds ?? existing.deletionGracePeriodSeconds
  return {
    name: existing.name,
    ...(existing.generateName === undefined ? {} : { generateName: existing.generateName }),
    ...(existing.namespace === undefined ? {} : { namespace: existing.namespace }),
    uid: sent?.uid || existing.uid,
    resourceVersion: existing.resourceVersion,
    ...(existing.generation === undefined ? {} : { generation: existing.generation }),
    creationTimestamp: existing.creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(ownerReferences && ownerReferences.length > 0 ? { ownerReferences } : {}),
    ...(finalizers && finalizers.length > 0 ? { finalizers } : {}),
  }
}

/** What counts of the metadata that was sent through a subresource. */
export function metadataSent(
  { custom, keptByStatus }: Resource,
  existing: ObjectMeta,
  sent: Partial<ObjectMeta> | undefined,
  scope: UpdateScope,
): Partial<ObjectMeta> | undefined {
  // Who adds a container to a Pod that runs may not also say what it is called and selected by.
  if (scope === 'ephemeralcontainers') return existing
  if (scope !== 'status' || keptByStatus.length === 0) return sent
  // Through the status of a custom resource nothing else is written.
  if (custom) return existing
  return { ...sent, ...Object.fromEntries(keptByStatus.map((field) => [field, existing[field]])) }
}

/** On a subresource only its own part is taken from the request, the rest from what is stored. */
export function merged<T extends KubeObject>(existing: T, draft: T, scope: UpdateScope, isBuiltIn: boolean): T {
  const { spec, status } = draft as { spec?: unknown; status?: unknown }
  // Go's types have both structs, be they empty; only a custom resource can lose its status.
  if (isOfStatus(scope)) return { ...existing, status: status ?? (isBuiltIn ? {} : undefined) }
  if (scope === 'ephemeralcontainers') return withEphemeralContainers(existing, draft)
  return { ...existing, spec: spec ?? {} }
}

/** A Pod with the ephemeral containers of another. Its spec is a copy: what is stored is shared, and is defaulted in place. */
export function withEphemeralContainers<T extends KubeObject>(pod: T, other: KubeObject): T {
  const specOf = (object: KubeObject) => (object as { spec?: Partial<Pod['spec']> }).spec ?? {}
  const { ephemeralContainers: _, ...spec } = clone(specOf(pod))
  const { ephemeralContainers } = specOf(other)
  return { ...pod, spec: ephemeralContainers ? { ...spec, ephemeralContainers } : spec }
}

export function keepStatus(next: KubeObject, existing: KubeObject): void {
  const status = (existing as { status?: unknown }).status
  if (status === undefined) delete (next as { status?: unknown }).status
  else (next as { status?: unknown }).status = status
}
