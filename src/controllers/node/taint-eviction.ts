/**
 * Evicts Pods from nodes with a NoExecute taint they do not tolerate, or no longer.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */

import { toNumber } from '../../kube/json.ts'
import { isTerminating, keyText } from '../../kube/object.ts'
import { disrupted } from '../../kube/pod/disruption.ts'
import { type Taint, tolerates } from '../../kube/pod/tolerations.ts'
import { nodes } from '../../kube/resources/core/node.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import type { Node, Pod } from '../../kube/types.ts'
import {
  type ClusterView,
  controller,
  each,
  type Outcome,
  on,
  remove,
  settled,
  updateStatus,
  type Write,
} from '../controller.ts'
import { earliest, millisOf } from '../instant.ts'
import { told } from '../lifecycle.ts'

const COMPONENT = 'taint-eviction-controller'

export const taintEviction = controller({
  name: 'tainteviction',
  concerns: [
    on(nodes, (node) => [keyText({ namespace: '', name: node.metadata.name })]),
    // A Pod that lands on a tainted node, or loses a toleration.
    on(pods, (pod, cluster) => {
      const name = pod.spec.nodeName
      const node = name ? cluster.get(nodes, { namespace: '', name }) : undefined
      return node && evicting(node).length > 0 ? [keyText({ namespace: '', name: node.metadata.name })] : []
    }),
  ],
  reconcile({ cluster, key, now }): Outcome {
    const node = cluster.get(nodes, key)
    const taints = node ? evicting(node) : []
    if (taints.length === 0) return settled
    const due: Pod[] = []
    let lookAgainAt: number | undefined
    for (const pod of cluster.list(pods, { fields: { 'spec.nodeName': key.name } })) {
      if (isTerminating(pod)) continue
      const at = evictionTime(pod, taints, now)
      if (at !== undefined && at <= now) due.push(pod)
      else lookAgainAt = earliest(lookAgainAt, at)
    }
    const evictions = each(due.map((pod) => evict(cluster, pod, now)))
    return { ...evictions, ...(lookAgainAt === undefined ? {} : { lookAgainAt }) }
  },
})

/** A toleration may be as long as an int64 is; a timer and a time stamp may not. */
const MAX_SECONDS = 2 ** 31

const evicting = (node: Node): Taint[] => (node.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute')

/**
 * When a Pod has to go: at once where a taint is not tolerated, else when the shortest toleration ends. Tolerating
 * not-ready for 300 s and unreachable for ever, on a node not ready since 10:00: at 10:05. Undefined: never.
 */
function evictionTime(pod: Pod, taints: readonly Taint[], now: number): number | undefined {
  const times = taints.map((taint) => {
    const tolerations = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint))
    if (tolerations.length === 0) return now
    const seconds = tolerations.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? [])
    if (seconds.length === 0) return undefined
    return (millisOf(taint.timeAdded) ?? now) + Math.max(0, Math.min(MAX_SECONDS, ...seconds.map(toNumber))) * 1000
  })
  return earliest(...times)
}

/** A condition, an Event and a delete. */
function evict(cluster: ClusterView, pod: Pod, now: number): Write[] {
  const condition = { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' }
  return [
    ...told(cluster, {
      about: pod,
      type: 'Normal',
      reason: 'TaintManagerEviction',
      message: `Marking for deletion Pod ${pod.metadata.namespace}/${pod.metadata.name}`,
      component: COMPONENT,
    }),
    updateStatus(pods, disrupted(pod, condition, now)),
    remove(pods, pod),
  ]
}
