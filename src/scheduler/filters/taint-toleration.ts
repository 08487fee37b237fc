/** A node with a taint takes only Pods that tolerate it. */

import { type Taint, tolerates } from '../../kube/pod/tolerations.ts'
import { type Filter, finalRefusal, type NodeCheck, type Refusal } from '../filter.ts'

export const taintToleration: Filter = {
  name: 'TaintToleration',
  liftedBy: ['node-added', 'node-taints-changed'],
  prepare({ pod }): NodeCheck {
    const tolerations = pod.spec.tolerations ?? []
    return ({ node }) => {
      for (const taint of node?.spec.taints ?? []) {
        if (taint.effect === 'PreferNoSchedule') continue
        if (!tolerations.some((toleration) => tolerates(toleration, taint))) return untolerated(taint)
      }
      return undefined
    }
  },
}

/** The first one is named, as there is room for one reason a node. */
const untolerated = ({ key, value }: Taint): Refusal =>
  finalRefusal(`node(s) had untolerated taint {${key}: ${value ?? ''}}`)
