/** Prefers nodes with fewer PreferNoSchedule taints that the Pod does not tolerate. */

import { tolerates } from '../../kube/pod/tolerations.ts'
import type { NodeInfo } from '../model.ts'
import { fewest, type NodeScore, type Score } from '../score.ts'

export const preferUntainted: Score = {
  name: 'TaintToleration',
  weight: 3,
  prepare({ pod }, candidates): NodeScore | undefined {
    const tolerations = pod.spec.tolerations ?? []
    let points: Map<NodeInfo, number> | undefined
    for (const node of candidates) {
      let count = 0
      for (const taint of node.node?.spec.taints ?? [])
        if (taint.effect === 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)))
          count += 1
      if (count > 0) {
        points ??= new Map()
        points.set(node, count)
      }
    }
    return points && fewest(points)
  },
}
