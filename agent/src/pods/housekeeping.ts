/** What a worker looks after in every turn besides running containers: deadline, probes to run, dead containers. Pure. */
import type { Pod } from '../../../src/kube/types.ts'
import type { Followed } from '../probes/prober.ts'
import type { ObservedPod } from '../runtime/runtime.ts'
import { attemptsOf, containersOf, initContainersOf, isRunning, newestOf } from './containers.ts'
import type { PodStatus, WaitingReason } from './status.ts'

export const DEADLINE: WaitingReason = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
}

/** How long the Pod may still be active, in milliseconds; `undefined` when it has no deadline. */
export function deadlineIn(pod: Pod, { startTime }: PodStatus, now: number): number | undefined {
  const { activeDeadlineSeconds } = pod.spec
  if (activeDeadlineSeconds === undefined || !startTime) return undefined
  return Date.parse(startTime) + activeDeadlineSeconds * 1000 - now
}

/** The running containers, with what was last reported of each. */
export function toProbe(pod: Pod, observed: ObservedPod, status: PodStatus): Followed[] {
  const reported = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  return [...initContainersOf(pod), ...containersOf(pod)].flatMap((container) => {
    const newest = newestOf(observed, container.name)
    if (newest?.state.kind !== 'running') return []
    const last = reported.find(({ containerID }) => containerID === `docker://${newest.id}`)
    const before = last && { isReady: last.ready, isStarted: last.started ?? false }
    const startedAt = Date.parse(newest.state.startedAt)
    return [{ container, id: newest.id, startedAt, ...(before ? { before } : {}) }]
  })
}

/** Dead attempts but the newest two: the last one before the current is `lastState`. */
export function superfluous(observed: ObservedPod): string[] {
  const names = new Set(observed.containers.map(({ name }) => name))
  return [...names].flatMap((name) =>
    attemptsOf(observed, name)
      .slice(2)
      .filter((container) => !isRunning(container))
      .map(({ id }) => id),
  )
}
