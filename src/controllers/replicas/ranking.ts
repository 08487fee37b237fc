/**
 * Which of too many Pods go first: those whose loss is felt least (controller.ActivePodsWithRanks).
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset
 */
import { isPodReady } from '../../kube/pod/readiness.ts'
import type { Pod } from '../../kube/types.ts'
import { millisOf } from '../instant.ts'

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const PHASES = ['Pending', 'Unknown', 'Running']

export interface Ranking {
  /** The Pods to choose from. */
  readonly pods: readonly Pod[]
  /** Pods of the same application, other revisions included: of two on one node, one is doubled up. */
  readonly related: readonly Pod[]
  readonly now: number
}

interface Ranked {
  readonly pod: Pod
  /** Related Pods on the same node, itself included. */
  readonly doubledUp: number
  readonly phase: number
  readonly isReady: boolean
  readonly cost: number
  readonly readySince: number | undefined
  readonly restarts: number
  readonly sidecarRestarts: number
  readonly created: number
}

/** The Pods, first to go first. */
export function inOrderOfDeletion({ pods, related, now }: Ranking): Pod[] {
  const perNode = new Map<string, number>()
  for (const { spec } of related) perNode.set(spec.nodeName ?? '', (perNode.get(spec.nodeName ?? '') ?? 0) + 1)
  return pods
    .map((pod) => ranked(pod, perNode))
    .sort((a, b) => compare(a, b, now))
    .map(({ pod }) => pod)
}

function ranked(pod: Pod, perNode: ReadonlyMap<string, number>): Ranked {
  const isReady = isPodReady(pod)
  const ready = pod.status.conditions?.find(({ type }) => type === 'Ready')
  return {
    pod,
    doubledUp: perNode.get(pod.spec.nodeName ?? '') ?? 0,
    phase: PHASES.indexOf(pod.status.phase ?? 'Pending'),
    isReady,
    cost: deletionCost(pod),
    readySince: isReady ? millisOf(ready?.lastTransitionTime) : undefined,
    restarts: most(pod.status.containerStatuses),
    sidecarRestarts: most(pod.status.initContainerStatuses),
    created: millisOf(pod.metadata.creationTimestamp) ?? 0,
  }
}

/** An integer of 32 bits, as text; anything else counts as 0, and validation warns of it. KEP-2255. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST]
  return text !== undefined && /^(0|-?[1-9][0-9]*)$/.test(text) ? Number(text) : 0
}

const most = (statuses: readonly { restartCount?: number }[] | undefined): number =>
  Math.max(0, ...(statuses ?? []).map(({ restartCount }) => restartCount ?? 0))

function compare(a: Ranked, b: Ranked, now: number): number {
  return (
    Number(isAssigned(a)) - Number(isAssigned(b)) ||
    a.phase - b.phase ||
    Number(a.isReady) - Number(b.isReady) ||
    a.cost - b.cost ||
    b.doubledUp - a.doubledUp ||
    youngerFirst(a, b, a.readySince, b.readySince, now) ||
    b.restarts - a.restarts ||
    b.sidecarRestarts - a.sidecarRestarts ||
    youngerFirst(a, b, a.created, b.created, now) ||
    0
  )
}

const isAssigned = ({ pod }: Ranked): boolean => Boolean(pod.spec.nodeName)

/**
 * Younger ones first, but ages are compared by their order of magnitude and within one by uid, so that scaling down
 * does not always empty the zone that was filled last (KEP-2185). In milliseconds: 70 s (2^16) and 100 s (2^16) are of
 * one age, 200 s (2^17) is older.
 */
function youngerFirst(
  a: Ranked,
  b: Ranked,
  aSince: number | undefined,
  bSince: number | undefined,
  now: number,
): number {
  if (aSince === bSince || aSince === undefined || bSince === undefined) return 0
  return magnitude(now - aSince) - magnitude(now - bSince) || (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1)
}

// Kubernetes takes the logarithm of nanoseconds.
const magnitude = (ageMs: number): number => (ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1)
