/**
 * One Pod's life on this node: observe, report, act, and look again. Level-driven: every turn starts from what the
 * engine holds and what is desired, so that a lost event or a restart of the agent costs nothing but a look.
 */
import type { Pod } from '../../../src/kube/types.ts'
import { goDuration } from '../backoff.ts'
import { messageOf } from '../log.ts'
import { Prober } from '../probes/prober.ts'
import type { ObservedContainer, ObservedPod, ObservedSandbox } from '../runtime/runtime.ts'
import { MountError } from '../volumes/volumes.ts'
import {
  attemptsOf,
  type Container,
  containersOf,
  hashOf,
  identityOf,
  initContainersOf,
  isRunning,
  newestOf,
  podText,
  sandboxOf,
} from './containers.ts'
import { type EventType, podEvent } from './events.ts'
import { isFinished } from './phase.ts'
import { type Kill, planFor } from './plan.ts'
import { connect, createSandbox, writePodFiles } from './sandbox.ts'
import { MAX_TIMEOUT_MS, Signal } from './signal.ts'
import { StartError } from './start-error.ts'
import { startContainer } from './starter.ts'
import { type PodStatus, statusOf, type WaitingReason } from './status.ts'
import { stopAll, stopContainer } from './stopper.ts'
import { terminationMessages } from './termination.ts'
import type { World } from './world.ts'

/** A turn without any event: the engine's event stream may have been cut. */
const RESYNC_MS = 60_000
/** After an error of the engine or the host. */
const RETRY_MS = 2000
const MOUNT_RETRY = { firstMs: 500, maxMs: 122_000 }

const DEADLINE: WaitingReason = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
}

export class PodWorker {
  readonly #world: World
  readonly #prober: Prober
  readonly #woken = new Signal()
  readonly #graceChanged = new Signal()
  readonly #ending = new AbortController()
  readonly #reasons = new Map<string, WaitingReason>()
  readonly #messages = new Map<string, string>()
  readonly #pullFailures = new Map<string, string>()
  #pod: Pod
  #status: PodStatus
  /** Gone from the control plane: ends without a word to it. */
  #isRemoved = false
  #hasEnded = false
  #isStopped = false
  #isWoken = false
  #nextLookAt = 0
  #mountRetryMs = MOUNT_RETRY.firstMs
  #failure: WaitingReason | undefined
  #podIp: string | undefined

