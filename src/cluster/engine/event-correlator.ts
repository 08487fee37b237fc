/**
 * Keeps Events few, as client-go's EventCorrelator does: an equal one is counted up; from the eleventh that differs in
 * its message only they are one; and who says too much about an object is not heard for a while. Memory only: after a
 * sleep the object begins anew, which costs a few Events more.
 * https://pkg.go.dev/k8s.io/client-go/tools/record#EventCorrelator
 */
import type { Key } from '../../kube/object.ts'

export interface Occurrence {
  /** Who says it, about which object, of which type and reason. */
  readonly group: string
  /** Who says it, about which object. */
  readonly subject: string
  readonly message: string
}

export type Correlated =
  | { readonly as: 'new'; readonly message: string; readonly id: string }
  | { readonly as: 'again'; readonly key: Key; readonly message: string }
  | { readonly as: 'too-many' }

const SAME_MS = 10 * 60 * 1000
/** Messages of one group within SAME_MS before they are combined. */
const MAX_MESSAGES = 10
/** Of one subject at once; after that one in REFILL_MS. */
const BURST = 25
const REFILL_MS = 5 * 60 * 1000
/** Things remembered of each sort; the oldest are forgotten, and then begin anew. */
const MAX_REMEMBERED = 4096

export interface EventCorrelator {
  correlate(occurrence: Occurrence, now: number): Correlated
  /** What came of a `new` one. */
  wrote(id: string, key: Key, now: number): void
}

export function createEventCorrelator(): EventCorrelator {
  const written = new Map<string, { readonly key: Key; readonly at: number }>()
  const messages = new Map<string, { readonly seen: Set<string>; at: number }>()
  const allowances = new Map<string, { tokens: number; at: number }>()

  const isAllowed = (subject: string, now: number): boolean => {
    const former = allowances.get(subject) ?? { tokens: BURST, at: now }
    const tokens = Math.min(BURST, former.tokens + (now - former.at) / REFILL_MS)
    remember(allowances, subject, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now })
    return tokens >= 1
  }

  const combined = ({ group, message }: Occurrence, now: number): string | undefined => {
    const known = messages.get(group)
    const held = known && now - known.at < SAME_MS ? known : { seen: new Set<string>(), at: now }
    held.at = now
    if (held.seen.size <= MAX_MESSAGES) held.seen.add(message)
    remember(messages, group, held)
    return held.seen.size > MAX_MESSAGES ? `(combined from similar events): ${message}` : undefined
  }

  return {
    correlate(occurrence, now) {
      const together = combined(occurrence, now)
      const message = together ?? occurrence.message
      const id = `${occurrence.group}\n${together === undefined ? message : ''}`
      if (!isAllowed(occurrence.subject, now)) return { as: 'too-many' }
      const known = written.get(id)
      return known && now - known.at < SAME_MS ? { as: 'again', key: known.key, message } : { as: 'new', message, id }
    },
    wrote: (id, key, now) => remember(written, id, { key, at: now }),
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= MAX_REMEMBERED) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
