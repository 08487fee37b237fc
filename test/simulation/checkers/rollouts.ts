/**
 * A rollout never has more live Pods than replicas + maxSurge, and never takes from what serves below replicas -
 * maxUnavailable; one that recreates begins when all that was is gone. What the user has just changed, and what nodes
 * lose, is nobody's fault.
 */
import { deployments } from '../../../src/kube/resources/apps/deployment.ts'
import { replicaSets } from '../../../src/kube/resources/apps/replica-set.ts'
import type { Deployment, Pod, ReplicaSet } from '../../../src/kube/types.ts'
import type { DurableChange, State } from '../history.ts'
import { promise } from '../violation.ts'
import type { Checker } from './checker.ts'
import { isAvailable, isFinished, isLive, ownerOf, podsOf, setsOf } from './owners.ts'

/** After a fault statuses need a while to say what is. */
const EXCUSED_MS = 10 * 60 * 1000

export function rollouts(): Checker {
  const ceilings = new Map<string, number>()
  let excusedUntil = 0

  function neverTooMany(deployment: Deployment, state: State, isNew: boolean): void {
    const { uid, name } = deployment.metadata
    const sets = setsOf(state, uid)
    const live = sets.reduce((sum, set) => sum + podsOf(state, set.metadata.uid).filter(isLive).length, 0)
    const wanted = sets.reduce((sum, set) => sum + (set.spec.replicas ?? 1), 0)
    const limit = replicasOf(deployment) + surgeOf(deployment)
    const most = Math.max(live, wanted)
    // A limit that the user lowers, or sets that were adopted, are worked off from where they stood.
    const ceiling = most <= limit ? limit : Math.max(limit, ceilings.get(uid) ?? most, isNew ? most : 0)
    ceilings.set(uid, ceiling)
    promise(
      'a rollout never has more than replicas + maxSurge Pods',
      most <= ceiling,
      () => `${name}: ${live} live and ${wanted} wanted of at most ${ceiling}`,
    )
  }

  function neverTooFew(change: DurableChange, deployment: Deployment, before: State): void {
    const set = change.object as ReplicaSet
    const former = change.previous as ReplicaSet
    const lost = (former.spec.replicas ?? 1) - (set.spec.replicas ?? 1)
    if (lost <= 0 || deployment.spec.strategy?.type === 'Recreate' || change.at < excusedUntil) return
    const serving = (shrunk: boolean) =>
      setsOf(before, deployment.metadata.uid).reduce((sum, each) => {
        const size = shrunk && each.metadata.uid === set.metadata.uid ? set.spec.replicas : each.spec.replicas
        const seconds = each.spec.minReadySeconds ?? 0
        const own = podsOf(before, each.metadata.uid).filter((pod) => isAvailable(pod, seconds, change.at))
        return sum + Math.min(own.length, size ?? 1)
      }, 0)
    const floor = Math.min(replicasOf(deployment) - unavailableOf(deployment), serving(false))
    promise(
      'a rollout never has fewer available than replicas - maxUnavailable',
      serving(true) >= floor,
      () => `${set.metadata.name} shrinks by ${lost} at ${change.rv}: ${serving(true)} of ${floor} are left`,
    )
  }

  function idleGoFirst(change: DurableChange, set: ReplicaSet, before: State): void {
    const pod = change.object as Pod
    const isGoing = pod.metadata.deletionTimestamp !== undefined || change.type === 'DELETED'
    const former = change.previous as Pod | undefined
    if (!isGoing || !former || former.metadata.deletionTimestamp !== undefined || change.at < excusedUntil) return
    const serves = (each: Pod) => isAvailable(each, set.spec.minReadySeconds ?? 0, change.at)
    if (!serves(former)) return
    const serving = podsOf(before, set.metadata.uid).filter(serves).length
    promise(
      'a set that shrinks lets go of those that serve nobody first',
      serving > (set.spec.replicas ?? 1),
      () => `${pod.metadata.name} goes at ${change.rv}, one of ${serving} that serve of ${set.spec.replicas} wanted`,
    )
  }

  function oldGoFirst(change: DurableChange, deployment: Deployment, set: ReplicaSet, before: State): void {
    if (change.type !== 'ADDED' || deployment.spec.strategy?.type !== 'Recreate') return
    const left = setsOf(before, deployment.metadata.uid)
      .filter(({ metadata }) => metadata.uid !== set.metadata.uid)
      .flatMap(({ metadata }) => podsOf(before, metadata.uid).filter((pod) => !isFinished(pod)))
    promise(
      'Recreate begins when all that was is gone',
      left.length === 0,
      () =>
        `${change.key.name} at ${change.rv}, while there is ${left.map(({ metadata }) => metadata.name).join(', ')}`,
    )
  }

  return {
    excuse(now) {
      excusedUntil = now + EXCUSED_MS
    },
    change(change, before) {
      if (change.resource === 'replicasets.apps' && change.type === 'MODIFIED') {
        const deployment = deploymentOf(change.previous as ReplicaSet, before)
        if (deployment && isStanding(deployment)) neverTooFew(change, deployment, before)
      } else if (change.resource === 'pods') {
        const set = setOf(change.object as Pod, before)
        const deployment = set && deploymentOf(set, before)
        if (!set || !isStanding(set) || !deployment || !isStanding(deployment)) return
        idleGoFirst(change, set, before)
        oldGoFirst(change, deployment, set, before)
      }
    },
    changed(change, after) {
      const isNew = change.previous === undefined || ownerOf(change.previous) !== ownerOf(change.object)
      const deployment = touched(change, after)
      if (deployment && isStanding(deployment))
        neverTooMany(deployment, after, isNew && change.resource !== 'deployments.apps' && wasOrphan(change))
    },
  }
}

