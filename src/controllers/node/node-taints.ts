/**
 * Turns what a node's conditions and its cordon say into taints, which scheduler and eviction understand.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-nodes-by-condition
 */
import { deepEqual } from '../../kube/json.ts'
import { keyOf, keyText } from '../../kube/object.ts'
import type { Taint } from '../../kube/pod/tolerations.ts'
import { nodes } from '../../kube/resources/core/node.ts'
import type { Node } from '../../kube/types.ts'
import { controller, type Outcome, on, settled, update, write } from '../controller.ts'
import { timestampOf } from '../instant.ts'

type Effect = Taint['effect']

export const NOT_READY = 'node.kubernetes.io/not-ready'
export const UNREACHABLE = 'node.kubernetes.io/unreachable'
export const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** Condition, status, taint. */
const BY_CONDITION: readonly (readonly [type: string, status: string, key: string])[] = [
  ['Ready', 'False', NOT_READY],
  ['Ready', 'Unknown', UNREACHABLE],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
]
/** Those whose Pods are evicted as well. */
const EVICTING = new Set([NOT_READY, UNREACHABLE])
const MANAGED = new Set([...BY_CONDITION.map(([, , key]) => key), UNSCHEDULABLE])

export const nodeTaints = controller({
  name: 'nodetaints',
  concerns: [on(nodes, (node) => [keyText(keyOf(node))])],
  reconcile({ cluster, key, now }): Outcome {
    const node = cluster.get(nodes, key)
    if (!node) return settled
    const taints = taintsOf(node, timestampOf(now))
    if (deepEqual(taints, node.spec.taints ?? [])) return settled
    const { taints: _, ...spec } = node.spec
    return write(update(nodes, { ...node, spec: taints.length > 0 ? { ...spec, taints } : spec }))
  },
})

function taintsOf(node: Node, timeAdded: string): Taint[] {
  const wanted = wantedTaints(node)
  const has = (list: readonly Taint[], { key, effect }: Taint) =>
    list.some((taint) => taint.key === key && taint.effect === effect)
  const kept = (node.spec.taints ?? [])
    .filter((taint) => !isManaged(taint) || has(wanted, taint))
    .map((taint) => timed(taint, timeAdded))
  return [...kept, ...wanted.filter((taint) => !has(kept, taint)).map((taint) => ({ ...taint, timeAdded }))]
}

const isManaged = ({ key, effect }: Taint): boolean =>
  MANAGED.has(key) && (effect === 'NoSchedule' || (effect === 'NoExecute' && EVICTING.has(key)))

/**
 * Tolerations run from when a taint was added. A user's taint does not say; kube-controller-manager keeps that in
 * memory, here it is written down, so that a restart does not begin anew.
 */
const timed = (taint: Taint, timeAdded: string): Taint =>
  taint.effect === 'NoExecute' && taint.timeAdded === undefined ? { ...taint, timeAdded } : taint

function wantedTaints({ spec, status }: Node): Taint[] {
  const conditions = status.conditions ?? []
  const keys = BY_CONDITION.filter(([type, wanted]) =>
    conditions.some((condition) => condition.type === type && condition.status === wanted),
  ).map(([, , key]) => key)
  // A node that never said how it is takes no Pods yet (admission plugin TaintNodesByCondition).
  if (!conditions.some(({ type }) => type === 'Ready')) keys.unshift(NOT_READY)
  const isReadyKnown = conditions.some(({ type }) => type === 'Ready')
  const taint = (key: string, effect: Effect): Taint => ({ key, effect })
  return [
    ...keys.map((key) => taint(key, 'NoSchedule')),
    ...(spec.unschedulable ? [taint(UNSCHEDULABLE, 'NoSchedule')] : []),
    ...(isReadyKnown ? keys.filter((key) => EVICTING.has(key)).map((key) => taint(key, 'NoExecute')) : []),
  ]
}
