/** Having a sandbox that runs and is connected: taken up where an earlier turn left it, or made anew. */
import type { Pod } from '../../../src/kube/types.ts'
import { messageOf } from '../log.ts'
import type { ObservedPod, ObservedSandbox } from '../runtime/runtime.ts'
import { sandboxOf } from './containers.ts'
import { podEvent } from './events.ts'
import { connect, createSandbox } from './sandbox.ts'
import type { World } from './world.ts'

export interface SandboxTurn {
  readonly world: World
  readonly observed: ObservedPod
  readonly attempt: number
  /** Stops what still runs in a sandbox that has to go. */
  killOld(): Promise<void>
}

export type SandboxOutcome =
  | { readonly isReady: true; readonly sandbox: ObservedSandbox; readonly podIp: string }
  | { readonly isReady: false }

const NOT_READY: SandboxOutcome = { isReady: false }

export async function haveSandbox(pod: Pod, turn: SandboxTurn): Promise<SandboxOutcome> {
  const { world, observed } = turn
  const warn = (reason: string, message: string) => world.event(podEvent(pod, { type: 'Warning', reason, message }))
  const unready = pod.spec.hostNetwork ? undefined : world.network.unreadiness()
  if (unready) {
    warn('NetworkNotReady', unready)
    return NOT_READY
  }
  try {
    const last = sandboxOf(observed)
    const isHalfMade = last?.isRunning && observed.containers.every(({ sandboxId }) => sandboxId !== last.id)
    const sandbox = isHalfMade ? last : await replace(pod, turn)
    return { isReady: true, sandbox, podIp: await connect(pod, sandbox, world) }
  } catch (error) {
    warn('FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`)
    return NOT_READY
  }
}

async function replace(pod: Pod, { world, observed, attempt, killOld }: SandboxTurn): Promise<ObservedSandbox> {
  if (observed.sandboxes.length > 0) {
    const message = 'Pod sandbox changed, it will be killed and re-created.'
    world.event(podEvent(pod, { type: 'Normal', reason: 'SandboxChanged', message }))
    await killOld()
    for (const { id } of observed.sandboxes) await world.runtime.remove(id)
  }
  return createSandbox(pod, attempt, world)
}
