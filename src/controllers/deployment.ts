/**
 * Rolls a Deployment's template out over ReplicaSets; the number of Pods in each is theirs to keep.
 * A reconcile makes one step, and the change it writes leads to the next. The steps stand in deployment/.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
 */
import { controllerOf, isTerminating, keyOf, keyText } from '../kube/object.ts'
import { isPodActive } from '../kube/pod/readiness.ts'
import { deployments } from '../kube/resources/apps/deployment.ts'
import { replicaSets } from '../kube/resources/apps/replica-set.ts'
import { pods } from '../kube/resources/core/pod.ts'
import { fromLabelSelector, matches } from '../kube/selectors.ts'
import type { Deployment, Pod, ReplicaSet } from '../kube/types.ts'
import { type ClusterView, controller, type Outcome, on, record, settled, updateStatus, write } from './controller.ts'
import { cleanUp } from './deployment/clean-up.ts'
import { pausedCondition, withCondition } from './deployment/conditions.ts'
import { progressDeadlineOf } from './deployment/limits.ts'
import { createSet, setOfTemplate, syncRevision } from './deployment/new-set.ts'
import { isOldRunning, scaleDownOld } from './deployment/recreate.ts'
import { rollOn } from './deployment/rolling.ts'
import { allSets, COMPONENT, isActive, type Rollout, type SetDraft, scale, writesOf } from './deployment/rollout.ts'
import { isScaled, scaleAll } from './deployment/scaling.ts'
import { countedStatus, deadlineOf, isComplete, rolloutStatus } from './deployment/status.ts'
import { isNamespaceGoing } from './lifecycle.ts'
import { claim } from './ownership.ts'

/** How often a rollout that waits for Pods to be let go of looks whether they are. */
const HELD_BACK_MS = 5000

export const deployment = controller({
  name: 'deployment',
  concerns: [
    on(deployments, (deployment) => [keyText(keyOf(deployment))]),
    on(replicaSets, keysOfSet),
    on(pods, keysOfPod),
  ],
  reconcile({ cluster, key, now }) {
    const stored = cluster.get(deployments, key)
    // In a namespace that is going there is nothing to roll out any more.
    if (!stored || isNamespaceGoing(cluster, key.namespace)) return settled
    if (isSelectingAll(stored)) return refusal(stored)
    const rollout = begin(cluster, stored, now)
    if (!rollout) return settled
    return advance(rollout, cluster)
  },
})

/** The owner of a set; of an orphan all that might adopt it. */
function keysOfSet(set: ReplicaSet, cluster: ClusterView): string[] {
  const namespace = set.metadata.namespace ?? ''
  const owner = controllerOf(set)
  if (owner) return owner.kind === 'Deployment' ? [keyText({ namespace, name: owner.name })] : []
  return cluster
    .list(deployments, { namespace })
    .filter(({ spec }) => {
      const selector = fromLabelSelector(spec.selector)
      return selector !== undefined && matches(selector, set.metadata.labels ?? {})
    })
    .map((found) => keyText(keyOf(found)))
}

/** Only Recreate waits for Pods; the ReplicaSets' statuses tell the rest. */
function keysOfPod(pod: Pod, cluster: ClusterView): string[] {
  const namespace = pod.metadata.namespace ?? ''
  const owner = controllerOf(pod)
  if (owner?.kind !== 'ReplicaSet') return []
  const set = cluster.get(replicaSets, { namespace, name: owner.name })
  const grandOwner = set && controllerOf(set)
  if (grandOwner?.kind !== 'Deployment') return []
  const key = { namespace, name: grandOwner.name }
  return cluster.get(deployments, key)?.spec.strategy?.type === 'Recreate' ? [keyText(key)] : []
}

const isSelectingAll = ({ spec }: Deployment): boolean =>
  Object.keys(spec.selector.matchLabels ?? {}).length === 0 && (spec.selector.matchExpressions ?? []).length === 0

function refusal(stored: Deployment): Outcome {
  const { generation } = stored.metadata
  if ((stored.status.observedGeneration ?? 0) >= (generation ?? 0)) return settled
  return write(
    updateStatus(deployments, { ...stored, status: { ...stored.status, observedGeneration: generation } }),
    record({
      about: stored,
      type: 'Warning',
      reason: 'SelectingAll',
      message: 'This deployment is selecting all pods. A non-empty selector is required.',
      component: COMPONENT,
    }),
  )
}

