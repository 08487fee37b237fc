/**
 * nodeSelector and required node affinity.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity
 */
import { type Filter, finalRefusal, type NodeCheck } from '../filter.ts'
import { matchesTerm } from '../node-selector.ts'

const NO_MATCH = finalRefusal("node(s) didn't match Pod's node affinity/selector")

export const nodeAffinity: Filter = {
  name: 'NodeAffinity',
  liftedBy: ['node-added', 'node-labels-changed'],
  prepare({ pod }): NodeCheck | undefined {
    const labels = Object.entries(pod.spec.nodeSelector ?? {})
    const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
    if (labels.length === 0 && terms === undefined) return undefined
    return (node) => {
      const isSelected = labels.every(([key, value]) => node.labels[key] === value)
      const isMatch = terms === undefined || terms.some((term) => matchesTerm(term, node))
      return isSelected && isMatch ? undefined : NO_MATCH
    }
  },
}
