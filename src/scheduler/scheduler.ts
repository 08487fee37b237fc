/**
 * Decides which Pod runs on which node. Incremental: it is fed every change of Pods and nodes, and a decision looks at
 * nodes only. Its memory is a cache: on a cold start it is fed all nodes and Pods. Pure but for that memory; it writes
 * nothing, `writesOf` says what a decision means.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
 */
import { deepEqual } from '../kube/json.ts'
import { isTerminating } from '../kube/object.ts'
import type { Node, Pod } from '../kube/types.ts'
import { type Cluster, createCluster } from './cluster.ts'
import type { Refusal } from './filter.ts'
import type { ClusterEvent, NodeInfo, PodInfo } from './model.ts'
import { podInfoOf } from './pod-info.ts'
import { createQueue, type Queue } from './queue.ts'
import { bestOf, enoughCandidates, rating } from './select.ts'
import { checksOf, messageOf, refusedOn } from './verdict.ts'

export { writesOf } from './writes.ts'

export const SCHEDULER_NAME = 'default-scheduler'

export interface Scheduler {
  /** Feed every change of Pods and nodes (undefined next = deleted). Cheap: updates per-node sums. */
  observePod(next: Pod | undefined, previous: Pod | undefined): void
  observeNode(next: Node | undefined, previous: Node | undefined): void
  /** Decides up to `limit` pending Pods, highest priority then oldest first; assumes its own bindings at once. */
  schedule(input: ScheduleInput): { decisions: Decision[]; more: boolean }
  /** What speaks for and against each node. */
  explain(pod: Pod): NodeVerdict[]
}

export interface ScheduleInput {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly limit: number
  /** At least 0, below 1. */
  readonly random: () => number
}

export type Decision =
  | { readonly verb: 'bind'; readonly pod: Pod; readonly node: string }
  | { readonly verb: 'unschedulable'; readonly pod: Pod; readonly message: string }

export interface NodeVerdict {
  readonly node: string
  readonly fits: boolean
  /** The filter that refuses the node, and its reasons. */
  readonly filter?: string
  readonly reasons: readonly string[]
  /** Of a node that fits: the higher the better. */
  readonly score?: number
}

export function createScheduler(): Scheduler {
  const cluster = createCluster()
  const queue = createQueue()
  /** Where the search begins, so that with sampling every node has its turn. */
  let start = 0

  const decide = (pod: PodInfo, random: () => number): Decision => {
    const search = searchFor(pod, cluster, start)
    start = search.next
    const best = bestOf(pod, search.candidates, cluster, random)
    if (!best) {
      queue.putAside(pod, search.liftedBy)
      return { verb: 'unschedulable', pod: pod.pod, message: messageOf(pod, search.refusals) }
    }
    cluster.assign(pod, best.name)
    queue.happened(['pod-assigned'])
    return { verb: 'bind', pod: pod.pod, node: best.name }
  }

  return {
    observePod: (next, previous) => observePod(cluster, queue, next, previous),
    observeNode: (next, previous) => queue.happened(cluster.setNode(next, previous)),
    schedule({ limit, random }) {
      const decisions: Decision[] = []
      while (decisions.length < limit) {
        const pod = queue.take()
        if (!pod) break
        decisions.push(decide(pod, random))
      }
      return { decisions, more: queue.size > 0 }
    },
    explain: (pod) => verdictsOf(podInfoOf(pod), cluster),
  }
}

function observePod(cluster: Cluster, queue: Queue, next: Pod | undefined, previous: Pod | undefined): void {
  const uid = (next ?? previous)?.metadata.uid
  if (uid === undefined) return
  // A Pod of the same name is another one: the former is gone.
  if (next && previous && previous.metadata.uid !== uid) observePod(cluster, queue, undefined, previous)
  const isOver = next === undefined || next.status.phase === 'Succeeded' || next.status.phase === 'Failed'
  if (isOver) {
    queue.remove(uid)
    if (cluster.unassign(uid)) queue.happened(['pod-gone'])
    return
  }
  if (next.spec.nodeName) observeAssigned(cluster, queue, next, next.spec.nodeName)
  else observePending(cluster, queue, next)
}

