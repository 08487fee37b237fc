/**
 * One Pod's life on this node: observe, report, act, and look again. Level-driven: every turn starts from what the
 * engine holds and what is desired, so that a lost event or a restart of the agent costs nothing but a look.
 */
import { graceSecondsOf } from '../../../src/kube/pod/grace.ts'
import type { Pod } from '../../../src/kube/types.ts'
import { messageOf } from '../log.ts'
import { Prober } from '../probes/prober.ts'
import type { ObservedPod } from '../runtime/runtime.ts'
import { ContainerStarts, type Round } from './container-starts.ts'
import { type Container, identityOf, isRunning, sandboxOf } from './containers.ts'
import { type EventType, podEvent } from './events.ts'
import { DEADLINE, deadlineIn, superfluous, toProbe } from './housekeeping.ts'
import { Mounting } from './mounting.ts'
import { isFinished } from './phase.ts'
import { type Kill, type Plan, planFor } from './plan.ts'
import { writePodFiles } from './sandbox.ts'
import { haveSandbox } from './sandbox-turn.ts'
import { MAX_TIMEOUT_MS, Signal } from './signal.ts'
import { type PodStatus, statusOf, statusText, type WaitingReason } from './status.ts'
import { stopAll, stopContainer } from './stopper.ts'
import { terminationMessages } from './termination.ts'
import type { World } from './world.ts'

/** A turn without any event: the engine's event stream may have been cut. */
const RESYNC_MS = 60_000
/** After an error of the engine or the host. */
const RETRY_MS = 2000

export class PodWorker {
  readonly #world: World
  readonly #prober: Prober
  readonly #woken = new Signal()
  readonly #graceChanged = new Signal()
  readonly #ending = new AbortController()
  readonly #messages = new Map<string, string>()
  readonly #starts: ContainerStarts
  readonly #mounting: Mounting
  #pod: Pod
  #status: PodStatus
  /** What the control plane has: every status told is a write there, so none is told twice. */
  #reported: string
  /** Gone from the control plane: ends without a word to it. */
  #isRemoved = false
  #hasEnded = false
  #isStopped = false
  #isWoken = false
  #nextLookAt = 0
  #failure: WaitingReason | undefined
  #podIp: string | undefined

