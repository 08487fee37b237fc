/** All chance of a simulation, from one seed: the same seed gives the same history. */
import type { Random } from '../../src/cluster/apiserver/operations.ts'

export interface Chance extends Random {
  /** At least 0, below `bound`. */
  int(bound: number): number
  /** Milliseconds, or any whole number, from `low` to `high` inclusive. */
  between(low: number, high: number): number
  /** True in so many of a hundred cases. */
  percent(percent: number): boolean
  pick<const T>(list: readonly T[]): T
  /** Undefined of an empty list. */
  some<T>(list: readonly T[]): T | undefined
  /** Another source, whose draws do not move this one. */
  fork(): Chance
}

export function createChance(seed: number): Chance {
  const next = sfc32(seed)
  const int = (bound: number): number => Math.floor(next() * bound)
  const hex = (digits: number): string => Array.from({ length: digits }, () => int(16).toString(16)).join('')
  return {
    next,
    int,
    between: (low, high) => low + int(high - low + 1),
    percent: (percent) => next() * 100 < percent,
    pick(list) {
      const picked = list[int(list.length)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
    some: (list) => list[int(list.length)],
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    fork: () => createChance(int(2 ** 31)),
  }
}

/** Chris Doty-Humphrey's small fast counter generator: passes PractRand, and has a state one can print. */
function sfc32(seed: number): () => number {
  let a = seed | 0
  let b = (seed / 2 ** 32) | 0
  let c = 0x9e3779b9 | 0
  let counter = 1
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 2 ** 32
  }
  // The first draws of like seeds are alike.
  for (let round = 0; round < 12; round++) next()
  return next
}