/** Its sets, adopted ones among them, sorted into the current one and the old ones. */
function begin(cluster: ClusterView, stored: Deployment, now: number): Rollout | undefined {
  const selector = fromLabelSelector(stored.spec.selector)
  if (!selector) return undefined
  const claimed = claim(cluster, { owner: stored, ownerResource: deployments, selector, resource: replicaSets })
  const oldestFirst = [...claimed.owned].sort(byAge)
  const current = setOfTemplate(stored, oldestFirst)
  const draftOf = (set: ReplicaSet): SetDraft => ({
    stored: cluster.get(replicaSets, keyOf(set)) ?? set,
    set,
    isRemoved: false,
    livePods: countedOnce(() => cluster.ownedBy(pods, set.metadata.uid).filter(isPodActive).length),
  })
  const owned = new Set(claimed.owned)
  return {
    now,
    stored,
    deployment: stored,
    current: current && draftOf(current),
    old: oldestFirst.filter((set) => set !== current).map(draftOf),
    released: claimed.changed.filter((set) => !owned.has(set)),
    isHeldBack: false,
    events: [],
  }
}

function countedOnce(count: () => number): () => number {
  let counted: number | undefined
  return () => (counted ??= count())
}

const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  a.metadata.creationTimestamp < b.metadata.creationTimestamp ||
  (a.metadata.creationTimestamp === b.metadata.creationTimestamp && a.metadata.name < b.metadata.name)
    ? -1
    : 1

function advance(rollout: Rollout, cluster: ClusterView): Outcome {
  if (isTerminating(rollout.stored)) return finish(rollout, countedStatus)
  notePause(rollout)
  syncRevision(rollout)
  if (rollout.stored.spec.paused) {
    if (!isBetweenSets(rollout, cluster)) scaleAll(rollout)
    cleanUp(rollout)
    return finish(rollout, countedStatus)
  }
  if (isScaled(rollout)) {
    scaleAll(rollout)
    return finish(rollout, countedStatus)
  }
  return rollout.stored.spec.strategy?.type === 'Recreate' ? recreate(rollout, cluster) : roll(rollout, cluster)
}

/** A Recreate whose old Pods are still going has no active set to scale, and waits for them also while it is paused. */
const isBetweenSets = (rollout: Rollout, cluster: ClusterView): boolean =>
  rollout.stored.spec.strategy?.type === 'Recreate' &&
  !allSets(rollout).some(isActive) &&
  isOldRunning(rollout, cluster)

function notePause(rollout: Rollout): void {
  if (progressDeadlineOf(rollout.stored) === undefined) return
  const condition = pausedCondition(rollout.stored, rollout.now)
  if (!condition) return
  rollout.deployment = { ...rollout.stored, status: withCondition(rollout.stored.status, condition) }
}

function roll(rollout: Rollout, cluster: ClusterView): Outcome {
  const { current } = rollout
  if (!current) return begun(rollout, cluster)
  if (!rollOn(rollout, current) && isComplete(rollout.deployment, rollout.deployment.status)) cleanUp(rollout)
  return finish(rollout, rolloutStatus)
}

function recreate(rollout: Rollout, cluster: ClusterView): Outcome {
  if (scaleDownOld(rollout) || isOldRunning(rollout, cluster)) return finish(rollout, rolloutStatus)
  const { current } = rollout
  if (!current) return begun(rollout, cluster)
  scale(rollout, current, rollout.deployment.spec.replicas ?? 1)
  if (isComplete(rollout.deployment, rollout.deployment.status)) cleanUp(rollout)
  return finish(rollout, rolloutStatus)
}

/** Sets that were adopted or released are written first: only then is it sure that the new one is needed. */
function begun(rollout: Rollout, cluster: ClusterView): Outcome {
  const writes = writesOf({ ...rollout, deployment: rollout.stored, events: [] })
  return writes.length > 0 ? { writes, more: true } : createSet(rollout, cluster)
}

function finish(rollout: Rollout, statusOf: (rollout: Rollout) => Deployment['status']): Outcome {
  rollout.deployment = { ...rollout.deployment, status: statusOf(rollout) }
  return { writes: writesOf(rollout), lookAgainAt: nextLook(rollout) }
}

/** A set's status tells most often when it has let go of its Pods, but not where it counts as many as before. */
function nextLook({ deployment, isHeldBack, now }: Rollout): number | undefined {
  const deadline = deadlineOf(deployment)
  return isHeldBack ? Math.min(now + HELD_BACK_MS, deadline ?? Number.POSITIVE_INFINITY) : deadline
}
