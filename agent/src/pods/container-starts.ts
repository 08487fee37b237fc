/**
 * Starting a Pod's containers over and over: who is held back and until when, and why a container waits (the kubelet's
 * reason cache and its doBackOff).
 */
import type { Pod } from '../../../src/kube/types.ts'
import { goDuration } from '../backoff.ts'
import type { ObservedContainer, ObservedPod } from '../runtime/runtime.ts'
import { type Container, hashOf, newestOf, podText } from './containers.ts'
import { podEvent } from './events.ts'
import { StartError } from './start-error.ts'
import { type StartContext, startContainer } from './starter.ts'
import type { WaitingReason } from './status.ts'
import type { World } from './world.ts'

export interface Round extends Omit<StartContext, 'world' | 'attempt' | 'failures'> {
  readonly observed: ObservedPod
  /** Look again after so long. */
  lookIn(ms: number): void
}

export class ContainerStarts {
  /** Why each container that waits does so. */
  readonly reasons = new Map<string, WaitingReason>()
  readonly #world: World
  readonly #heldUntil = new Map<string, number>()
  readonly #pullFailures = new Map<string, string>()

  constructor(world: World) {
    this.#world = world
  }

  /** Starts each that is not held back; answers whether anything came of it that a status should show. */
  async startAll(pod: Pod, containers: readonly Container[], round: Round): Promise<boolean> {
    let isNews = false
    for (const container of containers) {
      if (round.signal.aborted) return isNews
      isNews = (await this.#start(pod, container, round)) || isNews
    }
    return isNews
  }

  async #start(pod: Pod, container: Container, round: Round): Promise<boolean> {
    const previous = newestOf(round.observed, container.name)
    const verdict = this.#verdict(pod, container, { previous, round })
    if (verdict !== 'go') return verdict === 'newly-held'
    try {
      const attempt = previous ? previous.attempt + 1 : 0
      await startContainer(pod, container, { ...round, world: this.#world, attempt, failures: this.#pullFailures })
      this.reasons.delete(container.name)
    } catch (error) {
      if (!(error instanceof StartError)) throw error
      if (!round.signal.aborted) this.#onError(pod, container, { error, round })
    }
    return true
  }

  #onError(pod: Pod, container: Container, { error, round }: { error: StartError; round: Round }): void {
    if (error.event !== undefined) {
      const message = `Error: ${error.event}`
      this.#world.event(podEvent(pod, { type: 'Warning', reason: 'Failed', message }, container))
    }
    this.#hold(container, { reason: error.reason, message: error.message }, { ms: error.retryInMs, round })
  }

  #hold(container: Container, reason: WaitingReason, { ms, round }: { ms: number; round: Round }): void {
    this.reasons.set(container.name, reason)
    this.#heldUntil.set(container.name, this.#world.now() + ms)
    round.lookIn(ms)
  }

  /** After a failed start it waits a little; after an exit, as long as the restart back-off says. */
  #verdict(
    pod: Pod,
    container: Container,
    { previous, round }: { previous: ObservedContainer | undefined; round: Round },
  ): 'go' | 'held' | 'newly-held' {
    const now = this.#world.now()
    const heldMs = (this.#heldUntil.get(container.name) ?? 0) - now
    if (heldMs > 0) {
      round.lookIn(heldMs)
      return 'held'
    }
    if (previous?.state.kind !== 'exited') return 'go'
    const key = `${pod.metadata.uid}/${container.name}/${hashOf(container)}`
    const eventAt = Date.parse(previous.state.finishedAt)
    const ms = this.#world.restarts.remaining(key, { eventAt, now })
    if (ms <= 0) {
      this.#world.restarts.next(key, { eventAt, now })
      return 'go'
    }
    this.#backOff(pod, container, { key, ms, round })
    return 'newly-held'
  }

  #backOff(pod: Pod, container: Container, { key, ms, round }: { key: string; ms: number; round: Round }): void {
    const { name } = container
    const text = `Back-off restarting failed container ${name} in pod ${podText(pod)}`
    this.#world.event(podEvent(pod, { type: 'Warning', reason: 'BackOff', message: text }, container))
    const delay = goDuration(this.#world.restarts.delayOf(key))
    const message = `back-off ${delay} restarting failed container=${name} pod=${podText(pod)}`
    this.#hold(container, { reason: 'CrashLoopBackOff', message }, { ms, round })
  }
}
