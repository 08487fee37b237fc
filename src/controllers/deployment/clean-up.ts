/**
 * Deletes old ReplicaSets beyond `revisionHistoryLimit`, lowest revision first.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#clean-up-policy
 */
import { isTerminating } from '../../kube/object.ts'
import { historyLimitOf, replicasOf } from './limits.ts'
import { revisionOf } from './revisions.ts'
import type { Rollout, SetDraft } from './rollout.ts'

export function cleanUp(rollout: Rollout): void {
  const limit = historyLimitOf(rollout.deployment)
  if (limit === undefined) return
  const kept = rollout.old.filter(({ set }) => !isTerminating(set))
  const surplus = kept.length - limit
  if (surplus <= 0) return
  const lowestFirst = [...kept].sort((a, b) => revisionOf(a.set) - revisionOf(b.set))
  for (const draft of lowestFirst.slice(0, surplus)) draft.isRemoved = isEmpty(draft)
}

/** Nor may it be about to make Pods that its status does not tell of yet. */
const isEmpty = ({ set }: SetDraft): boolean =>
  replicasOf(set) === 0 &&
  (set.status.replicas ?? 0) === 0 &&
  (set.metadata.generation ?? 0) <= (set.status.observedGeneration ?? 0)
