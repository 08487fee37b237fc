/**
 * TaintNodesByCondition: a Node that does not begin ready takes no Pods from its first moment on; the controller of taints
 * lifts it.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#taintnodesbycondition
 */
import { NOT_READY } from '../../../controllers/node/node-taints.ts'
import type { Node } from '../../../kube/types.ts'

export function taintNewNode({ spec, status }: Node): void {
  if (status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) return
  const taints = spec.taints ?? []
  if (taints.some(({ key, effect }) => key === NOT_READY && effect === 'NoSchedule')) return
  spec.taints = [...taints, { key: NOT_READY, effect: 'NoSchedule' }]
}
