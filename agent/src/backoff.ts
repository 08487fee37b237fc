/**
 * Delays that double, per key, as client-go's flowcontrol.Backoff does for the kubelet: container restarts and image
 * pulls (10 s, 20 s, ... 5 min; forgotten when nothing failed for 10 min).
 */
export interface BackoffLimits {
  readonly initialMs: number
  readonly maxMs: number
}

/** The kubelet's figures for restarts (MaxContainerBackOff) and for pulls. */
export const RESTART_BACKOFF: BackoffLimits = { initialMs: 10_000, maxMs: 300_000 }

interface Entry {
  delayMs: number
  updatedAt: number
}

export class Backoff {
  readonly #entries = new Map<string, Entry>()
  readonly #limits: BackoffLimits

  constructor(limits: BackoffLimits) {
    this.#limits = limits
  }

  /** The delay that the next attempt after the event is held back by; 0 while the key is new. */
  delayOf(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0
  }

  /** How long to wait yet: the delay counts from the failure at `eventAt`. 0 means: go. */
  remaining(key: string, { eventAt, now }: { eventAt: number; now: number }): number {
    const entry = this.#entries.get(key)
    if (!entry || this.#hasExpired(entry, eventAt)) return 0
    return Math.max(0, eventAt + entry.delayMs - now)
  }

  /** How long to wait yet, counted from the last attempt itself (image pulls). */
  remainingSinceAttempt(key: string, now: number): number {
    const entry = this.#entries.get(key)
    return entry ? this.remaining(key, { eventAt: entry.updatedAt, now }) : 0
  }

  /** An attempt starts: the delay after its failure is twice the last one. */
  next(key: string, { eventAt, now }: { eventAt: number; now: number }): void {
    const entry = this.#entries.get(key)
    const isFirst = !entry || this.#hasExpired(entry, eventAt)
    const delayMs = isFirst ? this.#limits.initialMs : Math.min(entry.delayMs * 2, this.#limits.maxMs)
    this.#entries.set(key, { delayMs, updatedAt: now })
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key)
  }

  #hasExpired(entry: Entry, eventAt: number): boolean {
    return eventAt - entry.updatedAt > 2 * this.#limits.maxMs
  }
}

/** For retries towards the control plane: exponential with full jitter in its upper half, so that a fleet spreads. */
export function retryDelay(attempt: number, random: () => number, { initialMs, maxMs }: BackoffLimits): number {
  const ceiling = Math.min(maxMs, initialMs * 2 ** Math.min(attempt, 20))
  return ceiling / 2 + (random() * ceiling) / 2
}

/** `10s`, `1m20s`, `5m0s`: how Go prints a duration of whole seconds. */
export function goDuration(ms: number): string {
  const seconds = ms / 1000
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = Number((seconds % 60).toFixed(3))
  if (hours > 0) return `${hours}h${minutes}m${rest}s`
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`
}