  constructor(pod: Pod, world: World) {
    this.#pod = pod
    this.#status = pod.status
    this.#world = world
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
    this.#follow(observed)
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
    const { activeDeadlineSeconds } = this.#pod.spec
    const { startTime } = this.#status
    if (activeDeadlineSeconds === undefined || !startTime || this.#failure || isFinished(this.#status.phase)) return
    const leftMs = Date.parse(startTime) + activeDeadlineSeconds * 1000 - this.#world.now()
    if (leftMs > 0) return this.#lookIn(leftMs)
    this.#failure = DEADLINE
    this.#say('Normal', DEADLINE.reason, DEADLINE.message)
  }

  #follow(observed: ObservedPod): void {
    const all = [...initContainersOf(this.#pod), ...containersOf(this.#pod)]
    const before = [...(this.#status.initContainerStatuses ?? []), ...(this.#status.containerStatuses ?? [])]
    this.#prober.follow(
      all.flatMap((container) => {
        const newest = newestOf(observed, container.name)
        if (newest?.state.kind !== 'running' || this.#podIp === undefined) return []
        const last = before.find(({ containerID }) => containerID === `docker://${newest.id}`)
        return [
          {
            container,
            id: newest.id,
            startedAt: Date.parse(newest.state.startedAt),
            ...(last ? { before: { isReady: last.ready, isStarted: last.started ?? false } } : {}),
          },
        ]
      }),
    )
  }

  #publish(observed: ObservedPod, isOver = false): void {
    const status = statusOf(this.#pod, {
      observed,
      old: this.#status,
      podIp: this.#podIp,
      hostIp: this.#world.node().hostIp,
      isSandboxReady: this.#podIp !== undefined,
      reasons: this.#reasons,
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
    if (!this.#isRemoved) this.#world.report(this.#pod, status)
  }

  async #runPod(observed: ObservedPod): Promise<void> {
    const plan = planFor(this.#pod, {
      observed,
      isSandboxReady: this.#podIp !== undefined,
      failedProbe: (id) => this.#prober.failedFor(id),
      isStarted: (container, id) => this.#prober.isStarted(container, id),
    })
    const volumes = await this.#setUpVolumes()
    if (!volumes) return
    const sandbox = plan.sandbox ? await this.#newSandbox(observed, plan) : sandboxOf(observed)
    if (!sandbox) return
    for (const kill of plan.kills) if (kill.because !== 'sandbox') await this.#kill(kill, observed)
    if (plan.kills.length > 0 || plan.sandbox) return this.wake()
    await this.#startAll(plan.starts, { observed, sandbox, volumes })
    await this.#collectDead(observed)
  }

  async #setUpVolumes() {
    try {
      const { node, sources, tokens } = this.#world
      const paths = await this.#world.volumes.setUp(this.#pod, {
        sources,
        place: { ...node(), podIp: this.#podIp },
        token: (audience, seconds) => tokens.token(this.#pod, audience, seconds),
      })
      this.#mountRetryMs = MOUNT_RETRY.firstMs
      const renewal = tokens.renewalOf(this.#pod.metadata.uid)
      if (renewal !== undefined) this.#lookIn(Math.max(1000, renewal - this.#world.now()))
      return paths
    } catch (error) {
      if (!(error instanceof MountError)) throw error
      this.#say('Warning', 'FailedMount', error.message)
      this.#lookIn(this.#mountRetryMs)
      this.#mountRetryMs = Math.min(MOUNT_RETRY.maxMs, this.#mountRetryMs * 2)
      return undefined
    }
  }

  /** Makes the sandbox, or connects one that an earlier turn could only create. */
  async #newSandbox(observed: ObservedPod, plan: { kills: readonly Kill[]; sandbox?: { attempt: number } }) {
    const unready = this.#pod.spec.hostNetwork ? undefined : this.#world.network.unreadiness()
    if (unready) {
      this.#say('Warning', 'NetworkNotReady', `network is not ready: ${unready}`)
      this.#lookIn(RETRY_MS)
      return undefined
    }
    try {
      const last = sandboxOf(observed)
      const isHalfMade = last?.isRunning && observed.containers.every(({ sandboxId }) => sandboxId !== last.id)
      const sandbox = isHalfMade ? last : await this.#replaceSandbox(observed, plan)
      this.#podIp = await connect(this.#pod, sandbox, this.#world)
      return sandbox
    } catch (error) {
      this.#say('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`)
      this.#lookIn(RETRY_MS)
      return undefined
    }
  }

  async #replaceSandbox(observed: ObservedPod, plan: { kills: readonly Kill[]; sandbox?: { attempt: number } }) {
    if (observed.sandboxes.length > 0) {
      this.#say('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
      for (const kill of plan.kills) await this.#kill(kill, observed)
      for (const { id } of observed.sandboxes) await this.#world.runtime.remove(id)
    }
    return createSandbox(this.#pod, plan.sandbox?.attempt ?? 0, this.#world)
  }

  async #kill({ container, id, message, because }: Kill, observed: ObservedPod): Promise<void> {
    const probe =
      because === 'liveness' ? container.livenessProbe : because === 'startup' ? container.startupProbe : undefined
    const seconds = probe?.terminationGracePeriodSeconds ?? this.#specGrace()
    await this.#stopOne(container, { id, message, seconds, stopSignal: signalOf(observed, id) })
  }

  #specGrace(): number {
    return this.#pod.spec.terminationGracePeriodSeconds ?? 30
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

  async #startAll(
    starts: readonly Container[],
    context: { observed: ObservedPod; sandbox: ObservedSandbox; volumes: ReadonlyMap<string, string> },
  ): Promise<void> {
    if (starts.length === 0) return
    const podFiles = await writePodFiles(this.#pod, this.#podIp ?? '', this.#world)
    for (const container of starts) {
      if (this.#isEnding() || this.#isStopped) return
      const previous = newestOf(context.observed, container.name)
      try {
        if (this.#isHeldBack(container, previous)) continue
        await startContainer(this.#pod, container, {
          world: this.#world,
          sandboxId: context.sandbox.id,
          attempt: previous ? previous.attempt + 1 : 0,
          podIp: this.#podIp ?? '',
          volumes: context.volumes,
          podFiles,
          failures: this.#pullFailures,
          signal: this.#ending.signal,
          kill: (failed, id) =>
            this.#stopOne(failed, {
              id,
              message: 'FailedPostStartHook',
              seconds: this.#specGrace(),
              stopSignal: 'SIGTERM',
            }),
        })
        this.#reasons.delete(container.name)
      } catch (error) {
        if (!(error instanceof StartError)) throw error
        if (this.#ending.signal.aborted) return
        this.#onStartError(container, error)
      }
      // Started or not, the next turn shows it.
      this.wake()
    }
  }

  #onStartError(container: Container, error: StartError): void {
    if (error.event !== undefined) this.#say('Warning', 'Failed', `Error: ${error.event}`, container)
    this.#hold(container, { reason: error.reason, message: error.message }, error.retryInMs)
  }

  readonly #heldUntil = new Map<string, number>()

  #hold(container: Container, reason: WaitingReason, retryInMs: number): void {
    this.#reasons.set(container.name, reason)
    this.#heldUntil.set(container.name, this.#world.now() + retryInMs)
    this.#lookIn(retryInMs)
  }

  /** After a failed start it waits a little; after an exit, as long as the restart back-off says (doBackOff). */
  #isHeldBack(container: Container, previous: ObservedContainer | undefined): boolean {
    const now = this.#world.now()
    const heldMs = (this.#heldUntil.get(container.name) ?? 0) - now
    if (heldMs > 0) {
      this.#lookIn(heldMs)
      return true
    }
    if (previous?.state.kind !== 'exited') return false
    const key = `${this.#pod.metadata.uid}/${container.name}/${hashOf(container)}`
    const eventAt = Date.parse(previous.state.finishedAt)
    const leftMs = this.#world.restarts.remaining(key, { eventAt, now })
    if (leftMs <= 0) {
      this.#world.restarts.next(key, { eventAt, now })
      return false
    }
    const { name } = container
    const pod = podText(this.#pod)
    this.#say('Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${pod}`, container)
    const delay = goDuration(this.#world.restarts.delayOf(key))
    const message = `back-off ${delay} restarting failed container=${name} pod=${pod}`
    this.#hold(container, { reason: 'CrashLoopBackOff', message }, leftMs)
    this.wake()
    return true
  }

  /** Keeps the newest attempt and the one before it, whose state is `lastState`. */
  async #collectDead(observed: ObservedPod): Promise<void> {
    for (const name of new Set(observed.containers.map((container) => container.name))) {
      const dead = attemptsOf(observed, name)
        .slice(2)
        .filter((container) => !isRunning(container))
      for (const { id } of dead) await this.#world.runtime.remove(id)
    }
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
