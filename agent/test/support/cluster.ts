/** The test's side of the stand-in: tells it what to want, and keeps what the agent said. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Pod } from '../../../src/kube/types.ts'
import type { AgentEvent, SyncRequest } from '../../../src/protocol/agent.ts'
import { ended, type Host } from './host.ts'
import { until } from './until.ts'
import { KINDS, type Kind, type Wish, type WishObject } from './wishes.ts'

export const PORT = 8099

type Message = { kind: 'ready'; ca: string } | { kind: 'doorbell' } | { kind: 'sync'; request: SyncRequest }

export class FakeCluster {
  readonly #host: Host
  readonly #objects = new Map<string, Wish>()
  readonly syncs: SyncRequest[] = []
  readonly events: AgentEvent[] = []
  readonly statuses = new Map<string, Pod['status']>()
  readonly ended = new Set<string>()
  node: SyncRequest['node']
  ca = ''
  #process: ChildProcess | undefined

  constructor(host: Host) {
    this.#host = host
  }

  async start(): Promise<void> {
    const script = join(import.meta.dirname, 'control-plane-process.ts')
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
    const child = this.#host.start(process.execPath, [script, String(PORT)], { stdio: [...stdio] })
    this.#process = child
    let isReady = false
    child.on('message', (message: Message) => {
      if (message.kind === 'ready') {
        isReady = true
        this.ca = message.ca
      }
      if (message.kind === 'sync') this.#take(message.request)
    })
    await until('the stand-in listens', 10_000, () => isReady)
    for (const wish of this.#objects.values()) child.send(wish)
  }

  /** Gone, as when the control plane cannot be reached. */
  async stop(): Promise<void> {
    if (this.#process) await ended(this.#process, 'SIGKILL')
  }

  put(kind: Kind, object: WishObject): void {
    const { namespace = '', name } = object.metadata
    this.#send({ kind, key: { namespace, name }, object })
  }

  remove(kind: Kind, key: Wish['key']): void {
    this.#send({ kind, key })
  }

  clear(): void {
    for (const { kind, key, object } of [...this.#objects.values()])
      if (object && KINDS.includes(kind)) this.remove(kind, key)
  }

  /** The watch that somebody holds says its last frame. */
  endWatch(): void {
    this.#process?.send('end-watch')
  }

  status(name: string): Pod['status'] | undefined {
    return this.statuses.get(name)
  }

  ready(name: string): boolean {
    return this.status(name)?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  }

  reasonsOf(name: string): string[] {
    return this.events.filter(({ about }) => about.name === name).map(({ reason }) => reason)
  }

  #send(wish: Wish): void {
    this.#objects.set(`${wish.kind}/${wish.key.namespace}/${wish.key.name}`, wish)
    if (this.#process?.connected) this.#process.send(wish)
  }

  #take(request: SyncRequest): void {
    this.syncs.push(request)
    this.events.push(...request.events)
    if (request.node) this.node = request.node
    for (const { namespace, name, status } of request.pods) {
      this.statuses.set(name, status)
      const held = this.#objects.get(`pods/${namespace}/${name}`)
      if (held?.object) this.#objects.set(`pods/${namespace}/${name}`, { ...held, object: { ...held.object, status } })
    }
    for (const { namespace, name } of request.ended) {
      this.ended.add(name)
      this.#objects.delete(`pods/${namespace}/${name}`)
    }
  }
}
