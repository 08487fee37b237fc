/**
 * Talks with the control plane: at once when there is news here or there, else from time to time. Poll is the truth;
 * a ring only makes it prompt. Whatever fails is tried again, and what was to be told is told then.
 */
import type { SyncRequest, SyncResponse } from '../../../src/protocol/agent.ts'
import { retryDelay } from '../backoff.ts'
import { type Log, messageOf } from '../log.ts'
import { Signal } from '../pods/signal.ts'
import { ControlError } from './http.ts'
import type { Outbox } from './outbox.ts'

export interface SyncLoopOptions {
  readonly outbox: Outbox
  readonly log: Log
  sync(request: SyncRequest): Promise<SyncResponse>
  /** The credential was refused. */
  rejoin(): Promise<unknown>
  /** Whether rings come through, so that polling may be slow. */
  hasDoorbell(): boolean
  onAnswer(answer: SyncResponse): Promise<void>
  random(): number
}

/** Statuses that change together go together. */
const DEBOUNCE_MS = 50
const RETRY = { initialMs: 500, maxMs: 30_000 }
/** Until the first answer says how often. */
const DEFAULT_POLL_MS = 5000

export class SyncLoop {
  readonly #options: SyncLoopOptions
  readonly #rung = new Signal()
  #hasNews = false
  #isStopped = false
  #cursor: string | undefined
  #idleMs = DEFAULT_POLL_MS
  #pollMs = DEFAULT_POLL_MS
  #failures = 0

  constructor(options: SyncLoopOptions) {
    this.#options = options
  }

  /** There is something to say, or to hear. */
  poke(): void {
    this.#hasNews = true
    this.#rung.fire()
  }

  stop(): void {
    this.#isStopped = true
    this.#rung.fire()
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      this.#hasNews = false
      const waitMs = await this.#turn()
      await this.#pause(waitMs)
    }
  }

  /** News cuts a regular wait short, but never a back-off: an unwell control plane is not helped by more calls. */
  async #pause(waitMs: number): Promise<void> {
    const until = Date.now() + waitMs
    const mayCutShort = this.#failures === 0
    while (!this.#isStopped && Date.now() < until) {
      if (mayCutShort && this.#hasNews) {
        await new Promise((resolve) => setTimeout(resolve, DEBOUNCE_MS))
        return
      }
      await this.#rung.wait(until - Date.now())
    }
  }

  async #turn(): Promise<number> {
    const { outbox, log } = this.#options
    const letter = outbox.take()
    let answer: SyncResponse
    try {
      answer = await this.#options.sync({ ...(this.#cursor ? { cursor: this.#cursor } : {}), ...letter.news })
    } catch (error) {
      letter.undo()
      return this.#afterFailure(error)
    }
    letter.done()
    if (this.#failures > 0) log.info('the control plane answers again')
    this.#failures = 0
    this.#cursor = answer.cursor
    this.#idleMs = answer.idleMs
    this.#pollMs = answer.pollMs
    await this.#options.onAnswer(answer)
    if (!outbox.isEmpty) return 0
    return this.#options.hasDoorbell() ? this.#idleMs : this.#pollMs
  }

  async #afterFailure(error: unknown): Promise<number> {
    const { log } = this.#options
    this.#failures++
    log.warn({ error: messageOf(error), failures: this.#failures }, 'sync failed')
    if (error instanceof ControlError && error.code === 401) {
      await this.#options.rejoin().then(
        () => {
          this.#cursor = undefined
        },
        (refusal: unknown) => log.error({ error: messageOf(refusal) }, 'cannot join again'),
      )
    }
    // The server no longer knows the cursor (compacted, restored): begin anew.
    if (error instanceof ControlError && error.code === 410) this.#cursor = undefined
    return retryDelay(this.#failures - 1, this.#options.random, RETRY)
  }
}
