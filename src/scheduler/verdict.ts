/** What the filters say about a Pod on each node, and that in the words of kube-scheduler (framework.FitError). */
import type { NodeCheck, Refusal } from './filter.ts'
import { filters } from './filters/index.ts'
import type { ClusterEvent, ClusterState, NodeInfo, PodInfo } from './model.ts'

export interface Check {
  readonly filter: string
  readonly liftedBy: readonly ClusterEvent[]
  readonly check: NodeCheck
}

/** The filters that have something to say about this Pod. */
export function checksOf(pod: PodInfo, cluster: ClusterState): Check[] {
  const checks: Check[] = []
  for (const { name, liftedBy, prepare } of filters) {
    const check = prepare(pod, cluster)
    if (check) checks.push({ filter: name, liftedBy, check })
  }
  return checks
}

export interface Refused {
  readonly by: Check
  readonly refusal: Refusal
}

/** The first filter that refuses speaks for the node. */
export function refusedOn(node: NodeInfo, checks: readonly Check[]): Refused | undefined {
  for (const by of checks) {
    const refusal = by.check(node)
    if (refusal) return { by, refusal }
  }
  return undefined
}

const NO_NODES = 'no nodes available to schedule pods'

/**
 * `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: 0/3 nodes are available: ...`
 * Reasons are sorted as texts with their counts, so 10 stands before 2.
 */
export function messageOf({ pod }: PodInfo, refusals: readonly Refusal[]): string {
  if (refusals.length === 0) return NO_NODES
  const reasons = summed(refusals.flatMap((refusal) => refusal.reasons))
  const preemption =
    pod.spec.preemptionPolicy === 'Never'
      ? 'not eligible due to preemptionPolicy=Never.'
      : `0/${refusals.length} nodes are available: ${summed(refusals.map(preemptionReason))}.`
  return `0/${refusals.length} nodes are available: ${reasons}. preemption: ${preemption}`
}

const preemptionReason = ({ isFinal }: Refusal): string =>
  isFinal ? 'Preemption is not helpful for scheduling' : 'No preemption victims found for incoming pod'

function summed(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join(', ')
}
