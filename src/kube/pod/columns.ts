/** How `kubectl get pods` shows a Pod: k8s.io/kubernetes pkg/printers/internalversion (printPod). */
import { ageOf, humanDuration } from '../age.ts'
import { column } from '../define.ts'
import type { Column } from '../resource.ts'
import type { Pod } from '../types.ts'
import { podCondition } from './readiness.ts'

type ContainerStatus = NonNullable<NonNullable<Pod['status']['containerStatuses']>[number]>

interface Restarts {
  count: number
  /** When the last of them was; 0 where that is not known. */
  at: number
}

/** What is printed of a Pod's containers. */
interface Summary {
  readonly ready: number
  readonly total: number
  readonly reason: string
  readonly restarts: Restarts
}

/** KEP-753: an init container that always restarts runs beside the others and is counted among them. */
const isSidecar = (container: { restartPolicy?: string } | undefined): boolean => container?.restartPolicy === 'Always'

function count(restarts: Restarts, status: ContainerStatus): void {
  restarts.count += status.restartCount
  const finished = Date.parse(status.lastState?.terminated?.finishedAt ?? '')
  if (finished > restarts.at) restarts.at = finished
}

function summaryOf(pod: Pod): Summary {
  const { spec, status } = pod
  const restarts: Restarts = { count: 0, at: 0 }
  const sidecarRestarts: Restarts = { count: 0, at: 0 }
  const inits = spec.initContainers ?? []
  const gated = podCondition(pod, 'PodScheduled')?.reason === 'SchedulingGated'
  let reason = gated ? 'SchedulingGated' : status.reason || status.phase || ''
  let ready = 0
  let total = spec.containers.length + inits.filter(isSidecar).length
  const isInitialized = podCondition(pod, 'Initialized')?.status === 'True'

  let initializing: string | undefined
  for (const [index, state] of (status.initContainerStatuses ?? []).entries()) {
    const container = inits.find(({ name }) => name === state.name)
    count(restarts, state)
    if (isSidecar(container)) count(sidecarRestarts, state)
    const { terminated } = state.state ?? {}
    if (terminated && terminated.exitCode === 0) continue
    if (isSidecar(container) && state.started) {
      if (state.ready) ready += 1
      continue
    }
    initializing = initReason(state, index, inits.length)
    break
  }
  if (initializing !== undefined) reason = initializing
  if (initializing === undefined || isInitialized) {
    restarts.count = sidecarRestarts.count
    restarts.at = sidecarRestarts.at
    let hasRunning = false
    for (const state of (status.containerStatuses ?? []).toReversed()) {
      count(restarts, state)
      const { waiting, terminated, running } = state.state ?? {}
      if (waiting?.reason) reason = waiting.reason
      else if (terminated) reason = terminated.reason || endOf(terminated)
      else if (state.ready && running) {
        hasRunning = true
        ready += 1
      }
    }
    if (reason === 'Completed' && hasRunning)
      reason = podCondition(pod, 'Ready')?.status === 'True' ? 'Running' : 'NotReady'
  }
  total = Math.max(total, 0)
  const isOver = status.phase === 'Succeeded' || status.phase === 'Failed'
  if (pod.metadata.deletionTimestamp !== undefined && status.reason === 'NodeLost') reason = 'Unknown'
  else if (pod.metadata.deletionTimestamp !== undefined && !isOver) reason = 'Terminating'
  return { ready, total, reason, restarts }
}

function initReason({ state }: ContainerStatus, index: number, total: number): string {
  if (state?.terminated) return `Init:${state.terminated.reason || endOf(state.terminated)}`
  const waiting = state?.waiting?.reason
  if (waiting && waiting !== 'PodInitializing') return `Init:${waiting}`
  return `Init:${index}/${total}`
}

const endOf = ({ signal, exitCode }: { signal?: number; exitCode: number }): string =>
  signal ? `Signal:${signal}` : `ExitCode:${exitCode}`

/** `2 (5m ago)`. */
function restartsText({ count, at }: Restarts, now: number): string {
  return count > 0 && at > 0 ? `${count} (${humanDuration(now - at)} ago)` : String(count)
}

function gatesText(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const held = gates.filter((gate) => podCondition(pod, gate.conditionType)?.status === 'True').length
  return `${held}/${gates.length}`
}

const orNone = (text: string | undefined): string => text || '<none>'

/** The same Pod is asked for three cells in a row: its summary is made once. */
let latest: { readonly pod: Pod; readonly summary: Summary } | undefined

function summary(pod: Pod): Summary {
  if (latest?.pod !== pod) latest = { pod, summary: summaryOf(pod) }
  return latest.summary
}

const describe = (description: string) => ({ description })
const wide = (description: string) => ({ description, wide: true })

export const podColumns: readonly Column<Pod>[] = [
  column('Name', 'string', (pod) => pod.metadata.name, {
    format: 'name',
    description: 'Name must be unique within a namespace.',
  }),
  column(
    'Ready',
    'string',
    (pod) => `${summary(pod).ready}/${summary(pod).total}`,
    describe('The aggregate readiness state of this pod for accepting traffic.'),
  ),
  column(
    'Status',
    'string',
    (pod) => summary(pod).reason,
    describe('The aggregate status of the containers in this pod.'),
  ),
  column(
    'Restarts',
    'string',
    (pod, now) => restartsText(summary(pod).restarts, now),
    describe(
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
  ),
  column(
    'Age',
    'string',
    (pod, now) => ageOf(pod.metadata.creationTimestamp, now),
    describe('CreationTimestamp is a timestamp representing the server time when this object was created.'),
  ),
  column(
    'IP',
    'string',
    (pod) => orNone(pod.status.podIPs?.[0]?.ip ?? pod.status.podIP),
    wide('podIP address allocated to the pod.'),
  ),
  column(
    'Node',
    'string',
    (pod) => orNone(pod.spec.nodeName),
    wide('NodeName indicates in which node this pod is scheduled.'),
  ),
  column(
    'Nominated Node',
    'string',
    (pod) => orNone(pod.status.nominatedNodeName),
    wide('nominatedNodeName is set only when this pod preempts other pods on the node.'),
  ),
  column(
    'Readiness Gates',
    'string',
    gatesText,
    wide('If specified, all readiness gates will be evaluated for pod readiness.'),
  ),
]
