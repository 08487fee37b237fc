/** What a Deployment tells of itself: counts, availability, and whether its rollout makes progress. */
import type { Deployment } from '../../kube/types.ts'
import { countIfAny } from '../replicas/status.ts'
import {
  conditionAt,
  conditionOf,
  type DeploymentCondition,
  type DeploymentStatus,
  withCondition,
  withoutCondition,
} from './conditions.ts'
import { maxUnavailableOf, progressDeadlineOf, replicasOf } from './limits.ts'
import { actualReplicas, allSets, availableReplicas, type Rollout, readyReplicas, wantedReplicas } from './rollout.ts'

/** Counts and availability. */
export function countedStatus(rollout: Rollout): DeploymentStatus {
  const { deployment, current, now } = rollout
  const sets = allSets(rollout)
  const available = availableReplicas(sets)
  const { collisionCount, conditions } = deployment.status
  const status: DeploymentStatus = {
    ...countIfAny('observedGeneration', deployment.metadata.generation ?? 0),
    ...countIfAny('replicas', actualReplicas(sets)),
    ...countIfAny('updatedReplicas', actualReplicas(current ? [current] : [])),
    ...countIfAny('readyReplicas', readyReplicas(sets)),
    ...countIfAny('availableReplicas', available),
    // More are available than wanted while a set shrinks: then none is unavailable.
    ...countIfAny('unavailableReplicas', Math.max(0, wantedReplicas(sets) - available)),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  }
  const isAvailable = available >= replicasOf(deployment) - maxUnavailableOf(deployment)
  return withCondition(status, isAvailable ? minimumAvailable(now) : minimumUnavailable(now))
}

const minimumAvailable = (now: number): DeploymentCondition =>
  conditionAt(
    {
      type: 'Available',
      status: 'True',
      reason: 'MinimumReplicasAvailable',
      message: 'Deployment has minimum availability.',
    },
    now,
  )

const minimumUnavailable = (now: number): DeploymentCondition =>
  conditionAt(
    {
      type: 'Available',
      status: 'False',
      reason: 'MinimumReplicasUnavailable',
      message: 'Deployment does not have minimum availability.',
    },
    now,
  )

/** The status during a rollout: counts, progress and the failures of its sets. */
export function rolloutStatus(rollout: Rollout): DeploymentStatus {
  let status = countedStatus(rollout)
  const told = conditionOf(rollout.deployment.status, 'Progressing')
  if (progressDeadlineOf(rollout.deployment) === undefined) status = withoutCondition(status, 'Progressing')
  else if (!isToldComplete(status, told)) status = withProgress(rollout, status, told)
  const failure = failureOf(rollout)
  return failure ? withCondition(status, failure) : withoutCondition(status, 'ReplicaFailure')
}

/** Then what moves is no rollout (a Pod that was lost and replaced), and no deadline runs. */
const isToldComplete = (status: DeploymentStatus, told: DeploymentCondition | undefined): boolean =>
  (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && told?.reason === 'NewReplicaSetAvailable'

function withProgress(
  rollout: Rollout,
  status: DeploymentStatus,
  told: DeploymentCondition | undefined,
): DeploymentStatus {
  const { deployment, current, now } = rollout
  const subject = current ? `ReplicaSet "${current.set.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  const progressing = { type: 'Progressing', status: 'True' } as const
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`
    return withCondition(status, conditionAt({ ...progressing, reason: 'NewReplicaSetAvailable', message }, now))
  }
  if (hasMoved(deployment.status, status)) {
    const message = `${subject} is progressing.`
    const condition = conditionAt({ ...progressing, reason: 'ReplicaSetUpdated', message }, now)
    // Told anew even if it says the same: lastUpdateTime is when the deadline begins to run.
    const kept = told?.status === 'True' ? { lastTransitionTime: told.lastTransitionTime } : {}
    return withCondition(withoutCondition(status, 'Progressing'), { ...condition, ...kept })
  }
  if (!isTimedOut(deployment, told, now)) return status
  const message = `${subject} has timed out progressing.`
  return withCondition(
    status,
    conditionAt({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }, now),
  )
}

/** Every wanted Pod is of the present template and available, and no other is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment)
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

/** More new Pods, fewer old ones, more ready or more available. */
function hasMoved(former: DeploymentStatus, next: DeploymentStatus): boolean {
  const oldPods = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    (next.updatedReplicas ?? 0) > (former.updatedReplicas ?? 0) ||
    oldPods(next) < oldPods(former) ||
    (next.readyReplicas ?? 0) > (former.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (former.availableReplicas ?? 0)
  )
}

function isTimedOut(deployment: Deployment, told: DeploymentCondition | undefined, now: number): boolean {
  if (told === undefined || told.reason === 'NewReplicaSetAvailable') return false
  if (told.reason === 'ProgressDeadlineExceeded') return true
  const deadline = deadlineAfter(deployment, told)
  return deadline !== undefined && deadline < now
}

const deadlineAfter = (deployment: Deployment, { lastUpdateTime }: DeploymentCondition): number | undefined => {
  const seconds = progressDeadlineOf(deployment)
  return seconds === undefined || !lastUpdateTime ? undefined : Date.parse(lastUpdateTime) + seconds * 1000
}

/**
 * When to see whether the deadline has passed. Its instant itself is still in time, and is written in whole seconds:
 * one second later it is certain.
 */
export function deadlineOf(deployment: Deployment): number | undefined {
  const told = conditionOf(deployment.status, 'Progressing')
  if (!told || deployment.spec.paused || told.reason === 'ProgressDeadlineExceeded') return undefined
  if (told.reason === 'NewReplicaSetAvailable' || isComplete(deployment, deployment.status)) return undefined
  const deadline = deadlineAfter(deployment, told)
  return deadline === undefined ? undefined : deadline + 1000
}

/** The newest set's failure comes before that of an old one. */
function failureOf(rollout: Rollout): DeploymentCondition | undefined {
  for (const draft of [...(rollout.current ? [rollout.current] : []), ...rollout.old]) {
    const found = draft.set.status.conditions?.find(({ type }) => type === 'ReplicaFailure')
    if (found) return { ...found, lastUpdateTime: found.lastTransitionTime }
  }
  return undefined
}
