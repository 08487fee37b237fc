/**
 * How far a rollout may go beyond the wanted number of Pods, and how far below.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
import type { Deployment } from '../../kube/types.ts'

export const replicasOf = (workload: { readonly spec: { readonly replicas?: number } }): number =>
  workload.spec.replicas ?? 1

export const isRollingUpdate = (deployment: Deployment): boolean =>
  (deployment.spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate'

/** Pods beyond `replicas` during a rollout. */
export const maxSurgeOf = (deployment: Deployment): number =>
  isRollingUpdate(deployment) ? limitsOf(deployment).surge : 0

/** Of `replicas`, how many may be unavailable. */
export function maxUnavailableOf(deployment: Deployment): number {
  if (!isRollingUpdate(deployment)) return 0
  return Math.min(limitsOf(deployment).unavailable, replicasOf(deployment))
}

/**
 * Surge is rounded up and unavailability down, so that a percentage never takes more than it says.
 * Of 10 replicas 25 % are 3 more and 2 fewer; of 1 replica 1 more and 0 fewer; of 3 with `maxSurge: 0` and
 * `maxUnavailable: 10%` both would be 0 and nothing could move, so 1 may be unavailable.
 */
function limitsOf(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge, maxUnavailable } = deployment.spec.strategy?.rollingUpdate ?? {}
  const replicas = replicasOf(deployment)
  const surge = resolved(maxSurge ?? '25%', replicas, Math.ceil)
  const unavailable = resolved(maxUnavailable ?? '25%', replicas, Math.floor)
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable }
}

function resolved(value: string | number, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value
  // Multiplied before divided: 0.07 * 100 is 7.000000000000001 and would round up to 8.
  return value.endsWith('%') ? round((Number(value.slice(0, -1)) * total) / 100) : Number(value)
}

/** kubectl and the API write "never" as the largest 32-bit integer. */
const NEVER = 2 ** 31 - 1

/** Seconds a rollout may stand still before it counts as failed; undefined: for ever. */
export function progressDeadlineOf({ spec }: Deployment): number | undefined {
  const seconds = spec.progressDeadlineSeconds
  return seconds === undefined || seconds === NEVER ? undefined : seconds
}

/** How many old ReplicaSets are kept for `kubectl rollout undo`; undefined: all. */
export function historyLimitOf({ spec }: Deployment): number | undefined {
  const limit = spec.revisionHistoryLimit
  return limit === undefined || limit === NEVER ? undefined : limit
}
