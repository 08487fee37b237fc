/** A Deployment's conditions: reasons and messages are read by `kubectl rollout status` and by people. */
import type { Deployment } from '../../kube/types.ts'
import { timestampOf } from '../instant.ts'

export type DeploymentStatus = Deployment['status']
export type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number]
export type ConditionType = 'Progressing' | 'Available' | 'ReplicaFailure'

export const conditionOf = (status: DeploymentStatus, type: ConditionType): DeploymentCondition | undefined =>
  status.conditions?.find((condition) => condition.type === type)

export interface NewCondition {
  readonly type: ConditionType
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

export const conditionAt = (condition: NewCondition, now: number): DeploymentCondition => ({
  ...condition,
  lastUpdateTime: timestampOf(now),
  lastTransitionTime: timestampOf(now),
})

/** Sets a condition. Of the same status and reason it stays as it is, its message too. */
export function withCondition(status: DeploymentStatus, condition: DeploymentCondition): DeploymentStatus {
  const former = conditionOf(status, condition.type as ConditionType)
  if (former && former.status === condition.status && former.reason === condition.reason) return status
  const kept = former?.status === condition.status ? { lastTransitionTime: former.lastTransitionTime } : {}
  return {
    ...status,
    conditions: [...(status.conditions ?? []).filter(({ type }) => type !== condition.type), { ...condition, ...kept }],
  }
}

export function withoutCondition(status: DeploymentStatus, type: ConditionType): DeploymentStatus {
  if (conditionOf(status, type) === undefined) return status
  const { conditions, ...rest } = status
  const left = (conditions ?? []).filter((condition) => condition.type !== type)
  return left.length > 0 ? { ...rest, conditions: left } : rest
}

/** Pausing and resuming are told as progress, so that the time paused does not count against the deadline. */
export function pausedCondition(deployment: Deployment, now: number): DeploymentCondition | undefined {
  const progressing = conditionOf(deployment.status, 'Progressing')
  // That no progress was made is not forgotten over a pause.
  if (progressing?.reason === 'ProgressDeadlineExceeded') return undefined
  const isToldPaused = progressing?.reason === 'DeploymentPaused'
  const isPaused = deployment.spec.paused === true
  if (isPaused === isToldPaused) return undefined
  const [reason, message] = isPaused
    ? ['DeploymentPaused', 'Deployment is paused']
    : ['DeploymentResumed', 'Deployment is resumed']
  return conditionAt({ type: 'Progressing', status: 'Unknown', reason, message }, now)
}
