/**
 * Keeps the log to its window, and so the objects of expiring kinds (Events) to their time to live, which is as long.
 * A timer says when the oldest change leaves the window; there is none while the log is empty. In steps, each in a
 * turn of its own: a busy window is trimmed a minute's changes at a time.
 */
import type { Store } from '../store/store.ts'

const OWNER = 'retention'
/** How far back watches may begin and lists be continued, where nothing else is said; kube-apiserver's --event-ttl. */
export const WINDOW_MS = 60 * 60 * 1000
const STEP_ROWS = 200
/** Changes leave the window one by one; trimming them so often bounds the rows that the timer costs. */
const INTERVAL_MS = 60_000

export interface Retention {
  /** After a commit. */
  heed(hasChanges: boolean, now: number): void
  isDue(now: number): boolean
  /** In a transaction: one step, if it is time. */
  step(now: number): void
}

export function createRetention(store: Pick<Store, 'timers' | 'compact'>, windowMs: number = WINDOW_MS): Retention {
  const { timers } = store
  // A window shorter than that would be kept many times over.
  const intervalMs = Math.min(INTERVAL_MS, windowMs)
  const isDue = (now: number): boolean => (timers.at(OWNER, '') ?? Number.POSITIVE_INFINITY) <= now
  return {
    heed(hasChanges, now) {
      if (hasChanges && timers.at(OWNER, '') === undefined) timers.set(OWNER, '', now + windowMs)
    },
    isDue,
    step(now) {
      if (!isDue(now)) return
      const oldest = store.compact(now - windowMs, STEP_ROWS)
      // More of it is due: the timer stays as it is.
      if (oldest !== undefined && oldest + windowMs < now) return
      timers.set(OWNER, '', oldest === undefined ? undefined : Math.max(oldest + windowMs, now + intervalMs))
    },
  }
}
