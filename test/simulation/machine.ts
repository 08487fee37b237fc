/**
 * One node's machine: what is on it whether or not its agent runs. Containers, the agent's disk, the clock and how fast
 * everything goes. Its containers are the truth about what runs where; checkers ask it, and not the API.
 */
import { containersOf, hashOf, identityOf, kubeTime } from '../../agent/src/pods/containers.ts'
import type {
  ContainerState,
  ObservedContainer,
  ObservedPod,
  ObservedSandbox,
} from '../../agent/src/runtime/runtime.ts'
import type { Pod } from '../../src/kube/types.ts'
import type { Timeline } from './timeline.ts'
import { BROKEN_IMAGE } from './users/drafts.ts'

export interface MachineOptions {
  readonly name: string
  readonly ip: string
  readonly zone: string
  readonly cpu: string
  readonly memory: string
  readonly maxPods: number
  readonly timeline: Timeline
}

interface Held {
  readonly pod: Pod
  readonly sandboxes: ObservedSandbox[]
  containers: ObservedContainer[]
  /** By container id: when it passes its readiness probe; never, of a broken one. */
  readonly readyAt: Map<string, number>
  ip: string | undefined
}

const NOTHING: ReadonlyMap<string, number> = new Map()

export class Machine {
  readonly options: MachineOptions
  /** How far its clock is off. */
  skewMs = 0
  /** Everything takes so many times as long. */
  slowness = 1
  isCutOff = false
  /** The agent's disk: what was desired last, by uid. */
  disk: readonly Pod[] = []
  readonly #held = new Map<string, Held>()
  #counter = 0

  constructor(options: MachineOptions) {
    this.options = options
  }

  get name(): string {
    return this.options.name
  }

  /** Milliseconds since the epoch, as this machine has it. */
  now(): number {
    return this.options.timeline.now() + this.skewMs
  }

  uids(): readonly string[] {
    return [...this.#held.keys()]
  }

  /** Pods of which a container runs. */
  running(): readonly Pod[] {
    return [...this.#held.values()]
      .filter(({ containers }) => containers.some(({ state }) => state.kind === 'running'))
      .map(({ pod }) => pod)
  }

  observe(pod: Pod): ObservedPod {
    const held = this.#held.get(pod.metadata.uid)
    return { identity: identityOf(pod), sandboxes: held?.sandboxes ?? [], containers: held?.containers ?? [] }
  }

  ipOf(uid: string): string | undefined {
    return this.#held.get(uid)?.ip
  }

  isReady(uid: string, container: string): boolean {
    const at = (this.#held.get(uid)?.readyAt ?? NOTHING).get(container)
    return at !== undefined && at <= this.options.timeline.now()
  }

  /** When the next of a Pod's containers passes its probe: milliseconds from now; undefined if none will. */
  nextReadyInMs(uid: string): number | undefined {
    const now = this.options.timeline.now()
    const ahead = [...(this.#held.get(uid)?.readyAt ?? NOTHING).values()].filter((at) => at > now)
    return ahead.length > 0 ? Math.min(...ahead) - now : undefined
  }

  /** Makes a Pod's sandbox, with the first address that is free. */
  plug(pod: Pod, range: string): void {
    const id = `sandbox-${this.name}-${this.#counter++}`
    const used = new Set([...this.#held.values()].map(({ ip }) => ip))
    const prefix = range.slice(0, range.lastIndexOf('.'))
    let host = 2
    while (used.has(`${prefix}.${host}`)) host += 1
    const createdAt = kubeTime(this.now())
    const sandboxes = [{ id, attempt: 0, createdAt, isRunning: true, pid: 1 }]
    this.#held.set(pod.metadata.uid, {
      pod,
      sandboxes,
      containers: [],
      readyAt: new Map(),
      ip: `${prefix}.${host}`,
    })
  }

  /** Starts each container that does not run; it is ready after `readyInMs`, a broken one never. */
  start(pod: Pod, readyInMs: number): void {
    const held = this.#held.get(pod.metadata.uid)
    const sandbox = held?.sandboxes[0]
    if (!held || !sandbox) return
    const startedAt = kubeTime(this.now())
    for (const container of containersOf(pod)) {
      const former = held.containers.filter(({ name }) => name === container.name)
      if (former.some(({ state }) => state.kind === 'running')) continue
      const id = `${pod.metadata.uid}-${container.name}-${former.length}`
      if (container.image !== BROKEN_IMAGE) held.readyAt.set(id, this.options.timeline.now() + readyInMs)
      held.containers = [
        {
          id,
          sandboxId: sandbox.id,
          name: container.name,
          attempt: former.length,
          hash: hashOf(container),
          createdAt: startedAt,
          image: container.image ?? '',
          imageId: 'sha256:0',
          state: { kind: 'running', startedAt },
          stopSignal: 'SIGTERM',
        },
        ...held.containers,
      ]
    }
  }

  /** All that runs of a Pod comes to an end. */
  exit(uid: string, exitCode: number): void {
    const held = this.#held.get(uid)
    if (!held) return
    const finishedAt = kubeTime(this.now())
    held.containers = held.containers.map((container) => {
      if (container.state.kind !== 'running') return container
      held.readyAt.delete(container.id)
      const reason = exitCode === 0 ? 'Completed' : 'Error'
      const state: ContainerState = {
        kind: 'exited',
        exitCode,
        reason,
        startedAt: container.state.startedAt,
        finishedAt,
      }
      return { ...container, state }
    })
  }

  unplug(uid: string): void {
    const held = this.#held.get(uid)
    if (!held) return
    held.ip = undefined
    held.sandboxes.length = 0
  }

  remove(uid: string): void {
    this.#held.delete(uid)
  }

  /** Power off: nothing runs any more, but what is on the disk. */
  loseContainers(): void {
    this.#held.clear()
  }
}
