/**
 * The sync loop: tells what is new here, hears what is new there. Poll is the truth: a ring, a local change or the time
 * starts a round; each round may fail and is tried again with back-off, and nothing told is lost by that.
 */
import type { SyncResponse } from '../../../src/protocol/agent.ts'
import { type BackoffLimits, retryDelay } from '../backoff.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { Signal } from '../pods/signal.ts'
import { Refused } from './client.ts'
import type { Reports } from './reports.ts'

/** Local changes come in bursts; a round waits so long for more of them. */
const GATHER_MS = 50
const RETRY = { initialMs: 500, maxMs: 30_000 }
const POLL_MS = 2000

export interface SyncLoopOptions {
  readonly reports: Reports
  readonly sync: (request: { cursor?: string; batch: ReturnType<Reports['take']>['batch'] }) => Promise<SyncResponse>
  /** The credential is not valid any more: get a new one. */
  readonly rejoin: () => Promise<void>
  readonly onAnswer: (answer: SyncResponse) => Promise<void>
  readonly hasDoorbell: () => boolean
  readonly log: Log
  readonly retry?: BackoffLimits
}

export class SyncLoop {
  readonly #options: SyncLoopOptions
  readonly #woken = new Signal()
  readonly #stopped = new Signal()
  #isWanted = false
  #isStopped = false
  #cursor: string | undefined
  #failures = 0

  constructor(options: SyncLoopOptions) {
    this.#options = options
  }

  /** There is something to tell, or to hear. */
  wake(): void {
    this.#isWanted = true
    this.#woken.fire()
  }

  stop(): void {
    this.#isStopped = true
    this.#woken.fire()
    this.#stopped.fire()
  }

  async run(): Promise<void> {
    let waitMs = 0
    while (!this.#isStopped) {
      if (!this.#isWanted) await this.#woken.wait(waitMs)
      if (this.#isStopped) return
      if (this.#isWanted) await this.#pause(GATHER_MS)
      if (this.#isStopped) return
      this.#isWanted = false
      waitMs = await this.#round()
    }
  }

  /** Answers how long to wait for a reason to begin the next. */
  async #round(): Promise<number> {
    const { reports, sync, onAnswer, rejoin, hasDoorbell, log } = this.#options
    const { batch, putBack } = reports.take()
    try {
      const answer = await sync({ ...(this.#cursor ? { cursor: this.#cursor } : {}), batch })
      this.#cursor = answer.cursor
      this.#failures = 0
      await onAnswer(answer)
      return hasDoorbell() ? answer.idleMs : answer.pollMs
    } catch (error) {
      putBack()
      this.#failures += 1
      log.warn({ error: messageOf(error), failures: this.#failures }, 'the control plane could not be asked')
      if (error instanceof Refused && error.status === 401) {
        // Whoever lets us in anew may not know what we have heard.
        this.#cursor = undefined
        await rejoin().catch((failure: unknown) => log.warn({ error: messageOf(failure) }, 'rejoining failed'))
      }
      // A ring or a local change does not cut it short: the control plane may be struggling.
      await this.#pause(retryDelay(this.#failures - 1, Math.random, this.#options.retry ?? RETRY))
      this.#isWanted = true
      return POLL_MS
    }
  }

  async #pause(ms: number): Promise<void> {
    if (!this.#isStopped) await this.#stopped.wait(ms)
  }
}
