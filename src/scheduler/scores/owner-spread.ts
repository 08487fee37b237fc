/**
 * Keeps replicas of one owner apart: a node that fails should take as few of them as can be. Kubernetes does the same
 * by its built-in soft spread constraints, over nodes and zones.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#internal-default-constraints
 */
import type { NodeInfo, PodInfo } from '../model.ts'
import { fewest, MAX_SCORE, type NodeScore, type Score } from '../score.ts'

const ZONE = 'topology.kubernetes.io/zone'

/** Outweighs all scores about room together, so that replicas share a node only where there is no other. */
export const ownerSpread: Score = {
  name: 'PodTopologySpread',
  weight: 5,
  prepare({ owner }, candidates): NodeScore | undefined {
    if (owner === undefined) return undefined
    const perNode = new Map<NodeInfo, number>()
    let isAny = false
    for (const node of candidates) {
      const count = node.owners.get(owner) ?? 0
      if (count > 0) isAny = true
      perNode.set(node, count)
    }
    if (!isAny) return undefined
    const byNode = fewest(perNode)
    const byZone = zoneScore(owner, candidates)
    return (node) => {
      const nodeScore = byNode?.(node) ?? MAX_SCORE
      return byZone ? nodeScore * 0.75 + byZone(node) * 0.25 : nodeScore
    }
  },
}

/** Only where there is more than one zone to choose from. */
function zoneScore(owner: NonNullable<PodInfo['owner']>, candidates: readonly NodeInfo[]): NodeScore | undefined {
  const perZone = new Map<string, number>()
  for (const node of candidates) {
    const zone = node.labels[ZONE]
    if (zone !== undefined) perZone.set(zone, (perZone.get(zone) ?? 0) + (node.owners.get(owner) ?? 0))
  }
  if (perZone.size < 2) return undefined
  return fewest(new Map(candidates.map((node) => [node, perZone.get(node.labels[ZONE] ?? '') ?? 0])))
}
