/** The doorbell: a socket that rings when there is news. Its pings are the node's heartbeat. Polling works without it. */
import WebSocket from 'ws'
import type { TunnelRequest, TunnelResponse } from '../../../src/protocol/agent.ts'
import { retryDelay } from '../backoff.ts'
import { type Log, messageOf } from '../log.ts'
import { trustedBy } from './client.ts'

const PING_MS = 10_000
const PONG_MS = 10_000
const RETRY = { initialMs: 1000, maxMs: 60_000 }

export interface DoorbellOptions {
  readonly server: string
  readonly ca: string | undefined
  readonly credential: () => string
  readonly onRing: () => void
  readonly tunnel: (request: TunnelRequest) => Promise<TunnelResponse>
  readonly log: Log
}

export class Doorbell {
  readonly #options: DoorbellOptions
  #socket: WebSocket | undefined
  #timer: NodeJS.Timeout | undefined
  #attempt = 0
  #isStopped = false
  #isOpen = false

  constructor(options: DoorbellOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  start(): void {
    if (this.#isStopped) return
    const { server, ca, credential, onRing, log } = this.#options
    const socket = new WebSocket(`${server.replace(/^http/, 'ws')}/agent/v1/doorbell`, {
      headers: { authorization: `Bearer ${credential()}` },
      ca: trustedBy(ca),
      handshakeTimeout: PONG_MS,
    })
    this.#socket = socket
    let silence: NodeJS.Timeout | undefined
    const beat = () => {
      socket.send('ping')
      silence = setTimeout(() => socket.terminate(), PONG_MS)
    }
    socket.on('open', () => {
      this.#isOpen = true
      this.#attempt = 0
      this.#timer = setInterval(beat, PING_MS)
      beat()
      // News may have come while nobody could ring.
      onRing()
    })
    socket.on('message', (data) => {
      const text = String(data)
      if (text === 'pong') clearTimeout(silence)
      else if (text.startsWith('{')) void this.#passOn(socket, text)
      else onRing()
    })
    socket.on('error', (error) => log.debug({ error: error.message }, 'the doorbell broke'))
    socket.on('close', () => {
      this.#isOpen = false
      clearInterval(this.#timer)
      clearTimeout(silence)
      this.#retry()
    })
  }

  async #passOn(socket: WebSocket, text: string): Promise<void> {
    const { tunnel, log } = this.#options
    try {
      // Both sides are of one protocol, whose types these are.
      const response = await tunnel(JSON.parse(text) as TunnelRequest)
      socket.send(JSON.stringify(response))
    } catch (error) {
      log.debug({ error: messageOf(error) }, 'a call through this node came to nothing')
    }
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#socket?.terminate()
  }

  #retry(): void {
    if (this.#isStopped) return
    const delay = retryDelay(this.#attempt, Math.random, RETRY)
    this.#attempt += 1
    this.#timer = setTimeout(() => this.start(), delay)
  }
}
