/**
 * What PodDisruptionBudgets say of evictions (policy/v1; k8s.io/kubernetes pkg/registry/core/pod/storage EvictionREST).
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
import { StatusError, tooManyRequests } from '../errors.ts'
import { isTerminating } from '../object.ts'
import { isPodFinished, isPodReady } from '../pod/readiness.ts'
import { fromLabelSelector, matches } from '../selectors.ts'
import { timestampOf } from '../time.ts'
import type { Pod, PodDisruptionBudget } from '../types.ts'

type BudgetStatus = PodDisruptionBudget['status']

const ALLOWED = 'DisruptionAllowed'
/** Evictions that the controller has not confirmed yet; beyond, something is wrong with it. */
const MAX_DISRUPTED = 2000
const RETRY_SECONDS = 10
const REFUSAL = "Cannot evict pod as it would violate the pod's disruption budget."

/** A selector that is not there selects nothing, an empty one everything. */
export function isOfBudget({ spec }: PodDisruptionBudget, { metadata }: Pod): boolean {
  const selector = spec.selector ? fromLabelSelector(spec.selector) : undefined
  return selector !== undefined && matches(selector, metadata.labels ?? {})
}

/** The status with the condition that follows from it. */
export function withAllowed(status: BudgetStatus, now: number): BudgetStatus {
  const isAllowed = (status.disruptionsAllowed ?? 0) > 0
  const conditions = status.conditions ?? []
  const former = conditions.find(({ type }) => type === ALLOWED)
  const value = isAllowed ? 'True' : 'False'
  const condition = {
    type: ALLOWED,
    status: value,
    ...(status.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration }),
    lastTransitionTime: former?.status === value ? former.lastTransitionTime : timestampOf(now),
    reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  } as const
  return { ...status, conditions: [...conditions.filter(({ type }) => type !== ALLOWED), condition] }
}

/**
 * The budget as it is once this Pod of its has been evicted; undefined where the eviction is none of its business. Throws
 * 429 where it allows none now, 500 where there are several.
 */
export function spent(budgets: readonly PodDisruptionBudget[], pod: Pod, now: number): PodDisruptionBudget | undefined {
  const { phase } = pod.status
  if (isPodFinished(pod) || phase === undefined || phase === 'Pending' || isTerminating(pod)) return undefined
  const [budget, another] = budgets.filter((each) => isOfBudget(each, pod))
  if (budget === undefined) return undefined
  if (another)
    throw new StatusError(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  return isPodReady(pod) || !isFreeUnready(budget) ? charged(budget, pod, now) : undefined
}

/** KEP-3017: a Pod that serves nobody may go whenever the others serve enough, or always. */
function isFreeUnready({ spec, status }: PodDisruptionBudget): boolean {
  const { desiredHealthy = 0, currentHealthy = 0 } = status
  return spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (desiredHealthy > 0 && currentHealthy >= desiredHealthy)
}

function charged(budget: PodDisruptionBudget, pod: Pod, now: number): PodDisruptionBudget {
  const { metadata, status } = budget
  const { name } = metadata
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw refusal(`The disruption budget ${name} is still being processed by the server.`, RETRY_SECONDS)
  if (Object.keys(status.disruptedPods ?? {}).length > MAX_DISRUPTED)
    throw new StatusError(
      403,
      'Forbidden',
      `poddisruptionbudgets.policy "${name}" is forbidden: DisruptedPods map too big - too many evictions not confirmed by PDB controller`,
      { name, group: 'policy', kind: 'poddisruptionbudgets' },
    )
  const { disruptionsAllowed = 0, desiredHealthy = 0, currentHealthy = 0 } = status
  if (disruptionsAllowed <= 0)
    throw refusal(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    )
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: timestampOf(now) }
  const next = { ...status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods }
  return { ...budget, status: next.disruptionsAllowed === 0 ? withAllowed(next, now) : next }
}

function refusal(message: string, retryAfterSeconds?: number): StatusError {
  const { code, reason, details } = tooManyRequests(REFUSAL, retryAfterSeconds)
  return new StatusError(code, reason, REFUSAL, { ...details, causes: [{ reason: 'DisruptionBudget', message }] })
}
