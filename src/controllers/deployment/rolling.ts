/**
 * Rolling update: the new ReplicaSet grows as far as the surge allows, the old ones shrink as far as availability
 * allows, by turns, until only the new one is left.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
import { grownSize } from './growth.ts'
import { maxUnavailableOf, replicasOf } from './limits.ts'
import { allSets, availableOf, isActive, type Rollout, type SetDraft, scale, wantedReplicas } from './rollout.ts'

/** One step. Answers whether anything was scaled. */
export function rollOn(rollout: Rollout, current: SetDraft): boolean {
  return growNew(rollout, current) || shrinkOld(rollout, current)
}

function growNew(rollout: Rollout, current: SetDraft): boolean {
  const wanted = replicasOf(rollout.deployment)
  const size = replicasOf(current.set)
  if (size === wanted) return false
  if (size > wanted) return scale(rollout, current, wanted)
  const next = grownSize(rollout, current, wanted)
  return next !== size && scale(rollout, current, next)
}

/**
 * 10 replicas with maxUnavailable 2 and maxSurge 3; 8 must stay available. At the start 10 old and 3 new Pods: of 13,
 * 8 must stay and 3 new ones are not available yet, so 2 old ones may go. When the 3 are available, 3 more.
 */
function shrinkOld(rollout: Rollout, current: SetDraft): boolean {
  const old = rollout.old.filter(isActive)
  if (old.length === 0) return false
  const minAvailable = replicasOf(rollout.deployment) - maxUnavailableOf(rollout.deployment)
  const newUnavailable = replicasOf(current.set) - availableOf(current)
  const spare = wantedReplicas(allSets(rollout)) - minAvailable - newUnavailable
  if (spare <= 0) return false
  const cleaned = removeUnhealthy(rollout, old, spare)
  const shrunk = removeHealthy(rollout, old, current, minAvailable)
  return cleaned || shrunk
}

/** Old Pods that serve nobody go first, else a rollout of one that never worked would stand still. */
function removeUnhealthy(rollout: Rollout, old: readonly SetDraft[], spare: number): boolean {
  let left = spare
  for (const draft of old) {
    const count = Math.min(left, replicasOf(draft.set) - availableOf(draft))
    if (count <= 0) continue
    scale(rollout, draft, replicasOf(draft.set) - count)
    left -= count
  }
  return left < spare
}

function removeHealthy(rollout: Rollout, old: readonly SetDraft[], current: SetDraft, minAvailable: number): boolean {
  const available = [...old, current].reduce((sum, draft) => sum + availableOf(draft), 0)
  const spare = available - minAvailable
  let left = spare
  for (const draft of old) {
    const count = Math.min(left, replicasOf(draft.set))
    if (count <= 0) continue
    scale(rollout, draft, replicasOf(draft.set) - count)
    left -= count
  }
  return left < spare
}
