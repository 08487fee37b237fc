/** Preferred node affinity: the weights of the terms that a node matches. */
import type { NodeInfo } from '../model.ts'
import { matchesTerm } from '../node-selector.ts'
import { most, type NodeScore, type Score } from '../score.ts'

export const preferredNodeAffinity: Score = {
  name: 'NodeAffinity',
  weight: 2,
  prepare({ pod }, candidates): NodeScore | undefined {
    const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution
    if (!terms || terms.length === 0) return undefined
    const pointsOf = (node: NodeInfo): number =>
      terms.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0)
    return most(new Map(candidates.map((node) => [node, pointsOf(node)])))
  },
}
