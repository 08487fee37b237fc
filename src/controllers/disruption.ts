/**
 * Counts for each PodDisruptionBudget how many of its Pods are healthy, and so how many may be evicted now.
 * https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets
 */
import { isOfBudget, withAllowed } from '../kube/disruption/budget.ts'
import { deepEqual } from '../kube/json.ts'
import { controllerOf, isTerminating, type KubeObject, keyOf, keyText } from '../kube/object.ts'
import { isPodReady } from '../kube/pod/readiness.ts'
import type { Resource } from '../kube/resource.ts'
import { pods } from '../kube/resources/core/pod.ts'
import { podDisruptionBudgets } from '../kube/resources/policy/pod-disruption-budget.ts'
import { formatLabelSelector, fromLabelSelector } from '../kube/selectors.ts'
import type { Pod, PodDisruptionBudget } from '../kube/types.ts'
import {
  type ClusterView,
  controller,
  lookAgain,
  type Outcome,
  on,
  record,
  settled,
  updateStatus,
  type Write,
} from './controller.ts'
import { earliest, millisOf } from './instant.ts'

const COMPONENT = 'controllermanager'
/** So long an eviction that was allowed may take to be seen in its Pod. */
const DELETION_MS = 2 * 60 * 1000

export const disruption = controller({
  name: 'disruption',
  concerns: [on(podDisruptionBudgets, (budget) => [keyText(keyOf(budget))]), on(pods, keysOfPod)],
  reconcile({ cluster, key, now }): Outcome {
    const budget = cluster.get(podDisruptionBudgets, key)
    if (!budget) return settled
    const labels = budget.spec.selector ? fromLabelSelector(budget.spec.selector) : undefined
    const selected = labels ? cluster.list(pods, { namespace: key.namespace, labels }) : []
    const { disrupted, late, lookAgainAt } = disruptedOf(budget, selected, now)
    const { expected, desired, unmanaged } = expectationOf(budget, selected, cluster)
    const healthy = selected.filter(
      (pod) => !isTerminating(pod) && isPodReady(pod) && disrupted[pod.metadata.name] === undefined,
    ).length
    const { conditions } = budget.status
    const status = withAllowed(
      {
        ...(conditions ? { conditions } : {}),
        currentHealthy: healthy,
        desiredHealthy: desired,
        disruptionsAllowed: expected > 0 ? Math.max(0, healthy - desired) : 0,
        ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
        expectedPods: expected,
        ...(budget.metadata.generation === undefined ? {} : { observedGeneration: budget.metadata.generation }),
      },
      now,
    )
    const rest = lookAgainAt === undefined ? settled : lookAgain(lookAgainAt)
    // No status tells of these: it is said as often as it is seen.
    const warning = unmanaged.length > 0 ? [unmanagedEvent(budget)] : []
    if (deepEqual(status, budget.status)) return { ...rest, writes: warning }
    const remarks = [
      ...warning,
      ...(selected.length === 0 ? [tell(budget, 'Normal', 'NoPods', 'No matching pods found')] : []),
      ...late.map((pod) =>
        tell(
          pod,
          'Warning',
          'NotDeleted',
          `Pod was expected by PDB ${key.namespace}/${key.name} to be deleted but it wasn't`,
        ),
      ),
    ]
    return { ...rest, writes: [updateStatus(podDisruptionBudgets, { ...budget, status }), ...remarks] }
  },
})

function keysOfPod(pod: Pod, cluster: ClusterView): string[] {
  return cluster
    .list(podDisruptionBudgets, { namespace: pod.metadata.namespace ?? '' })
    .filter((budget) => isOfBudget(budget, pod))
    .map((budget) => keyText(keyOf(budget)))
}

interface Disrupted {
  /** Evicted, and not seen to go yet: they are healthy no more, whatever they say. */
  readonly disrupted: Record<string, string>
  /** Those that should have gone and did not. */
  readonly late: readonly Pod[]
  readonly lookAgainAt: number | undefined
}

function disruptedOf({ status }: PodDisruptionBudget, selected: readonly Pod[], now: number): Disrupted {
  const disrupted: Record<string, string> = {}
  const late: Pod[] = []
  let lookAgainAt: number | undefined
  for (const pod of selected) {
    const since = status.disruptedPods?.[pod.metadata.name]
    if (since === undefined || isTerminating(pod)) continue
    const until = (millisOf(since) ?? 0) + DELETION_MS
    if (until <= now) late.push(pod)
    else {
      disrupted[pod.metadata.name] = since
      lookAgainAt = earliest(lookAgainAt, until)
    }
  }
  return { disrupted, late, lookAgainAt }
}

interface Expectation {
  readonly expected: number
  readonly desired: number
  /** Where what is expected is told by the Pods' controllers: those that have none. */
  readonly unmanaged: readonly Pod[]
}

/** Of 7 wanted replicas `maxUnavailable: 30%` leaves 4 (3 may be missing), `minAvailable: 30%` asks for 3. */
function expectationOf({ spec }: PodDisruptionBudget, selected: readonly Pod[], cluster: ClusterView): Expectation {
  const { minAvailable, maxUnavailable } = spec
  if (maxUnavailable === undefined && typeof minAvailable === 'number')
    return { expected: selected.length, desired: minAvailable, unmanaged: [] }
  const amount = maxUnavailable ?? minAvailable
  if (amount === undefined) return { expected: 0, desired: 0, unmanaged: [] }
  const { replicas, unmanaged } = scaleOf(selected, cluster)
  const part = typeof amount === 'number' ? amount : Math.ceil((Number(amount.slice(0, -1)) * replicas) / 100)
  return { expected: replicas, desired: maxUnavailable === undefined ? part : Math.max(0, replicas - part), unmanaged }
}

/** What the controllers of the Pods want in all, each counted once. */
function scaleOf(selected: readonly Pod[], cluster: ClusterView): { replicas: number; unmanaged: Pod[] } {
  const counted = new Set<string>()
  const unmanaged: Pod[] = []
  let replicas = 0
  for (const pod of selected) {
    const owner = ownerOf(pod, cluster)
    if (!owner) unmanaged.push(pod)
    else if (!counted.has(owner.object.metadata.uid)) {
      counted.add(owner.object.metadata.uid)
      replicas += owner.resource.scale?.replicas(owner.object) ?? 0
    }
  }
  return { replicas, unmanaged }
}

interface Owner {
  readonly resource: Resource
  readonly object: KubeObject
}

/** Who says how many there are: of a Deployment's Pods the Deployment, and not each of its sets. */
function ownerOf(dependent: KubeObject, cluster: ClusterView): Owner | undefined {
  const reference = controllerOf(dependent)
  const resource = reference && cluster.resourceOf(reference.apiVersion, reference.kind)
  if (!resource) return undefined
  const object = cluster.get(resource, { namespace: dependent.metadata.namespace ?? '', name: reference.name })
  if (object?.metadata.uid !== reference.uid || !resource.scale) return undefined
  return ownerOf(object, cluster) ?? { resource, object }
}

const unmanagedEvent = (budget: PodDisruptionBudget): Write => {
  const selector = budget.spec.selector ? fromLabelSelector(budget.spec.selector) : undefined
  return tell(
    budget,
    'Warning',
    'UnmanagedPods',
    `Pods selected by this PodDisruptionBudget (selector: ${selector ? formatLabelSelector(selector) : ''}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
  )
}

const tell = (about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): Write =>
  record({ about, type, reason, message, component: COMPONENT })