function observeAssigned(cluster: Cluster, queue: Queue, next: Pod, node: string): void {
  const { uid } = next.metadata
  queue.remove(uid)
  const known = cluster.assignmentOf(uid)
  // Most changes are of the status, and statuses request nothing.
  if (known?.node === node && isSameTo(known.pod.pod, next)) {
    if (isTerminating(known.pod.pod) !== isTerminating(next)) cluster.assign({ ...known.pod, pod: next }, node)
    return
  }
  cluster.assign(podInfoOf(next), node)
  const events: ClusterEvent[] = known?.node === node ? ['pod-labels-changed', 'pod-gone'] : ['pod-assigned']
  queue.happened(events)
}

function observePending(cluster: Cluster, queue: Queue, next: Pod): void {
  const { uid } = next.metadata
  const known = cluster.assignmentOf(uid)
  // Our binding is on its way; what comes before it in the log is old.
  if (known && !isTerminating(next)) return
  if (known && cluster.unassign(uid)) queue.happened(['pod-gone'])
  const isOurs = (next.spec.schedulerName ?? SCHEDULER_NAME) === SCHEDULER_NAME
  const isGated = (next.spec.schedulingGates?.length ?? 0) > 0
  if (!isOurs || isGated || isTerminating(next)) {
    queue.remove(uid)
    return
  }
  const queued = queue.find(uid)
  if (queued && isSameTo(queued.pod, next)) queue.refresh({ ...queued, pod: next })
  else queue.add(podInfoOf(next))
}

/** To the scheduler: nothing that filters or scores look at has changed. The node is told of apart. */
function isSameTo(a: Pod, b: Pod): boolean {
  if (!deepEqual(a.metadata.labels, b.metadata.labels)) return false
  return a.spec === b.spec || deepEqual({ ...a.spec, nodeName: undefined }, { ...b.spec, nodeName: undefined })
}

interface Search {
  readonly candidates: NodeInfo[]
  /** One a node refused. */
  readonly refusals: Refusal[]
  readonly liftedBy: ReadonlySet<ClusterEvent>
  readonly next: number
}

/** Whatever refused a Pod: a further node may take it, and one that goes is counted no more, nor is its domain's skew. */
const NODES_CHANGED: readonly ClusterEvent[] = ['node-added', 'node-gone']

function searchFor(pod: PodInfo, cluster: Cluster, start: number): Search {
  const { nodes } = cluster
  const checks = checksOf(pod, cluster)
  const candidates: NodeInfo[] = []
  const refusals: Refusal[] = []
  const liftedBy = new Set(NODES_CHANGED)
  const enough = enoughCandidates(nodes.length)
  let looked = 0
  for (; looked < nodes.length && candidates.length < enough; looked++) {
    const node = nodes[(start + looked) % nodes.length]
    if (!node) continue
    const refused = refusedOn(node, checks)
    if (!refused) {
      candidates.push(node)
      continue
    }
    refusals.push(refused.refusal)
    for (const event of refused.by.liftedBy) liftedBy.add(event)
  }
  return { candidates, refusals, liftedBy, next: nodes.length === 0 ? 0 : (start + looked) % nodes.length }
}

function verdictsOf(pod: PodInfo, cluster: Cluster): NodeVerdict[] {
  const checks = checksOf(pod, cluster)
  const refused = new Map(cluster.nodes.map((node) => [node, refusedOn(node, checks)]))
  const candidates = cluster.nodes.filter((node) => !refused.get(node))
  const rate = rating(pod, candidates, cluster)
  return cluster.nodes.map((node) => {
    const found = refused.get(node)
    if (!found) return { node: node.name, fits: true, reasons: [], score: Math.round(rate(node)) }
    return { node: node.name, fits: false, filter: found.by.filter, reasons: found.refusal.reasons }
  })
}
