/** Runs the probes of one Pod's containers and remembers what they say. Tells its owner when a verdict turned. */
import type { Container, Probe } from '../pods/containers.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { perform } from './actions.ts'
import { afterResult, initialState, type ProbeKind, type ProbeState } from './probe-state.ts'

export interface ProberOwner {
  readonly runtime: Runtime
  podIp(): string
  /** A probe failed: the Unhealthy event. */
  onFailure(container: Container, kind: ProbeKind, message: string): void
  onTurn(): void
}

/** A running container; `before`: what was last reported of this very container. */
export interface Followed {
  readonly container: Container
  readonly id: string
  readonly startedAt: number
  readonly before?: { readonly isReady: boolean; readonly isStarted: boolean }
}

interface Running {
  readonly containerId: string
  readonly container: Container
  readonly kind: ProbeKind
  readonly probe: Probe
  readonly startedAt: number
  state: ProbeState
  timer: NodeJS.Timeout | undefined
  isStopped: boolean
}

const KINDS: readonly ProbeKind[] = ['startup', 'liveness', 'readiness']

export class Prober {
  readonly #owner: ProberOwner
  readonly #running = new Map<string, Running>()

  constructor(owner: ProberOwner) {
    this.#owner = owner
  }

  /** Probes exactly these running containers from now on; idempotent. */
  follow(containers: readonly Followed[]): void {
    const wanted = new Set<string>()
    for (const { container, id, startedAt, before } of containers) {
      for (const kind of KINDS) {
        const probe = probeOf(container, kind)
        if (!probe) continue
        const key = keyOf(id, kind)
        wanted.add(key)
        if (!this.#running.has(key)) this.#begin(key, { container, containerId: id, kind, probe, startedAt }, before)
      }
    }
    for (const [key, running] of this.#running) if (!wanted.has(key)) this.#end(key, running)
  }

  isStarted(container: Container, id: string): boolean {
    return !container.startupProbe || this.#verdict(id, 'startup') === 'success'
  }

  isReady(container: Container, id: string): boolean {
    if (!this.isStarted(container, id)) return false
    return !container.readinessProbe || this.#verdict(id, 'readiness') === 'success'
  }

  /** The probe that gave the container up for good, if one did. */
  failedFor(id: string): 'startup' | 'liveness' | undefined {
    if (this.#verdict(id, 'startup') === 'failure') return 'startup'
    return this.#verdict(id, 'liveness') === 'failure' ? 'liveness' : undefined
  }

  stop(): void {
    for (const [key, running] of this.#running) this.#end(key, running)
  }

  /** A container that is being stopped is no longer asked whether it lives, but still whether it is ready. */
  stopLiveness(): void {
    for (const [key, running] of this.#running) if (running.kind !== 'readiness') this.#end(key, running)
  }

  #verdict(id: string, kind: ProbeKind) {
    return this.#running.get(keyOf(id, kind))?.state.verdict
  }

  /** An adopted container keeps the verdicts it had: the agent's restart makes no Pod unready. */
  #begin(key: string, what: Omit<Running, 'state' | 'timer' | 'isStopped'>, before: Followed['before']): void {
    const hadPassed = (what.kind === 'readiness' && before?.isReady) || (what.kind === 'startup' && before?.isStarted)
    const state: ProbeState = hadPassed ? { verdict: 'success', run: 0 } : initialState(what.kind)
    const running: Running = { ...what, state, timer: undefined, isStopped: false }
    this.#running.set(key, running)
    this.#schedule(running, Math.max(0, what.startedAt + (what.probe.initialDelaySeconds ?? 0) * 1000 - Date.now()))
  }

  #end(key: string, running: Running): void {
    running.isStopped = true
    clearTimeout(running.timer)
    this.#running.delete(key)
  }

  #schedule(running: Running, delayMs: number): void {
    clearTimeout(running.timer)
    running.timer = setTimeout(() => void this.#probe(running), delayMs)
  }

  async #probe(running: Running): Promise<void> {
    const { container, containerId, kind, probe } = running
    const periodMs = (probe.periodSeconds ?? 10) * 1000
    const isStarted = this.isStarted(container, containerId)
    // The startup probe goes first, alone; when it has passed it has nothing more to say.
    if (kind === 'startup' ? isStarted : !isStarted) {
      if (kind !== 'startup') this.#schedule(running, Math.min(periodMs, 1000))
      return
    }
    const began = Date.now()
    const result = await perform(probe, {
      runtime: this.#owner.runtime,
      containerId,
      container,
      podIp: this.#owner.podIp(),
      timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
    })
    if (running.isStopped) return
    const before = running.state.verdict
    running.state = afterResult(running.state, result.isSuccess ? 'success' : 'failure', {
      success: probe.successThreshold ?? 1,
      failure: probe.failureThreshold ?? 3,
    })
    if (!result.isSuccess) this.#owner.onFailure(container, kind, result.message)
    const { verdict } = running.state
    if (verdict !== before) this.#owner.onTurn()
    // Given up for good: the container is about to be killed, and its successor is probed anew.
    if (verdict === 'failure' && kind !== 'readiness') return
    if (kind === 'startup' && verdict === 'success') return this.#probeNow(containerId)
    this.#schedule(running, Math.max(0, began + periodMs - Date.now()))
  }

  /** Once started, the others need not wait out their period. */
  #probeNow(containerId: string): void {
    for (const running of this.#running.values()) {
      if (running.containerId === containerId && running.kind !== 'startup') this.#schedule(running, 0)
    }
  }
}

const keyOf = (id: string, kind: ProbeKind): string => `${kind}/${id}`

function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  switch (kind) {
    case 'startup':
      return container.startupProbe
    case 'liveness':
      return container.livenessProbe
    case 'readiness':
      return container.readinessProbe
  }
}
