/**
 * Takes the Pods of a node that is not ready out of service: nobody else can tell of them.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
 */

import { isPodReady } from '../../kube/pod/readiness.ts'
import { nodes } from '../../kube/resources/core/node.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import type { Node, Pod } from '../../kube/types.ts'
import {
  type ClusterView,
  controller,
  MAX_WRITES,
  type Outcome,
  on,
  settled,
  updateStatus,
  type Write,
} from '../controller.ts'
import { timestampOf } from '../instant.ts'
import { told } from '../lifecycle.ts'

export const nodeReadiness = controller({
  name: 'nodereadiness',
  // Not on Pods: what a node says of them when it is heard again is the truth, and not to be overwritten.
  concerns: [on(nodes, (node) => [`/${node.metadata.name}`])],
  reconcile({ cluster, key, now }): Outcome {
    const node = cluster.get(nodes, key)
    if (!node || isReady(node) !== false) return settled
    const ready = cluster.list(pods, { fields: { 'spec.nodeName': key.name } }).filter(isPodReady)
    const some = ready.slice(0, MAX_WRITES / 2)
    return { writes: some.flatMap((pod) => notReady(cluster, pod, now)), more: some.length < ready.length }
  },
})

/** Undefined: it never said. */
function isReady({ status }: Node): boolean | undefined {
  const condition = status.conditions?.find(({ type }) => type === 'Ready')
  return condition && condition.status === 'True'
}

function notReady(cluster: ClusterView, pod: Pod, now: number): Write[] {
  const conditions = (pod.status.conditions ?? []).map((condition) =>
    condition.type === 'Ready'
      ? { ...condition, status: 'False' as const, lastTransitionTime: timestampOf(now) }
      : condition,
  )
  return [
    ...told(cluster, {
      about: pod,
      type: 'Warning',
      reason: 'NodeNotReady',
      message: 'Node is not ready',
      component: 'node-controller',
    }),
    updateStatus(pods, { ...pod, status: { ...pod.status, conditions } }),
  ]
}
