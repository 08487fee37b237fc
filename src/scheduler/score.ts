/**
 * What a score is: how well a Pod that can run on several nodes would stand on each, 0 to 100.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/#scoring
 */
import type { ClusterState, NodeInfo, PodInfo } from './model.ts'

export const MAX_SCORE = 100

export interface Score {
  readonly name: string
  readonly weight: number
  /** Undefined where all nodes are alike to it. */
  readonly prepare: (pod: PodInfo, candidates: readonly NodeInfo[], cluster: ClusterState) => NodeScore | undefined
}

export type NodeScore = (node: NodeInfo) => number

/** Points, the fewer the better, spread over 0 to 100: of 0, 2 and 4 the scores are 100, 50 and 0. */
export function fewest(points: ReadonlyMap<NodeInfo, number>): NodeScore | undefined {
  const most = Math.max(...points.values())
  if (most <= 0) return undefined
  return (node) => (MAX_SCORE * (most - (points.get(node) ?? 0))) / most
}

/** Points, the more the better: of 0, 2 and 4 the scores are 0, 50 and 100. */
export function most(points: ReadonlyMap<NodeInfo, number>): NodeScore | undefined {
  const highest = Math.max(...points.values())
  if (highest <= 0) return undefined
  return (node) => (MAX_SCORE * (points.get(node) ?? 0)) / highest
}