  constructor(pod: Pod, world: World) {
    this.#pod = pod
    this.#status = pod.status
    this.#world = world
    this.#starts = new ContainerStarts(world)
    this.#mounting = new Mounting(world)
    this.#reported = statusText(pod.status)
    this.#prober = new Prober({
      runtime: world.runtime,
      podIp: () => this.#podIp ?? '',
      onFailure: (container, kind, message) =>
        this.#say(
          'Warning',
          'Unhealthy',
          `${kind.charAt(0).toUpperCase()}${kind.slice(1)} probe failed: ${message}`,
          container,
        ),
      onTurn: () => this.wake(),
    })
    if (this.#isEnding()) this.#ending.abort()
  }

  get pod(): Pod {
    return this.#pod
  }

  get status(): PodStatus {
    return this.#status
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  update(pod: Pod): void {
    this.#pod = pod
    // Another may have written over it, or it never arrived: then it is told again.
    this.#reported = statusText(pod.status)
    if (this.#isEnding()) this.#ending.abort()
    this.#graceChanged.fire()
    this.wake()
  }

  /** The control plane no longer knows the Pod. */
  remove(): void {
    this.#isRemoved = true
    this.#ending.abort()
    this.#graceChanged.fire()
    this.wake()
  }

  wake(): void {
    this.#isWoken = true
    this.#woken.fire()
  }

  /** Lets go of the Pod without touching it: the agent stops. */
  stop(): void {
    this.#isStopped = true
    this.#prober.stop()
    this.wake()
  }

  /** Settles when the Pod is wholly gone, or after `stop`. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      this.#isWoken = false
      this.#nextLookAt = this.#world.now() + RESYNC_MS
      try {
        if (await this.#turn()) return
      } catch (error) {
        this.#world.log.warn({ pod: this.#pod.metadata.uid, error: messageOf(error) }, 'a turn of the pod failed')
        this.#lookIn(RETRY_MS)
      }
      if (!this.#isWoken) await this.#woken.wait(Math.max(0, this.#nextLookAt - this.#world.now()))
    }
  }

  #isEnding(): boolean {
    return this.#isRemoved || this.#pod.metadata.deletionTimestamp !== undefined
  }

  #lookIn(ms: number): void {
    this.#nextLookAt = Math.min(this.#nextLookAt, this.#world.now() + ms)
  }

  /** True: there is nothing more to do, ever. */
  async #turn(): Promise<boolean> {
    const observed = await this.#observe()
    if (this.#isEnding()) return this.#end(observed)
    this.#checkDeadline()
    this.#prober.follow(this.#podIp === undefined ? [] : toProbe(this.#pod, observed, this.#status))
    this.#publish(observed)
    if (isFinished(this.#status.phase)) await this.#finish(observed)
    else await this.#runPod(observed)
    return false
  }

  async #observe(): Promise<ObservedPod> {
    const observed = await this.#world.runtime.observe(identityOf(this.#pod))
    const sandbox = sandboxOf(observed)
    if (this.#pod.spec.hostNetwork) this.#podIp = sandbox?.isRunning ? this.#world.node().hostIp : undefined
    else
      this.#podIp = sandbox?.isRunning ? this.#world.network.addressOf(this.#pod.metadata.uid, sandbox.id) : undefined
    await terminationMessages(this.#pod, observed, {
      runtime: this.#world.runtime,
      known: this.#messages,
      old: this.#status,
    })
    return observed
  }

  #checkDeadline(): void {
    if (this.#failure || isFinished(this.#status.phase)) return
    const leftMs = deadlineIn(this.#pod, this.#status, this.#world.now())
    if (leftMs === undefined) return
    if (leftMs > 0) {
      this.#lookIn(leftMs)
      return
    }
    this.#failure = DEADLINE
    this.#say('Normal', DEADLINE.reason, DEADLINE.message)
  }

  #publish(observed: ObservedPod, isOver = false): void {
    const status = statusOf(this.#pod, {
      observed,
      old: this.#status,
      podIp: this.#podIp,
      hostIp: this.#world.node().hostIp,
      isSandboxReady: this.#podIp !== undefined,
      reasons: this.#starts.reasons,
      messages: this.#messages,
      healthOf: (container, id) => ({
        isStarted: this.#prober.isStarted(container, id),
        isReady: this.#prober.isReady(container, id),
      }),
      isOver,
      failure: this.#failure,
      now: new Date(this.#world.now()),
    })
    this.#status = status
    const text = statusText(status)
    if (this.#isRemoved || text === this.#reported) return
    this.#reported = text
    this.#world.report(this.#pod, status)
  }

  async #runPod(observed: ObservedPod): Promise<void> {
    const plan = planFor(this.#pod, {
      observed,
      isSandboxReady: this.#podIp !== undefined,
      failedProbe: (id) => this.#prober.failedFor(id),
      isStarted: (container, id) => this.#prober.isStarted(container, id),
    })
    const volumes = await this.#mounting.setUp(this.#pod, this.#podIp, (ms) => this.#lookIn(ms))
    if (!volumes) return
    if (plan.sandbox) return this.#newSandbox(observed, plan)
    const sandbox = sandboxOf(observed)
    if (!sandbox) return
    for (const kill of plan.kills) await this.#kill(kill, observed)
    if (plan.kills.length > 0) return this.wake()
    await this.#startAll(plan.starts, { observed, sandboxId: sandbox.id, volumes })
    for (const id of superfluous(observed)) await this.#world.runtime.remove(id)
  }

  async #newSandbox(observed: ObservedPod, { kills, sandbox }: Plan): Promise<void> {
    const outcome = await haveSandbox(this.#pod, {
      world: this.#world,
      observed,
      attempt: sandbox?.attempt ?? 0,
      killOld: async () => {
        for (const kill of kills) await this.#kill(kill, observed)
      },
    })
    if (!outcome.isReady) {
      this.#lookIn(RETRY_MS)
      return
    }
    this.#podIp = outcome.podIp
    this.wake()
  }

  async #kill({ container, id, message, because }: Kill, observed: ObservedPod): Promise<void> {
    const probe =
      because === 'liveness' ? container.livenessProbe : because === 'startup' ? container.startupProbe : undefined
    const seconds = probe?.terminationGracePeriodSeconds ?? this.#specGrace()
    await this.#stopOne(container, { id, message, seconds, stopSignal: signalOf(observed, id) })
  }

  #specGrace(): number {
    return graceSecondsOf(this.#pod.spec)
  }

  async #stopOne(container: Container, what: { id: string; message: string; seconds: number; stopSignal: string }) {
    await stopContainer({
      pod: this.#pod,
      container,
      id: what.id,
      stopSignal: what.stopSignal,
      message: what.message,
      podIp: this.#podIp ?? '',
      world: this.#world,
      graceMs: () => (this.#isEnding() ? Math.min(this.#graceMs(), what.seconds * 1000) : what.seconds * 1000),
      graceChanged: this.#graceChanged,
    })
  }

  async #startAll(starts: readonly Container[], context: Pick<Round, 'observed' | 'sandboxId' | 'volumes'>) {
    if (starts.length === 0) return
    const isNews = await this.#starts.startAll(this.#pod, starts, {
      ...context,
      podIp: this.#podIp ?? '',
      podFiles: await writePodFiles(this.#pod, this.#podIp ?? '', this.#world),
      signal: this.#ending.signal,
      lookIn: (ms) => this.#lookIn(ms),
      kill: (container, id) =>
        this.#stopOne(container, {
          id,
          message: 'FailedPostStartHook',
          seconds: this.#specGrace(),
          stopSignal: 'SIGTERM',
        }),
    })
    // Started or not, the next turn shows it.
    if (isNews) this.wake()
  }

  #graceMs(): number {
    const { deletionGracePeriodSeconds } = this.#pod.metadata
    return (deletionGracePeriodSeconds ?? this.#specGrace()) * 1000
  }

  async #stopEverything(observed: ObservedPod, graceMs: () => number): Promise<void> {
    this.#prober.stopLiveness()
    await stopAll({
      pod: this.#pod,
      observed,
      podIp: this.#podIp ?? '',
      world: this.#world,
      graceMs,
      graceChanged: this.#graceChanged,
      onStopped: async () => this.#publish(await this.#observe()),
    })
  }

  /** Finished by itself or by its deadline: what still runs is stopped, its sandbox and volumes go. */
  async #finish(observed: ObservedPod): Promise<void> {
    if (observed.containers.some(isRunning)) {
      await this.#stopEverything(observed, () => (this.#isEnding() ? this.#graceMs() : this.#specGrace() * 1000))
      return this.wake()
    }
    await this.#release(observed)
    if (observed.sandboxes.length > 0) return this.wake()
    this.#nextLookAt = this.#world.now() + MAX_TIMEOUT_MS
  }

  async #release(observed: ObservedPod): Promise<void> {
    this.#prober.stop()
    await this.#world.network.disconnect(this.#pod.metadata.uid)
    for (const { id } of observed.sandboxes) await this.#world.runtime.remove(id)
    await this.#world.volumes.tearDown(this.#pod.metadata.uid)
    this.#podIp = undefined
  }

  /** Told to end. Its containers stay, dead, until its object is gone, so that their statuses and logs stay readable. */
  async #end(observed: ObservedPod): Promise<boolean> {
    const { uid } = this.#pod.metadata
    if (!this.#hasEnded) {
      this.#publish(observed)
      await this.#stopEverything(observed, () => this.#graceMs())
      const stopped = await this.#observe()
      if (stopped.containers.some(isRunning)) throw new Error('a container would not stop')
      await this.#release(stopped)
      this.#publish(await this.#observe(), true)
      this.#hasEnded = true
      if (!this.#isRemoved) this.#world.ended(this.#pod)
    }
    if (!this.#isRemoved) return false
    for (const { id } of (await this.#observe()).containers) await this.#world.runtime.remove(id)
    await this.#world.volumes.remove(uid)
    this.#world.restarts.forget(`${uid}/`)
    this.#world.pulls.forget(`${uid}_`)
    this.#world.tokens.forget(uid)
    return true
  }

  #say(type: EventType, reason: string, message: string, container?: Container): void {
    if (!this.#isRemoved) this.#world.event(podEvent(this.#pod, { type, reason, message }, container))
  }
}

function signalOf(observed: ObservedPod, id: string): string {
  return observed.containers.find((container) => container.id === id)?.stopSignal ?? 'SIGTERM'
}
