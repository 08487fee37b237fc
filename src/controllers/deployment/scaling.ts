/**
 * Scaling a Deployment, also in the midst of a rollout or a pause: then every active ReplicaSet gets its share, which
 * lowers the risk that lies in one of them.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling
 */
import { fittingSizes } from './growth.ts'
import { isRollingUpdate, maxSurgeOf, maxUnavailableOf, replicasOf } from './limits.ts'
import { desiredReplicasOf, maxReplicasOf } from './revisions.ts'
import { allSets, availableOf, isActive, type Rollout, type SetDraft, scale, sumOf, wantedReplicas } from './rollout.ts'

/**
 * Whether the Deployment was scaled since its sets were sized. With Recreate several active sets are not scaled but
 * wound up, all but one.
 */
export function isScaled(rollout: Rollout): boolean {
  const wanted = replicasOf(rollout.deployment)
  const active = allSets(rollout).filter(isActive)
  if (active.length > 1 && !isRollingUpdate(rollout.deployment)) return false
  return active.some(({ set }) => (desiredReplicasOf(set) ?? wanted) !== wanted)
}

export function scaleAll(rollout: Rollout): void {
  const wanted = replicasOf(rollout.deployment)
  const only = activeOrLatest(rollout)
  if (only) {
    resize(rollout, [only], [wanted])
    return
  }
  const { current } = rollout
  if (current && isSaturated(rollout, current)) {
    for (const draft of rollout.old.filter(isActive)) scale(rollout, draft, 0)
    return
  }
  if (isRollingUpdate(rollout.deployment)) scaleInProportion(rollout)
}

/** The one active set; where none is, the newest. Undefined where there are several. */
function activeOrLatest(rollout: Rollout): SetDraft | undefined {
  const active = allSets(rollout).filter(isActive)
  if (active.length === 0) return rollout.current ?? rollout.old.at(-1)
  return active.length === 1 ? active[0] : undefined
}

function isSaturated({ deployment }: Rollout, { set }: SetDraft): boolean {
  const wanted = replicasOf(deployment)
  return replicasOf(set) === wanted && desiredReplicasOf(set) === wanted && set.status.availableReplicas === wanted
}

/**
 * From 10 replicas with maxSurge 3 to 15: sets of 8 and 5 may now be 18 in all, so each is multiplied by 18/13 and
 * rounded: 11 and 7. What rounding leaves over goes to the largest.
 */
function scaleInProportion(rollout: Rollout): void {
  const wanted = replicasOf(rollout.deployment)
  const active = allSets(rollout).filter(isActive)
  const allowed = wanted > 0 ? wanted + maxSurgeOf(rollout.deployment) : 0
  const toAdd = allowed - wantedReplicas(active)
  // Of two of one size the newer grows first, and the older shrinks first.
  active.sort((a, b) => replicasOf(b.set) - replicasOf(a.set) || (toAdd > 0 ? age(b, a) : age(a, b)))
  let added = 0
  const sizes = active.map((draft) => {
    const share = toAdd === 0 ? 0 : within(shareOf(rollout, draft), toAdd - added)
    added += share
    return replicasOf(draft.set) + share
  })
  sizes[0] = Math.max(0, (sizes[0] ?? 0) + toAdd - added)
  resize(rollout, active, keepServing(rollout, active, sizes))
}

function resize(rollout: Rollout, sets: readonly SetDraft[], sizes: readonly number[]): void {
  const fitting = fittingSizes(rollout, sets, sizes)
  sets.forEach((draft, at) => {
    scale(rollout, draft, fitting[at] ?? 0)
  })
}

/**
 * Shares know nothing of availability. From 5 replicas with maxSurge 1 to 1, of which none may be unavailable: sets of
 * 2, 2 and 1 would become 1, 1 and 0, though only the Pod of the last serves. So it stays, and one that serves nobody
 * goes in its place: 0, 1 and 1. (Kubernetes lets go of it, and has fewer available than it promises.)
 */
function keepServing({ deployment }: Rollout, active: readonly SetDraft[], sizes: readonly number[]): number[] {
  const available = active.map(availableOf)
  const minAvailable = replicasOf(deployment) - maxUnavailableOf(deployment)
  const left = sumOf(sizes.map((size, at) => Math.min(size, available[at] ?? 0)))
  let missing = Math.max(0, Math.min(minAvailable, sumOf(available)) - left)
  let owed = missing
  return sizes
    .map((size, at) => {
      const kept = Math.min(missing, Math.max(0, (available[at] ?? 0) - size))
      missing -= kept
      return size + kept
    })
    .map((size, at) => {
      const idle = Math.min(owed, Math.max(0, size - (available[at] ?? 0)))
      owed -= idle
      return size - idle
    })
}

const age = (a: SetDraft, b: SetDraft): number =>
  a.set.metadata.creationTimestamp < b.set.metadata.creationTimestamp
    ? -1
    : a.set.metadata.creationTimestamp > b.set.metadata.creationTimestamp
      ? 1
      : a.set.metadata.name < b.set.metadata.name
        ? -1
        : 1

/** No set takes more than is left to give, in either direction. */
const within = (share: number, left: number): number =>
  left > 0 ? Math.min(share, left) : left < 0 ? Math.max(share, left) : 0

function shareOf({ deployment }: Rollout, { set }: SetDraft): number {
  const size = replicasOf(set)
  const wanted = replicasOf(deployment)
  if (wanted === 0) return -size
  // Some other actor removed the annotation: what the Deployment has now is the best guess.
  const former = maxReplicasOf(set) || deployment.status.replicas || 0
  if (former === 0) return 0
  return Math.round((size * (wanted + maxSurgeOf(deployment))) / former) - size
}
