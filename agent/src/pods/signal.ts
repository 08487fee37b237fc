/** Waiting for something to change, or for a time, whichever comes first. */
export class Signal {
  readonly #waiters = new Set<() => void>()

  fire(): void {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const wake of waiters) wake()
  }

  /** Settles at the next `fire`, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiters.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.min(timeoutMs, MAX_TIMEOUT_MS))
      this.#waiters.add(wake)
    })
  }
}

/** Node's timers take no more; about 24 days. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1
