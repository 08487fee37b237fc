/**
 * Follows owner references when an owner is deleted: its dependents go with it (background), before it (foreground) or
 * are left to themselves (orphan).
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion
 *
 * Keys are of two forms. `/<uid>` asks for the dependents of an owner that is gone: of its deletion only its former
 * state is known, and its name may be taken again. `<resource>/<namespace>/<name>` asks for one object: an owner that
 * its own finalizer holds, or a dependent that names an owner that does not exist. A key's text is parted at its first
 * slash, so the resource (`replicasets.apps`) stands in `key.namespace` and the rest in `key.name`.
 */
import { isTerminating, type Key, type KubeObject, keyOf, keyText, parseKey } from '../kube/object.ts'
import { type Resource, resourceName } from '../kube/resource.ts'
import {
  type ClusterView,
  controller,
  type Dependent,
  each,
  type Outcome,
  onEvery,
  settled,
  update,
  type Write,
  write,
} from './controller.ts'
import { collect } from './garbage/collect.ts'
import { FOREGROUND, hasFinalizer, ORPHAN, ownersOf, waitingFor } from './garbage/owners.ts'
import { strangerEvents } from './garbage/strangers.ts'
import { withoutOwners } from './ownership.ts'

export const garbageCollector = controller({
  name: 'garbagecollector',
  concerns: [onEvery((object, cluster, resource) => keysOf(resource, object, cluster))],
  reconcile({ cluster, key }): Outcome {
    if (key.namespace === '') return collectAll(cluster, cluster.dependents(key.name))
    const found = lookUp(cluster, key)
    return found ? work(cluster, found) : settled
  },
})

const objectKey = (resource: Resource, key: Key): string => `${resourceName(resource)}/${keyText(key)}`

/** Cheap for what is neither going nor lacks an owner: a look-up of itself and one of each owner. */
function keysOf(resource: Resource | undefined, object: KubeObject, cluster: ClusterView): string[] {
  // The last of a kind, whose definition has gone meanwhile.
  if (!resource) return [`/${object.metadata.uid}`]
  const keys: string[] = []
  const isGone = cluster.get(resource, keyOf(object))?.metadata.uid !== object.metadata.uid
  const owners = ownersOf(cluster, object)
  if (isGone) keys.push(`/${object.metadata.uid}`)
  else if (isHeld(object) || owners.some(({ state }) => state === 'absent'))
    keys.push(objectKey(resource, keyOf(object)))
  // An owner that waits for its dependents hears of each that goes.
  for (const owner of owners) if (owner.state === 'waiting') keys.push(objectKey(owner.resource, keyOf(owner.object)))
  return keys
}

const isHeld = (object: KubeObject): boolean =>
  isTerminating(object) && (hasFinalizer(object, FOREGROUND) || hasFinalizer(object, ORPHAN))

function lookUp(cluster: ClusterView, key: Key): Dependent | undefined {
  const resource = cluster.resources.find((candidate) => resourceName(candidate) === key.namespace)
  const object = resource && cluster.get(resource, parseKey(key.name))
  return resource && object ? { resource, object } : undefined
}

function work(cluster: ClusterView, found: Dependent): Outcome {
  const { object } = found
  if (isTerminating(object) && hasFinalizer(object, ORPHAN)) return orphan(cluster, found)
  if (isTerminating(object) && hasFinalizer(object, FOREGROUND)) return awaitDependents(cluster, found)
  const writes = collect(cluster, found)
  return writes.length === 0 ? settled : write(...strangerEvents(cluster, found), ...writes)
}

/** Takes the reference from each dependent; when none has it any more, the finalizer from the owner. */
function orphan(cluster: ClusterView, { resource, object }: Dependent): Outcome {
  const owner = new Set([object.metadata.uid])
  const released = cluster
    .dependents(object.metadata.uid)
    // One that owns itself goes all the same.
    .filter((dependent) => dependent.object.metadata.uid !== object.metadata.uid)
    .map((dependent) => update(dependent.resource, withoutOwners(dependent.object, owner)))
  if (released.length === 0) return write(update(resource, withoutFinalizer(object, ORPHAN)))
  return { ...apart(released), more: true }
}

/** Deletes the dependents; when none is left that blocks it, the owner may go. One that waits for it does not block. */
function awaitDependents(cluster: ClusterView, { resource, object }: Dependent): Outcome {
  const { uid } = object.metadata
  const dependents = cluster.dependents(uid)
  const circle = waitingFor(cluster, object)
  const isBlocked = dependents.some(
    ({ object: { metadata } }) =>
      !circle.has(metadata.uid) &&
      metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
  )
  return isBlocked ? collectAll(cluster, dependents) : write(update(resource, withoutFinalizer(object, FOREGROUND)))
}

const collectAll = (cluster: ClusterView, dependents: readonly Dependent[]): Outcome =>
  apart(dependents.flatMap((dependent) => collect(cluster, dependent)))

/** One dependent that may not be deleted or changed keeps no other back. */
const apart = (writes: readonly Write[]): Outcome => each(writes.map((one) => [one]))

function withoutFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers, ...metadata } = object.metadata
  const left = finalizers?.filter((name) => name !== finalizer) ?? []
  return { ...object, metadata: left.length > 0 ? { ...metadata, finalizers: left } : metadata }
}
