/** How `kubectl get pods` shows a Pod: k8s.io/kubernetes pkg/printers/internalversion (printPod). */
import { ageOf, humanDuration } from '../age.ts'
import { column } from '../define.ts'
import type { Column } from '../resource.ts'
import type { Pod } from '../types.ts'

type ContainerStatus = NonNullable<Pod['status']['containerStatuses']>[number]

interface Shown {
  readonly ready: string
  readonly status: string
  readonly restarts: number
  readonly lastRestart: string | undefined
}

const sidecars = ({ spec }: Pod): ReadonlySet<string> => new Set((spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always').map((container) => container.name))

const endedAs = (container: ContainerStatus): string | undefined => {
  const ended = container.state?.terminated
  if (!ended) return undefined
  if (ended.reason) return ended.reason
  return ended.signal ? `Signal:${ended.signal}` : `ExitCode:${ended.exitCode}`
}

function initReason(pod: Pod, beside: ReadonlySet<string>): string | undefined {
  const total = pod.spec.initContainers?.length ?? 0
  for (const [index, container] of (pod.status.initContainerStatuses ?? []).entries()) {
    if (container.state?.terminated?.exitCode === 0) continue
    if (beside.has(container.name) && container.started === true) continue
    if (container.state?.terminated) return `Init:${endedAs(container) ?? ''}`
    const waiting = container.state?.waiting?.reason
    if (waiting && waiting !== 'PodInitializing') return `Init:${waiting}`
    return `Init:${index}/${total}`
  }
  return undefined
}

function shownOf(pod: Pod): Shown {
  const beside = sidecars(pod)
  const statuses = pod.status.containerStatuses ?? []
  const initStatuses = pod.status.initContainerStatuses ?? []
  const counted = [...initStatuses.filter((container) => beside.has(container.name)), ...statuses]
  const total = pod.spec.containers.length + beside.size
  const ready = counted.filter((container) => container.ready && container.state?.running).length
  const initializing = initReason(pod, beside)
  let status = pod.status.reason || pod.status.phase || ''
  if (pod.status.conditions?.some((condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated')) status = 'SchedulingGated'
  if (initializing !== undefined) status = initializing
  else {
    let hasRunning = false
    for (const container of [...statuses].reverse()) {
      const waiting = container.state?.waiting?.reason
      if (waiting) status = waiting
      else if (container.state?.terminated) status = endedAs(container) ?? status
      else if (container.ready && container.state?.running) hasRunning = true
    }
    if (status === 'Completed' && hasRunning) status = pod.status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ? 'Running' : 'NotReady'
  }
  if (pod.metadata.deletionTimestamp !== undefined && pod.status.reason === 'NodeLost') status = 'Unknown'
  else if (pod.metadata.deletionTimestamp !== undefined) status = 'Terminating'
  const restarting = initializing === undefined ? counted : initStatuses
  const ends = restarting.map((container) => container.lastState?.terminated?.finishedAt).filter((at) => at !== undefined)
  return {
    ready: `${ready}/${total}`,
    status,
    restarts: restarting.reduce((sum, container) => sum + container.restartCount, 0),
    lastRestart: ends.sort().at(-1),
  }
}

function restartsOf(pod: Pod, now: number): string {
  const { restarts, lastRestart } = shownOf(pod)
  return restarts > 0 && lastRestart ? `${restarts} (${humanDuration(now - Date.parse(lastRestart))} ago)` : String(restarts)
}

function gatesOf({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const open = gates.filter((gate) => status.conditions?.some((condition) => condition.type === gate.conditionType && condition.status === 'True'))
  return `${open.length}/${gates.length}`
}

export const podColumns: readonly Column<Pod>[] = [
  column('Name', 'string', (pod) => pod.metadata.name, { format: 'name' }),
  column('Ready', 'string', (pod) => shownOf(pod).ready),
  column('Status', 'string', (pod) => shownOf(pod).status),
  column('Restarts', 'string', restartsOf),
  column('Age', 'string', (pod, now) => ageOf(pod.metadata.creationTimestamp, now)),
  column('IP', 'string', (pod) => pod.status.podIP ?? '<none>', { wide: true }),
  column('Node', 'string', (pod) => pod.spec.nodeName ?? '<none>', { wide: true }),
  column('Nominated Node', 'string', (pod) => pod.status.nominatedNodeName ?? '<none>', { wide: true }),
  column('Readiness Gates', 'string', gatesOf, { wide: true }),
]
