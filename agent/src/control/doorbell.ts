/** The doorbell: a WebSocket that says when there is news, and whose pings are the node's heartbeat. */
import WebSocket from 'ws'
import { retryDelay } from '../backoff.ts'
import { type Log, messageOf } from '../log.ts'

export interface DoorbellOptions {
  url(): URL
  credential(): string | undefined
  readonly ca: readonly string[] | undefined
  readonly log: Log
  onRing(): void
  random(): number
}

const PING_EVERY_MS = 10_000
const PONG_WITHIN_MS = 10_000
const RETRY = { initialMs: 1000, maxMs: 30_000 }

export class Doorbell {
  readonly #options: DoorbellOptions
  #socket: WebSocket | undefined
  #retry: NodeJS.Timeout | undefined
  #failures = 0
  #isOpen = false
  #isStopped = false

  constructor(options: DoorbellOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  start(): void {
    this.#connect()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#retry)
    this.#socket?.terminate()
  }

  #connect(): void {
    const { url, credential, ca, log } = this.#options
    const address = url()
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(address, {
      headers: { authorization: `Bearer ${credential() ?? ''}` },
      handshakeTimeout: PONG_WITHIN_MS,
      ...(ca ? { ca: [...ca] } : {}),
    })
    this.#socket = socket
    const heart = new Heart(socket)
    socket.on('open', () => {
      this.#isOpen = true
      this.#failures = 0
      heart.start()
      // Rings may have been missed while nobody listened.
      this.#options.onRing()
    })
    socket.on('message', (data) => {
      if (String(data) === 'pong') heart.ponged()
      else this.#options.onRing()
    })
    socket.on('error', (error) => log.debug({ error: messageOf(error) }, 'doorbell'))
    socket.on('close', () => {
      heart.stop()
      this.#isOpen = false
      if (this.#isStopped) return
      this.#failures++
      this.#retry = setTimeout(() => this.#connect(), retryDelay(this.#failures - 1, this.#options.random, RETRY))
    })
  }
}

/** Pings regularly and hangs up when no pong comes: a dead connection looks open otherwise. */
class Heart {
  readonly #socket: WebSocket
  #beat: NodeJS.Timeout | undefined
  #overdue: NodeJS.Timeout | undefined

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  start(): void {
    this.#ping()
    this.#beat = setInterval(() => this.#ping(), PING_EVERY_MS)
  }

  ponged(): void {
    clearTimeout(this.#overdue)
    this.#overdue = undefined
  }

  stop(): void {
    clearInterval(this.#beat)
    clearTimeout(this.#overdue)
  }

  #ping(): void {
    this.#socket.send('ping')
    this.#overdue ??= setTimeout(() => this.#socket.terminate(), PONG_WITHIN_MS)
  }
}
