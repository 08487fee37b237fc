/**
 * Required affinity and anti-affinity between Pods, both of the new Pod and of those that run already.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import { matches } from '../../kube/selectors.ts'
import { type Filter, finalRefusal, type NodeCheck, refusal } from '../filter.ts'
import type { AffinityTerm, ClusterState, NodeInfo, PodInfo } from '../model.ts'

const NO_COMPANY = finalRefusal("node(s) didn't match pod affinity rules")
const AVOIDED = refusal("node(s) didn't match pod anti-affinity rules")
const UNWELCOME = refusal("node(s) didn't satisfy existing pods anti-affinity rules")

export const interPodAffinity: Filter = {
  name: 'InterPodAffinity',
  liftedBy: ['node-added', 'node-labels-changed', 'pod-assigned', 'pod-labels-changed', 'pod-gone'],
  prepare(pod, cluster): NodeCheck | undefined {
    if (pod.affinity.length === 0 && pod.antiAffinity.length === 0 && cluster.antiAffinePods === 0) return undefined
    const wanted = pod.affinity.map((term) => ({ term, domains: domainsOf(term, cluster) }))
    const avoided = pod.antiAffinity.map((term) => ({ term, domains: domainsOf(term, cluster) }))
    const unwelcome = domainsThatRefuse(pod, cluster)
    // The first of a group that wants its own kind's company has none yet, and must start somewhere.
    const isFirst =
      wanted.every(({ domains }) => domains.size === 0) && pod.affinity.every((term) => isMeant(term, pod))
    return (node) => {
      if (!wanted.every(({ term, domains }) => hasCompany(node, term, domains, isFirst))) return NO_COMPANY
      if (avoided.some(({ term, domains }) => isIn(node, term, domains))) return AVOIDED
      for (const [key, values] of unwelcome) if (values.has(node.labels[key] ?? '')) return UNWELCOME
      return undefined
    }
  },
}

export const isMeant = (term: AffinityTerm, pod: PodInfo): boolean =>
  (term.anyNamespace || term.namespaces.has(pod.namespace)) && matches(term.selector, pod.labels)

/** Values of the term's topology key where a Pod that it means runs. */
function domainsOf(term: AffinityTerm, { nodes }: ClusterState): Set<string> {
  const domains = new Set<string>()
  for (const node of nodes) {
    const domain = node.labels[term.topologyKey]
    if (domain === undefined || domains.has(domain)) continue
    for (const other of node.pods.values())
      if (isMeant(term, other)) {
        domains.add(domain)
        break
      }
  }
  return domains
}

function hasCompany(
  node: NodeInfo,
  { topologyKey }: AffinityTerm,
  domains: ReadonlySet<string>,
  isFirst: boolean,
): boolean {
  const domain = node.labels[topologyKey]
  return domain !== undefined && (isFirst || domains.has(domain))
}

function isIn(node: NodeInfo, { topologyKey }: AffinityTerm, domains: ReadonlySet<string>): boolean {
  const domain = node.labels[topologyKey]
  return domain !== undefined && domains.has(domain)
}

/** By topology key: domains where a Pod runs that refuses this one's company. */
function domainsThatRefuse(pod: PodInfo, { nodes, antiAffinePods }: ClusterState): Map<string, Set<string>> {
  const refusing = new Map<string, Set<string>>()
  if (antiAffinePods === 0) return refusing
  for (const node of nodes) {
    if (node.antiAffine === 0) continue
    for (const other of node.pods.values())
      for (const term of other.antiAffinity) {
        const domain = node.labels[term.topologyKey]
        if (domain === undefined || !isMeant(term, pod)) continue
        const domains = refusing.get(term.topologyKey) ?? new Set()
        refusing.set(term.topologyKey, domains.add(domain))
      }
  }
  return refusing
}
