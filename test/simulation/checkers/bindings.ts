/**
 * A Pod is bound once, to a node that took it at that moment: there, not cordoned, its taints tolerated, its selector
 * met, its host ports free, and with room for what it requests.
 */
import { bytesOf, cpuMillis } from '../../../src/kube/quantity.ts'
import { nodes } from '../../../src/kube/resources/core/node.ts'
import { pods } from '../../../src/kube/resources/core/pod.ts'
import type { Node, Pod } from '../../../src/kube/types.ts'
import type { State } from '../history.ts'
import { promise } from '../violation.ts'
import type { Checker } from './checker.ts'

export function bindings(): Checker {
  return {
    change({ resource, type, rv, object, previous }, before) {
      if (resource !== 'pods' || type === 'DELETED') return
      // A change of `pods` holds Pods.
      const pod = object as Pod
      const former = (previous as Pod | undefined)?.spec.nodeName
      const told = () => `${pod.metadata.name} to ${pod.spec.nodeName} at ${rv}, before to ${former}`
      promise('a Pod is bound once', former === undefined || former === pod.spec.nodeName, told)
      if (former !== undefined || pod.spec.nodeName === undefined) return
      const node = before.get(nodes, { namespace: '', name: pod.spec.nodeName })
      const why = node ? refusal(pod, node, before) : 'it is not there'
      promise('a Pod is bound to a node that takes it', why === undefined, () => `${told()}: ${why}`)
    },
  }
}

/** Why a node does not take a Pod; undefined if it does. */
export function refusal(pod: Pod, node: Node, state: State): string | undefined {
  if (node.spec.unschedulable) return 'it is cordoned'
  const taint = (node.spec.taints ?? []).find(
    (found) => found.effect !== 'PreferNoSchedule' && !isTolerated(pod, found),
  )
  if (taint) return `it has the taint ${taint.key}:${taint.effect}`
  const unmet = Object.entries(pod.spec.nodeSelector ?? {}).find(
    ([key, value]) => node.metadata.labels?.[key] !== value,
  )
  if (unmet) return `it lacks the label ${unmet.join('=')}`
  const others = state
    .all(pods)
    .filter((other) => other.spec.nodeName === node.metadata.name && other.metadata.uid !== pod.metadata.uid)
    .filter(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed')
  const allocatable = node.status.allocatable ?? {}
  if (others.length + 1 > Number(allocatable['pods'])) return 'it has too many Pods'
  const sum = (of: (given: Pod) => number) => [...others, pod].reduce((total, next) => total + of(next), 0)
  if (cpuOf(pod) > 0 && sum(cpuOf) > cpuMillis(allocatable['cpu'] ?? 0)) return `${sum(cpuOf)}m of cpu are too much`
  if (memoryOf(pod) > 0 && sum(memoryOf) > bytesOf(allocatable['memory'] ?? 0)) return 'its memory is too small'
  const ports = new Set(others.flatMap(hostPortsOf))
  const port = hostPortsOf(pod).find((wanted) => ports.has(wanted))
  return port === undefined ? undefined : `its port ${port} is taken`
}

type Taint = NonNullable<Node['spec']['taints']>[number]

const isTolerated = ({ spec }: Pod, taint: Taint): boolean =>
  (spec.tolerations ?? []).some(
    ({ key, operator, value, effect }) =>
      (!effect || effect === taint.effect) &&
      (operator === 'Exists' ? !key || key === taint.key : key === taint.key && (value ?? '') === (taint.value ?? '')),
  )

// The workload's Pods have one container each and no init containers.
const requestsOf = ({ spec }: Pod) => spec.containers[0]?.resources?.requests ?? {}
const cpuOf = (pod: Pod): number => cpuMillis(requestsOf(pod)['cpu'] ?? 0)
const memoryOf = (pod: Pod): number => bytesOf(requestsOf(pod)['memory'] ?? 0)
const hostPortsOf = ({ spec }: Pod): number[] =>
  (spec.containers[0]?.ports ?? []).flatMap(({ hostPort }) => hostPort || [])
