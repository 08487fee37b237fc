/** Cordoned nodes take only Pods that tolerate it (those of a DaemonSet do). */

import { tolerates } from '../../kube/pod/tolerations.ts'
import { type Filter, finalRefusal } from '../filter.ts'

const CORDON = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const
const CORDONED = finalRefusal('node(s) were unschedulable')

export const nodeUnschedulable: Filter = {
  name: 'NodeUnschedulable',
  liftedBy: ['node-added', 'node-taints-changed'],
  prepare({ pod }) {
    if (pod.spec.tolerations?.some((toleration) => tolerates(toleration, CORDON))) return undefined
    return ({ node }) => (node?.spec.unschedulable ? CORDONED : undefined)
  },
}
