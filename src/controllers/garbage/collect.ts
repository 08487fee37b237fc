/** Decides about one dependent, by its owners alone (garbagecollector.attemptToDeleteItem). */
import { isTerminating, type KubeObject } from '../../kube/object.ts'
import { type ClusterView, type Dependent, type Propagation, remove, update, type Write } from '../controller.ts'
import { withoutOwners } from '../ownership.ts'
import { FOREGROUND, hasFinalizer, ORPHAN, type Owner, ownersOf } from './owners.ts'

export function collect(cluster: ClusterView, { resource, object }: Dependent): Write[] {
  if (isTerminating(object)) return []
  const owners = ownersOf(cluster, object)
  const lost = owners.filter(({ state }) => state !== 'solid')
  if (lost.length === 0) return []
  // Someone else still has it: it stays, and forgets the others, which must not wait for it.
  if (lost.length < owners.length)
    return [update(resource, withoutOwners(object, new Set(lost.map(({ reference }) => reference.uid))))]
  return [remove(resource, object, { propagation: propagationOf(cluster, object, lost) })]
}

/** Deletion in the foreground goes on down the tree; else what the object itself asks for counts. */
function propagationOf(cluster: ClusterView, object: KubeObject, lost: readonly Owner[]): Propagation {
  const isWaitedFor = lost.some(({ state }) => state === 'waiting')
  if (isWaitedFor && cluster.dependents(object.metadata.uid).length > 0) return 'Foreground'
  if (hasFinalizer(object, ORPHAN)) return 'Orphan'
  return hasFinalizer(object, FOREGROUND) ? 'Foreground' : 'Background'
}
