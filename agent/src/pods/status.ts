/** What the agent reports of a Pod, from what the engine holds (generateAPIPodStatus of the kubelet). Pure. */
import type { Pod } from '../../../src/kube/types.ts'
import type { ContainerState, ObservedContainer, ObservedPod } from '../runtime/runtime.ts'
import { conditionsOf } from './conditions.ts'
import {
  attemptsOf,
  type Container,
  type ContainerStatus,
  containersOf,
  hasRegularContainer,
  initContainersOf,
  isSidecar,
  kubeTime,
  newestOf,
  sandboxOf,
  shouldRestart,
} from './containers.ts'
import { isFinished, type Phase, phaseOf, type Statuses } from './phase.ts'

export type PodStatus = Pod['status']

/** Why a container is not running, as its waiting state says it (the kubelet's reason cache). */
export interface WaitingReason {
  readonly reason: string
  readonly message: string
}

/** What the probes say of a running container. */
export interface Health {
  readonly isStarted: boolean
  readonly isReady: boolean
}

export interface StatusFacts {
  readonly observed: ObservedPod
  /** The last status reported; the server's at first. */
  readonly old: PodStatus
  readonly podIp?: string
  readonly hostIp: string
  readonly isSandboxReady: boolean
  readonly reasons: ReadonlyMap<string, WaitingReason>
  readonly messages: ReadonlyMap<string, string>
  healthOf(container: Container, id: string): Health
  /** Told to end, and nothing of it runs any more. */
  readonly isOver: boolean
  /** Why the agent itself ended the Pod (DeadlineExceeded). */
  readonly failure?: WaitingReason
  readonly now: Date
}

export function statusOf(pod: Pod, facts: StatusFacts): PodStatus {
  const statuses = overlay(containerStatuses(pod, facts), pod, facts)
  const phase = finalPhase(pod, facts, statuses)
  const { old } = facts
  const now = kubeTime(facts.now)
  const sandbox = sandboxOf(facts.observed)
  const addresses = facts.podIp ? { podIP: facts.podIp, podIPs: [{ ip: facts.podIp }] } : pickAddresses(old, phase)
  return compact({
    ...foreignFields(pod.status),
    phase,
    conditions: conditionsOf(
      pod,
      {
        statuses,
        phase,
        isSandboxReady: facts.isSandboxReady,
        hasRegularStarted: hasRegularContainer(pod, facts.observed, sandbox?.id),
        now,
      },
      old.conditions ?? pod.status.conditions ?? [],
    ),
    hostIP: facts.hostIp,
    hostIPs: [{ ip: facts.hostIp }],
    ...addresses,
    startTime: old.startTime ?? now,
    ...(statuses.init.length > 0 ? { initContainerStatuses: [...statuses.init] } : {}),
    containerStatuses: [...statuses.regular],
    qosClass: pod.status.qosClass ?? old.qosClass,
    ...(facts.failure ?? (isFinished(old.phase) ? { reason: old.reason, message: old.message } : {})),
  })
}

/** Fields of the status that the agent neither knows nor may lose. */
function foreignFields(status: PodStatus): Partial<PodStatus> {
  const { nominatedNodeName, resize, ephemeralContainerStatuses, resourceClaimStatuses } = status
  return { nominatedNodeName, resize, ephemeralContainerStatuses, resourceClaimStatuses }
}

/** A finished Pod keeps the address it had; one that waits for a new sandbox has none. */
function pickAddresses(old: PodStatus, phase: Phase): Partial<PodStatus> {
  return isFinished(phase) && old.podIP ? { podIP: old.podIP, podIPs: old.podIPs } : {}
}

/** A finished Pod stays finished; one that the agent ended has failed. */
function finalPhase(pod: Pod, facts: StatusFacts, statuses: Statuses): Phase {
  const { old } = facts
  if (old.phase === 'Succeeded' || old.phase === 'Failed') return old.phase
  if (facts.failure) return 'Failed'
  return phaseOf(pod, statuses, facts.isOver)
}

