/** Chooses one of the nodes a Pod fits on: the highest score, by lot among equals. */
import type { ClusterState, NodeInfo, PodInfo } from './model.ts'
import type { NodeScore } from './score.ts'
import { scores } from './scores/index.ts'

/** Up to this many nodes all are looked at (kube-scheduler's minFeasibleNodesToFind). */
const MIN_CANDIDATES = 100
const MIN_PERCENT = 5

/**
 * How many fitting nodes are enough to choose from. Of 100 nodes all; of 1,000: 50 - 1000/125 = 42 %, 420; of 5,000:
 * 10 %, 500. https://kubernetes.io/docs/concepts/scheduling-eviction/scheduler-perf-tuning/
 */
export function enoughCandidates(nodes: number): number {
  if (nodes < MIN_CANDIDATES) return nodes
  const percent = Math.max(MIN_PERCENT, 50 - Math.floor(nodes / 125))
  return Math.max(MIN_CANDIDATES, Math.floor((nodes * percent) / 100))
}

export function bestOf(
  pod: PodInfo,
  candidates: readonly NodeInfo[],
  cluster: ClusterState,
  random: () => number,
): NodeInfo | undefined {
  if (candidates.length < 2) return candidates[0]
  const rate = rating(pod, candidates, cluster)
  let best: NodeInfo | undefined
  let highest = Number.NEGATIVE_INFINITY
  let equals = 0
  for (const node of candidates) {
    const rated = rate(node)
    if (rated > highest) {
      highest = rated
      best = node
      equals = 1
      continue
    }
    if (rated < highest) continue
    equals += 1
    // The n-th of equals takes the place with a chance of 1/n: each ends with the same.
    if (random() < 1 / equals) best = node
  }
  return best
}

/** The weighted sum of all scores. */
export function rating(pod: PodInfo, candidates: readonly NodeInfo[], cluster: ClusterState): NodeScore {
  const parts: { weight: number; score: NodeScore }[] = []
  for (const { weight, prepare } of scores) {
    const score = prepare(pod, candidates, cluster)
    if (score) parts.push({ weight, score })
  }
  return (node) => {
    let sum = 0
    for (const { weight, score } of parts) sum += weight * score(node)
    return sum
  }
}
