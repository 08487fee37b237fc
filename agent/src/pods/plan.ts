/**
 * What to do next for a Pod that is to run: computePodActions of the kubelet. Pure: from desired and observed to
 * kills, a new sandbox, and the containers to start, in order.
 */
import type { Pod } from '../../../src/kube/types.ts'
import type { ObservedContainer, ObservedPod } from '../runtime/runtime.ts'
import {
  type Container,
  containersOf,
  hashOf,
  hasRegularContainer,
  hasSucceeded,
  initContainersOf,
  isRunning,
  isSidecar,
  newestOf,
  restartPolicyOf,
  sandboxOf,
  shouldRestart,
} from './containers.ts'

export interface Kill {
  readonly container: Container
  readonly id: string
  /** For the Killing event. */
  readonly message: string
  readonly because: 'changed' | 'liveness' | 'startup' | 'sandbox'
}

export interface Plan {
  readonly kills: readonly Kill[]
  /** A new sandbox is needed; with this attempt number. */
  readonly sandbox?: { readonly attempt: number }
  readonly starts: readonly Container[]
}

export interface PlanFacts {
  readonly observed: ObservedPod
  /** The sandbox runs and its network is plugged in. */
  readonly isSandboxReady: boolean
  /** A startup or liveness probe that has failed for good. */
  failedProbe(id: string): 'liveness' | 'startup' | undefined
  isStarted(container: Container, id: string): boolean
}

const NOTHING: Plan = { kills: [], starts: [] }

export function planFor(pod: Pod, facts: PlanFacts): Plan {
  return facts.isSandboxReady ? planInSandbox(pod, facts) : planSandbox(pod, facts)
}

/** No sandbox, or a dead one: everything begins anew, but for what has finished for good. */
function planSandbox(pod: Pod, { observed }: PlanFacts): Plan {
  const last = sandboxOf(observed)
  const hasRun = observed.containers.length > 0
  if (pod.spec.restartPolicy === 'Never' && hasRun) return NOTHING
  const isAnyLeft = containersOf(pod).some((container) => shouldStartAnew(pod, container, observed))
  if (!isAnyLeft) return NOTHING
  return {
    kills: observed.containers.flatMap((running) => killOf(pod, running)),
    sandbox: { attempt: last ? last.attempt + 1 : 0 },
    starts: [],
  }
}

function shouldStartAnew(pod: Pod, container: Container, observed: ObservedPod): boolean {
  return !(pod.spec.restartPolicy === 'OnFailure' && hasSucceeded(newestOf(observed, container.name)))
}

function killOf(pod: Pod, running: ObservedContainer): Kill[] {
  const container = [...initContainersOf(pod), ...containersOf(pod)].find(({ name }) => name === running.name)
  if (!container || !isRunning(running)) return []
  return [{ container, id: running.id, message: `Stopping container ${running.name}`, because: 'sandbox' }]
}

function planInSandbox(pod: Pod, facts: PlanFacts): Plan {
  const sandboxId = sandboxOf(facts.observed)?.id
  const isInitialized = hasRegularContainer(pod, facts.observed, sandboxId)
  const init = planInit(pod, facts, isInitialized)
  if (!init.isComplete) return { kills: init.kills, starts: init.starts }
  const kills = [...init.kills]
  const starts = [...init.starts]
  for (const container of containersOf(pod)) {
    const kill = killToRestart(pod, container, facts)
    if (kill) kills.push(kill)
    const newest = newestOf(facts.observed, container.name)
    if (!newest || (!isRunning(newest) && shouldRestart(pod, container, newest))) starts.push(container)
  }
  return { kills, starts }
}

interface InitPlan {
  readonly isComplete: boolean
  readonly kills: readonly Kill[]
  readonly starts: readonly Container[]
}

/** Init containers run one after another; a sidecar lets the next begin once it has started. */
function planInit(pod: Pod, facts: PlanFacts, isInitialized: boolean): InitPlan {
  const kills: Kill[] = []
  const starts: Container[] = []
  const sandboxId = sandboxOf(facts.observed)?.id
  for (const container of initContainersOf(pod)) {
    const latest = newestOf(facts.observed, container.name)
    const current = latest?.sandboxId === sandboxId ? latest : undefined
    if (isSidecar(container)) {
      const kill = killToRestart(pod, container, facts)
      if (kill) kills.push(kill)
      if (!isRunning(current)) starts.push(container)
      const isStarted = current !== undefined && isRunning(current) && facts.isStarted(container, current.id)
      if (!isStarted && !isInitialized) return { isComplete: false, kills, starts }
      continue
    }
    if (isInitialized || hasSucceeded(current)) continue
    if (!current || (!isRunning(current) && shouldRestart(pod, container, current))) starts.push(container)
    return { isComplete: false, kills, starts }
  }
  return { isComplete: true, kills, starts }
}

/** A running container that has to go because it changed or because a probe gave it up. */
function killToRestart(pod: Pod, container: Container, facts: PlanFacts): Kill | undefined {
  const newest = newestOf(facts.observed, container.name)
  if (!newest || !isRunning(newest)) return undefined
  const kill = { container, id: newest.id }
  if (newest.hash !== hashOf(container)) {
    return { ...kill, because: 'changed', message: restartText(`Container ${container.name} definition changed`, true) }
  }
  const failed = facts.failedProbe(newest.id)
  if (!failed) return undefined
  const willRestart = restartPolicyOf(pod, container) !== 'Never'
  return {
    ...kill,
    because: failed,
    message: restartText(`Container ${container.name} failed ${failed} probe`, willRestart),
  }
}

const restartText = (message: string, willRestart: boolean): string =>
  willRestart ? `${message}, will be restarted` : message