/** Adopted: it was there before, and nobody's. */
const wasOrphan = ({ previous }: DurableChange): boolean => previous !== undefined && ownerOf(previous) === undefined

const isStanding = ({ metadata }: { metadata: { deletionTimestamp?: string } }): boolean =>
  metadata.deletionTimestamp === undefined

const setOf = (pod: Pod, state: State): ReplicaSet | undefined => {
  const owner = ownerOf(pod)
  return owner === undefined ? undefined : state.all(replicaSets).find(({ metadata }) => metadata.uid === owner)
}

const deploymentOf = (set: ReplicaSet, state: State): Deployment | undefined => {
  const owner = ownerOf(set)
  return owner === undefined ? undefined : state.all(deployments).find(({ metadata }) => metadata.uid === owner)
}

function touched({ resource, object }: DurableChange, state: State): Deployment | undefined {
  if (resource === 'deployments.apps') return object as Deployment
  if (resource === 'replicasets.apps') return deploymentOf(object as ReplicaSet, state)
  if (resource !== 'pods') return undefined
  const set = setOf(object as Pod, state)
  return set && deploymentOf(set, state)
}

const replicasOf = ({ spec }: Deployment): number => spec.replicas ?? 1

/** Of 10 replicas 25 % are 3 more, rounded up. */
function surgeOf({ spec }: Deployment): number {
  if (spec.strategy?.type === 'Recreate') return 0
  return partOf(spec.strategy?.rollingUpdate?.maxSurge ?? '25%', spec.replicas ?? 1, Math.ceil)
}

/** Of 10 replicas 25 % are 2 fewer, rounded down; 1 where neither more nor fewer would be allowed. */
function unavailableOf(deployment: Deployment): number {
  const { spec } = deployment
  const part = partOf(spec.strategy?.rollingUpdate?.maxUnavailable ?? '25%', spec.replicas ?? 1, Math.floor)
  return part === 0 && surgeOf(deployment) === 0 ? 1 : part
}

const partOf = (value: string | number, whole: number, round: (value: number) => number): number =>
  typeof value === 'number' ? value : round((Number.parseInt(value, 10) * whole) / 100)
