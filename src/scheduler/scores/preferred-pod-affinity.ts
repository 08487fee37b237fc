/** Preferred affinity and anti-affinity between Pods, as the new Pod words them. */
import { isMeant } from '../filters/inter-pod-affinity.ts'
import type { AffinityTerm, ClusterState, NodeInfo } from '../model.ts'
import { termOf } from '../pod-info.ts'
import { MAX_SCORE, type NodeScore, type Score } from '../score.ts'

export const preferredPodAffinity: Score = {
  name: 'InterPodAffinity',
  weight: 2,
  prepare({ pod, namespace }, candidates, cluster): NodeScore | undefined {
    const wanted = pod.spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    const avoided = pod.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    if (wanted.length === 0 && avoided.length === 0) return undefined
    const terms = [
      ...wanted.map(({ podAffinityTerm, weight }) => termOf(podAffinityTerm, namespace, weight)),
      ...avoided.map(({ podAffinityTerm, weight }) => termOf(podAffinityTerm, namespace, -weight)),
    ]
    const counts = terms.map((term) => ({ term, perDomain: perDomain(term, cluster) }))
    const points = new Map<NodeInfo, number>()
    for (const node of candidates)
      points.set(
        node,
        counts.reduce(
          (sum, { term, perDomain }) => sum + term.weight * (perDomain.get(node.labels[term.topologyKey] ?? '') ?? 0),
          0,
        ),
      )
    const lowest = Math.min(...points.values())
    const range = Math.max(...points.values()) - lowest
    return range === 0 ? undefined : (node) => (MAX_SCORE * ((points.get(node) ?? lowest) - lowest)) / range
  },
}

/** How many of the Pods that a term means run in each domain. */
function perDomain(term: AffinityTerm, { nodes }: ClusterState): Map<string, number> {
  const counts = new Map<string, number>()
  for (const node of nodes) {
    const domain = node.labels[term.topologyKey]
    if (domain === undefined) continue
    for (const other of node.pods.values()) if (isMeant(term, other)) counts.set(domain, (counts.get(domain) ?? 0) + 1)
  }
  return counts
}
