/**
 * How far sets may grow while others still have Pods that are wanted no more.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-surge
 */
import { isRollingUpdate, maxSurgeOf, replicasOf } from './limits.ts'
import { allSets, type Rollout, type SetDraft, sumOf } from './rollout.ts'

/**
 * The size up to `target` that a set may have; of one that is yet to be made, without `draft`. 10 replicas with
 * maxSurge 3: while 10 old Pods stand, a new set may have 3 (13 in all); once 4 old ones are gone, 7. (Kubernetes counts
 * only what is wanted, and has more Pods than it promises while an old set has yet to let go of its own.)
 */
export function grownSize(rollout: Rollout, draft: SetDraft | undefined, target: number): number {
  if (!isRollingUpdate(rollout.deployment)) return target
  const sets = allSets(rollout)
  const room = Math.max(0, limitOf(rollout) - sumOf(sets.map(heldBy)))
  const size = draft ? replicasOf(draft.set) : 0
  const grown = Math.max(size, Math.min(target, (draft ? heldBy(draft) : 0) + room))
  rollout.isHeldBack ||= grown < target && sets.some((each) => heldBy(each) > replicasOf(each.set))
  return grown
}

/**
 * `sizes` for `sets`, lowered where their sum would be exceeded by Pods that are wanted no more. From 3 replicas with
 * maxSurge 1 to 1: sets of 2 and 2 would become 1 and 1; but where all Pods of the first have just been lost, it would
 * make one while the second still has 2, and so it is given none.
 */
export function fittingSizes(rollout: Rollout, sets: readonly SetDraft[], sizes: readonly number[]): number[] {
  const fitting = [...sizes]
  if (!isRollingUpdate(rollout.deployment)) return fitting
  const live = sumOf(allSets(rollout).map(({ livePods }) => livePods()))
  const missing = sumOf(sets.map(({ livePods }, at) => Math.max(0, (sizes[at] ?? 0) - livePods())))
  let excess = missing - Math.max(0, limitOf(rollout) - live)
  if (excess <= 0) return fitting
  rollout.isHeldBack = true
  // First no set grows, then those shrink that lack Pods.
  for (const least of [heldBy, ({ livePods }: SetDraft) => livePods()])
    sets.forEach((draft, at) => {
      const taken = Math.min(excess, Math.max(0, (fitting[at] ?? 0) - least(draft)))
      fitting[at] = (fitting[at] ?? 0) - taken
      excess -= taken
    })
  return fitting
}

const limitOf = ({ deployment }: Rollout): number => replicasOf(deployment) + maxSurgeOf(deployment)

/**
 * Wanted ones, and those that are wanted no more but still there: a set may be told to shrink and not have done it. The
 * Pods themselves are counted, as a status may be older than they are.
 */
const heldBy = ({ set, livePods }: SetDraft): number => Math.max(replicasOf(set), livePods())
