/**
 * The simulation's clock and everything that will happen: one event a step, the earliest first. Events of one instant
 * happen in an order drawn by lot, as nothing orders them in the world either.
 */
import type { Clock } from '../../src/cluster/apiserver/operations.ts'
import type { Chance } from './random.ts'

export interface Timeline extends Clock {
  /** What happens, for a trace, and when: milliseconds from now. Answers how to call it off. */
  after(ms: number, what: string, happen: () => void): () => void
  /** Lets the next event happen; answers what it was. The clock never goes back. */
  step(): string | undefined
}

interface Happening {
  readonly at: number
  readonly lot: number
  readonly what: string
  /** Undefined once it was called off. */
  happen: (() => void) | undefined
}

export function createTimeline(start: number, chance: Chance): Timeline {
  const heap: Happening[] = []
  let now = start

  return {
    now: () => now,
    after(ms, what, happen) {
      const happening: Happening = { at: now + Math.max(0, Math.floor(ms)), lot: chance.next(), what, happen }
      push(heap, happening)
      return () => {
        happening.happen = undefined
      }
    },
    step() {
      for (let next = pop(heap); next; next = pop(heap)) {
        if (!next.happen) continue
        now = Math.max(now, next.at)
        next.happen()
        return next.what
      }
      return undefined
    },
  }
}

const isBefore = (a: Happening, b: Happening): boolean => a.at < b.at || (a.at === b.at && a.lot < b.lot)

function push(heap: Happening[], happening: Happening): void {
  let at = heap.length
  heap.push(happening)
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent]
    if (!above || !isBefore(happening, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = happening
}

function pop(heap: Happening[]): Happening | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (!first || !last || heap.length === 0) return first
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    const a = heap[left]
    const b = heap[left + 1]
    if (!a) break
    const [child, index] = b && isBefore(b, a) ? [b, left + 1] : [a, left]
    if (!isBefore(child, last)) break
    heap[at] = child
    at = index
  }
  heap[at] = last
  return first
}
