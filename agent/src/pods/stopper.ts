/** Stops containers gracefully: preStop hook, stop signal, and SIGKILL when the time is up (killContainer). */
import type { Pod } from '../../../src/kube/types.ts'
import { perform } from '../probes/actions.ts'
import type { ObservedPod, Runtime } from '../runtime/runtime.ts'
import { type Container, containersOf, initContainersOf, isRunning, isSidecar } from './containers.ts'
import { podEvent } from './events.ts'
import type { Signal } from './signal.ts'
import type { World } from './world.ts'

/** Even a hook that used up all its grace leaves the container this long (minimumGracePeriodInSeconds). */
const MINIMUM_GRACE_MS = 2000

export interface Stop {
  readonly pod: Pod
  readonly container: Container
  readonly id: string
  readonly stopSignal: string
  readonly message: string
  readonly podIp: string
  readonly world: World
  /** May shrink while we wait: `kubectl delete --grace-period=1` after a first delete. */
  graceMs(): number
  /** Fires when `graceMs` may have changed. */
  readonly graceChanged: Signal
}

export async function stopContainer(stop: Stop): Promise<void> {
  const { pod, container, id, world } = stop
  const began = world.now()
  world.event(podEvent(pod, { type: 'Normal', reason: 'Killing', message: stop.message }, container))
  await runPreStop(stop, began)
  const atLeast = world.now() + MINIMUM_GRACE_MS
  await world.runtime.kill(id, stop.stopSignal)
  const deadline = () => Math.max(began + stop.graceMs(), stop.graceMs() === 0 ? began : atLeast)
  if (await hasExitedBy(deadline, stop)) return
  await world.runtime.kill(id, 'SIGKILL')
  await world.runtime.exited(id, new AbortController().signal)
}

async function runPreStop(stop: Stop, began: number): Promise<void> {
  const { pod, container, id, world, podIp } = stop
  const hook = container.lifecycle?.preStop
  if (!hook || stop.graceMs() === 0) return
  const result = perform(hook, { runtime: world.runtime, containerId: id, container, podIp, timeoutMs: stop.graceMs() })
  const outcome = await Promise.race([result, graceOver(stop, began)])
  if (!outcome || outcome.isSuccess) return
  const event = { type: 'Warning', reason: 'FailedPreStopHook', message: 'PreStopHook failed' } as const
  world.event(podEvent(pod, event, container))
}

async function graceOver({ graceMs, graceChanged, world }: Stop, began: number): Promise<undefined> {
  for (;;) {
    const leftMs = began + graceMs() - world.now()
    if (leftMs <= 0) return undefined
    await graceChanged.wait(leftMs)
  }
}

async function hasExitedBy(deadline: () => number, { id, world, graceChanged }: Stop): Promise<boolean> {
  const abort = new AbortController()
  let hasExited = false
  const exited = world.runtime.exited(id, abort.signal).then(() => {
    hasExited = !abort.signal.aborted
  })
  while (!hasExited && world.now() < deadline()) {
    await Promise.race([exited, graceChanged.wait(deadline() - world.now())])
  }
  abort.abort()
  return hasExited
}

interface StopAll extends Omit<Stop, 'container' | 'id' | 'stopSignal' | 'message'> {
  readonly observed: ObservedPod
  onStopped(): Promise<void>
}

/** All at once, but sidecars only after the rest, in the reverse of their order (KEP-753). */
export async function stopAll(all: StopAll): Promise<void> {
  const { pod, observed } = all
  const sidecars = initContainersOf(pod).filter(isSidecar)
  const others = [...initContainersOf(pod).filter((container) => !isSidecar(container)), ...containersOf(pod)]
  await Promise.all(others.map((container) => stopNamed(container, all)))
  for (const container of sidecars.reverse()) await stopNamed(container, all)
  const known = new Set([...sidecars, ...others].map(({ name }) => name))
  const strangers = observed.containers.filter((container) => isRunning(container) && !known.has(container.name))
  await Promise.all(strangers.map(({ id }) => killAtOnce(all.world.runtime, id)))
}

async function stopNamed(container: Container, all: StopAll): Promise<void> {
  const running = all.observed.containers.filter((seen) => seen.name === container.name && isRunning(seen))
  for (const { id, stopSignal } of running) {
    await stopContainer({ ...all, container, id, stopSignal, message: `Stopping container ${container.name}` })
    await all.onStopped()
  }
}

export async function killAtOnce(runtime: Runtime, id: string): Promise<void> {
  await runtime.kill(id, 'SIGKILL')
  await runtime.exited(id, new AbortController().signal)
}
