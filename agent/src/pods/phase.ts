/** A Pod's phase from the statuses of its containers: getPhase of the kubelet. Pure. */
import type { Pod } from '../../../src/kube/types.ts'
import { type Container, type ContainerStatus, containersOf, initContainersOf, isSidecar } from './containers.ts'

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

export const isFinished = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed'

export interface Statuses {
  readonly init: readonly ContainerStatus[]
  readonly regular: readonly ContainerStatus[]
}

/** `isOver`: the Pod was told to end and nothing of it runs, so that even a restartable Pod is finished. */
export function phaseOf(pod: Pod, statuses: Statuses, isOver: boolean): Phase {
  const init = initProgress(pod, statuses)
  if (init.failed > 0 && pod.spec.restartPolicy === 'Never') return 'Failed'
  const regular = countRegular(pod, statuses)
  if (init.pendingRegular > 0 || (init.pendingSidecars > 0 && regular.running + regular.stopped === 0)) {
    return isOver ? 'Failed' : 'Pending'
  }
  if (regular.waiting > 0) return isOver ? 'Failed' : 'Pending'
  if (regular.unknown > 0) return 'Pending'
  if (regular.running > 0) return 'Running'
  if (regular.stopped === 0) return 'Pending'
  return stoppedPhase(pod, regular, isOver)
}

interface Counts {
  running: number
  waiting: number
  stopped: number
  succeeded: number
  unknown: number
}

/** All containers have stopped: whether that is the end depends on who would restart them. */
function stoppedPhase(pod: Pod, { stopped, succeeded }: Counts, isOver: boolean): Phase {
  const result = stopped === succeeded ? 'Succeeded' : 'Failed'
  if (isOver) return result
  switch (pod.spec.restartPolicy) {
    case 'Never':
      return result
    case 'OnFailure':
      return result === 'Succeeded' ? 'Succeeded' : 'Running'
    default:
      return 'Running'
  }
}

function initProgress(pod: Pod, { init }: Statuses) {
  const progress = { failed: 0, pendingRegular: 0, pendingSidecars: 0 }
  for (const container of initContainersOf(pod)) {
    const status = init.find(({ name }) => name === container.name)
    if (isSidecar(container)) {
      if (!status?.started) progress.pendingSidecars++
    } else if (hasFailed(status)) progress.failed++
    else if (!status?.state?.terminated) progress.pendingRegular++
  }
  return progress
}

function hasFailed(status: ContainerStatus | undefined): boolean {
  const end = status?.state?.terminated ?? (status?.state?.waiting ? status.lastState?.terminated : undefined)
  return end !== undefined && end.exitCode !== 0
}

function countRegular(pod: Pod, { regular }: Statuses): Counts {
  const counts: Counts = { running: 0, waiting: 0, stopped: 0, succeeded: 0, unknown: 0 }
  for (const container of containersOf(pod)) count(container, regular, counts)
  return counts
}

function count(container: Container, statuses: readonly ContainerStatus[], counts: Counts): void {
  const status = statuses.find(({ name }) => name === container.name)
  const state = status?.state
  if (state?.running) counts.running++
  else if (state?.terminated) {
    counts.stopped++
    if (state.terminated.exitCode === 0) counts.succeeded++
  } else if (state?.waiting) {
    if (status?.lastState?.terminated) counts.stopped++
    else counts.waiting++
  } else counts.unknown++
}