function containerStatuses(pod: Pod, facts: StatusFacts): Statuses {
  const hasInit = initContainersOf(pod).length > 0
  const waiting = { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' }
  const one = (isInit: boolean) => (container: Container) => containerStatus(container, { facts, waiting, isInit })
  return { init: initContainersOf(pod).map(one(true)), regular: containersOf(pod).map(one(false)) }
}

interface ContainerFacts {
  readonly facts: StatusFacts
  readonly waiting: { readonly reason: string }
  readonly isInit: boolean
}

function containerStatus(container: Container, context: ContainerFacts): ContainerStatus {
  const { facts, waiting, isInit } = context
  const [newest, previous] = attemptsOf(facts.observed, container.name)
  const old = oldStatusOf(facts.old, container.name)
  // A finished init container may be gone from the engine; what was said of it stays said.
  if (!newest && isInit && old?.state?.terminated) return old
  const base = newest
    ? observedStatus(newest, { previous, waiting, old, facts })
    : {
        name: container.name,
        image: container.image ?? '',
        imageID: '',
        restartCount: old?.restartCount ?? 0,
        state: { waiting },
        lastState: old?.lastState ?? {},
      }
  const health = newest?.state.kind === 'running' ? facts.healthOf(container, newest.id) : undefined
  return {
    ...base,
    ...(container.volumeMounts?.length ? { volumeMounts: mountStatuses(container) } : {}),
    started: health?.isStarted ?? false,
    ready: isInit && !isSidecar(container) ? isCompleted(base) : (health?.isReady ?? false),
  }
}

const isCompleted = (status: { state?: ContainerStatus['state'] }): boolean => status.state?.terminated?.exitCode === 0

function oldStatusOf(old: PodStatus, name: string): ContainerStatus | undefined {
  return [...(old.initContainerStatuses ?? []), ...(old.containerStatuses ?? [])].find((status) => status.name === name)
}

function observedStatus(
  newest: ObservedContainer,
  {
    previous,
    waiting,
    old,
    facts,
  }: Omit<ContainerFacts, 'isInit'> & {
    previous?: ObservedContainer
    old?: ContainerStatus
  },
) {
  return {
    name: newest.name,
    image: newest.image,
    imageID: newest.imageId,
    containerID: `docker://${newest.id}`,
    restartCount: newest.attempt,
    state: apiState(newest, waiting, facts.messages),
    lastState: previous?.state.kind === 'exited' ? apiState(previous, waiting, facts.messages) : (old?.lastState ?? {}),
  }
}

/** RFC 3339 of a container that never ran: Go's zero time as the API prints it. */
const EPOCH = '1970-01-01T00:00:00Z'

function apiState(
  { id, state }: { id: string; state: ContainerState },
  waiting: { readonly reason: string },
  messages: ReadonlyMap<string, string>,
): NonNullable<ContainerStatus['state']> {
  if (state.kind === 'created') return { waiting }
  if (state.kind === 'running') return { running: { startedAt: kubeTime(state.startedAt) } }
  const message = state.message ?? messages.get(id)
  return {
    terminated: {
      exitCode: state.exitCode,
      reason: state.reason,
      ...(message ? { message } : {}),
      startedAt: state.startedAt ? kubeTime(state.startedAt) : EPOCH,
      finishedAt: kubeTime(state.finishedAt),
      containerID: `docker://${id}`,
    },
  }
}

/** Since 1.31 a status repeats the mounts (KEP-3857); recursive read-only is never on here. */
function mountStatuses(container: Container): NonNullable<ContainerStatus['volumeMounts']> {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
  }))
}

/** Lays over what was observed why a container waits for its restart, or that it will never be seen again. */
function overlay(statuses: Statuses, pod: Pod, facts: StatusFacts): Statuses {
  const isInitialized = statuses.init.every((status) => isCompleted(status) || status.started)
  const lay = (status: ContainerStatus, container: Container, isInit: boolean): ContainerStatus => {
    if (facts.isOver || facts.failure) return isInit && !isInitialized ? status : asEnded(status)
    const newest = newestOf(facts.observed, container.name)
    const isDone = isInit && !isSidecar(container) && isCompleted(status)
    const reason = facts.reasons.get(container.name)
    if (isDone || !reason || !shouldRestart(pod, container, newest)) return status
    const lastState = status.state?.terminated ? status.state : status.lastState
    return { ...status, lastState, state: { waiting: { ...reason } } }
  }
  const layAll = (list: readonly ContainerStatus[], containers: readonly Container[], isInit: boolean) =>
    containers.flatMap((container) => {
      const status = list.find(({ name }) => name === container.name)
      return status ? [lay(status, container, isInit)] : []
    })
  return {
    init: layAll(statuses.init, initContainersOf(pod), true),
    regular: layAll(statuses.regular, containersOf(pod), false),
  }
}

/** TerminatePod of the kubelet's status manager: what never ran, or was lost, counts as failed. */
function asEnded(status: ContainerStatus): ContainerStatus {
  if (status.state?.terminated || status.state?.running) return status
  return {
    ...status,
    state: {
      terminated: {
        exitCode: 137,
        reason: 'ContainerStatusUnknown',
        message: 'The container could not be located when the pod was terminated',
      },
    },
  }
}

/** The same text for equal statuses, whatever the order of their fields and conditions. */
export function statusText(status: PodStatus): string {
  const conditions = [...(status.conditions ?? [])].sort((a, b) => (a.type < b.type ? -1 : 1))
  return JSON.stringify({ ...status, conditions }, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}

/** Without the fields that are undefined, so that equal statuses are equal as JSON. */
function compact(status: PodStatus): PodStatus {
  return JSON.parse(JSON.stringify(status))
}
