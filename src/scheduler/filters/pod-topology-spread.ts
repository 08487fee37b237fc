/**
 * Hard topology spread constraints: in no domain (a zone, a node) may there be `maxSkew` more matching Pods than in the
 * one with fewest.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
import { isTerminating } from '../../kube/object.ts'
import { tolerates } from '../../kube/pod/tolerations.ts'
import { fromLabelSelector, type LabelSelector, matches } from '../../kube/selectors.ts'
import type { Pod } from '../../kube/types.ts'
import { type Filter, finalRefusal, type NodeCheck, refusal } from '../filter.ts'
import type { ClusterState, NodeInfo, PodInfo } from '../model.ts'
import { nodeAffinity } from './node-affinity.ts'

const SKEWED = refusal("node(s) didn't match pod topology spread constraints")
const NO_LABEL = finalRefusal("node(s) didn't match pod topology spread constraints (missing required label)")

type Constraint = NonNullable<Pod['spec']['topologySpreadConstraints']>[number]

interface Spread {
  readonly key: string
  readonly maxSkew: number
  /** Matching Pods by the domain's name. */
  readonly counts: Map<string, number>
  readonly fewest: number
  /** 1 where the Pod counts itself. */
  readonly self: number
}

export const podTopologySpread: Filter = {
  name: 'PodTopologySpread',
  liftedBy: [
    'node-added',
    'node-labels-changed',
    'node-taints-changed',
    'pod-assigned',
    'pod-labels-changed',
    'pod-gone',
  ],
  prepare(pod, cluster): NodeCheck | undefined {
    const hard = (pod.pod.spec.topologySpreadConstraints ?? []).filter(
      ({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule',
    )
    if (hard.length === 0) return undefined
    const spreads = hard.map((constraint) => spreadOf(constraint, pod, cluster, hard))
    return (node) => {
      for (const { key, maxSkew, counts, fewest, self } of spreads) {
        const domain = node.labels[key]
        if (domain === undefined) return NO_LABEL
        // Of 3, 1 and 1 matching Pods with maxSkew 1, a fourth in the first would be 3 more than in the others.
        if ((counts.get(domain) ?? 0) + self - fewest > maxSkew) return SKEWED
      }
      return undefined
    }
  },
}

function spreadOf(constraint: Constraint, pod: PodInfo, cluster: ClusterState, all: readonly Constraint[]): Spread {
  const selector = selectorOf(constraint, pod)
  const isCounted = countedNodes(constraint, pod, cluster)
  const counts = new Map<string, number>()
  for (const node of cluster.nodes) {
    const domain = node.labels[constraint.topologyKey]
    // Only nodes that have all the keys are domains at all.
    if (domain === undefined || all.some(({ topologyKey }) => node.labels[topologyKey] === undefined)) continue
    if (isCounted(node)) counts.set(domain, (counts.get(domain) ?? 0) + matching(node, selector, pod.namespace))
  }
  const tooFewDomains = counts.size < (constraint.minDomains ?? 1)
  return {
    key: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    counts,
    fewest: tooFewDomains || counts.size === 0 ? 0 : Math.min(...counts.values()),
    self: matches(selector, pod.labels) ? 1 : 0,
  }
}

function selectorOf({ labelSelector, matchLabelKeys }: Constraint, pod: PodInfo): LabelSelector {
  const selector = fromLabelSelector(labelSelector) ?? { requirements: [{ op: 'in', key: '', values: [] }] as const }
  const own = (matchLabelKeys ?? []).flatMap((key) => {
    const value = pod.labels[key]
    return value === undefined ? [] : [{ op: 'in' as const, key, values: [value] }]
  })
  return { requirements: [...selector.requirements, ...own] }
}

/** nodeAffinityPolicy and nodeTaintsPolicy: by default nodes the Pod cannot select do not count, tainted ones do. */
function countedNodes(constraint: Constraint, pod: PodInfo, cluster: ClusterState): (node: NodeInfo) => boolean {
  const affinity = constraint.nodeAffinityPolicy === 'Ignore' ? undefined : nodeAffinity.prepare(pod, cluster)
  const honorsTaints = constraint.nodeTaintsPolicy === 'Honor'
  const tolerations = pod.pod.spec.tolerations ?? []
  return (node) => {
    if (affinity?.(node)) return false
    if (!honorsTaints) return true
    return (node.node?.spec.taints ?? [])
      .filter(({ effect }) => effect !== 'PreferNoSchedule')
      .every((taint) => tolerations.some((toleration) => tolerates(toleration, taint)))
  }
}

function matching(node: NodeInfo, selector: LabelSelector, namespace: string): number {
  let count = 0
  for (const other of node.pods.values())
    if (other.namespace === namespace && !isTerminating(other.pod) && matches(selector, other.labels)) count += 1
  return count
}
