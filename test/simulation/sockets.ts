/** Both ends of simulated sockets: what one sends arrives in order, some time later, or not at all. */
import type { Socket, Sockets } from '../../src/cluster/sockets.ts'
import type { Chance } from './random.ts'
import type { Timeline } from './timeline.ts'

/** What the far end does with what arrives. */
export interface FarEnd {
  message(message: string | Uint8Array): void
  closed(): void
}

const LATENCY_MS = 40

/** The object's end, with what the platform keeps of it while the object sleeps. */
export class SimulatedSocket implements Socket {
  lastPingAt: number | undefined
  isOpen = true
  #attachment: unknown
  readonly #outbox: (string | Uint8Array)[] = []
  readonly #options: SocketOptions

  constructor(options: SocketOptions) {
    this.#options = options
  }

  send(message: string | Uint8Array): void {
    if (!this.isOpen) throw new Error('the socket is closed')
    this.#options.hold(() => this.#post(message))
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    const { timeline, chance, far } = this.#options
    timeline.after(chance.int(LATENCY_MS), 'a socket closes', () => far.closed())
  }

  serializeAttachment(value: unknown): void {
    this.#attachment = structuredClone(value)
  }

  deserializeAttachment(): unknown {
    return structuredClone(this.#attachment)
  }

  #post(message: string | Uint8Array): void {
    const { timeline, chance, far } = this.#options
    this.#outbox.push(message)
    timeline.after(chance.int(LATENCY_MS), 'a socket is heard', () => {
      const first = this.#outbox.shift()
      if (first !== undefined && this.isOpen) far.message(first)
    })
  }
}

export interface SocketOptions {
  readonly timeline: Timeline
  readonly chance: Chance
  readonly far: FarEnd
  /** What leaves the object waits until all that it wrote before is durable. */
  readonly hold: (output: () => void) => void
}

/** The platform's list of open sockets. */
export class SocketList implements Sockets {
  #open: { readonly socket: SimulatedSocket; readonly tags: readonly string[] }[] = []

  accept(socket: Socket, tags: string[]): void {
    // In the simulation all sockets are of this kind.
    this.#open.push({ socket: socket as SimulatedSocket, tags })
  }

  tagged(tag: string): readonly SimulatedSocket[] {
    this.#open = this.#open.filter(({ socket }) => socket.isOpen)
    return this.#open.filter(({ tags }) => tags.includes(tag)).map(({ socket }) => socket)
  }

  lastPing(socket: Socket): number | undefined {
    return (socket as SimulatedSocket).lastPingAt
  }

  /** The machine is gone: every socket breaks. */
  breakAll(): void {
    for (const { socket } of this.#open) socket.close()
    this.#open = []
  }
}
