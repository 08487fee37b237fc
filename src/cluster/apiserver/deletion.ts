/** How an object goes: what holds it, how long it may take, and what becomes of what it owns. */
import { isTerminating, type KubeObject } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Namespace } from '../../kube/types.ts'
import type { DeleteOptions } from './operations.ts'

/** An object's kind was checked when it was decoded. */
const asNamespace = (object: KubeObject): Namespace => object as Namespace

export const isHeld = (object: KubeObject): boolean =>
  (object.metadata.finalizers?.length ?? 0) > 0 ||
  (object.kind === 'Namespace' && object.apiVersion === 'v1' && (asNamespace(object).spec.finalizers?.length ?? 0) > 0)

/** Whether a terminating object has nothing left that holds it: the write that took the last hold removes it. */
export function isFinished(resource: Resource, next: KubeObject): boolean {
  if (!isTerminating(next) || isHeld(next)) return false
  return resource.gracePeriod === undefined || next.metadata.deletionGracePeriodSeconds === 0
}

/** A time stamp must be able to say when it ends. */
const MAX_GRACE_SECONDS = 2 ** 31

export function graceOf(resource: Resource, object: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (resource.gracePeriod === undefined) return 0
  const natural = resource.gracePeriod(object)
  if (natural === 0) return 0
  const asked = gracePeriodSeconds ?? natural
  // As kube-apiserver does: less than nothing is a second.
  return asked < 0 ? 1 : Math.min(asked, MAX_GRACE_SECONDS)
}

const FOREGROUND = 'foregroundDeletion'
const ORPHAN = 'orphan'

/** Propagation is a finalizer, which the garbage collector works off. */
export function applyPropagation(resource: Resource, object: KubeObject, { propagationPolicy }: DeleteOptions): void {
  const policy = propagationPolicy ?? (isPropagating(object) ? undefined : resource.defaultDeletion)
  if (policy === undefined) return
  const others = (object.metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== FOREGROUND && finalizer !== ORPHAN,
  )
  const finalizers =
    policy === 'Foreground' ? [...others, FOREGROUND] : policy === 'Orphan' ? [...others, ORPHAN] : others
  if (finalizers.length > 0) object.metadata.finalizers = finalizers
  else delete object.metadata.finalizers
}

const isPropagating = (object: KubeObject): boolean =>
  object.metadata.finalizers?.some((finalizer) => finalizer === FOREGROUND || finalizer === ORPHAN) ?? false
