/**
 * Recreate: all old Pods are gone before the first new one is made.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#recreate-deployment
 */
import { pods } from '../../kube/resources/core/pod.ts'
import type { ClusterView } from '../controller.ts'
import { actualReplicas, isActive, type Rollout, scale } from './rollout.ts'

/** Answers whether any was scaled. */
export function scaleDownOld(rollout: Rollout): boolean {
  let isScaled = false
  for (const draft of rollout.old.filter(isActive)) isScaled = scale(rollout, draft, 0) || isScaled
  return isScaled
}

/** Terminating ones still run, and no status counts them: the Pods themselves are looked at. */
export function isOldRunning(rollout: Rollout, cluster: ClusterView): boolean {
  if (actualReplicas(rollout.old) > 0) return true
  return rollout.old.some(({ set }) =>
    cluster
      .ownedBy(pods, set.metadata.uid)
      .some(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed'),
  )
}
