/**
 * A piece of synchronous work that may depend on what somebody outside says (a webhook). It never waits: where an answer
 * is missing it throws CalloutsNeeded and is rolled back, the outside is asked, and the work is done anew from the
 * beginning with what is known now. So a transaction stays one turn however slow a webhook is, and what is committed is
 * what the webhooks were shown: had anything changed meanwhile, the question would be another, and asked again.
 */
import type { Clock, Random } from '../apiserver/operations.ts'

/** What is asked outside. */
export interface Callout<T> {
  /** Tells it from all others of an attempt; what is asked is part of it. */
  readonly key: string
  /** Throws a StatusError where no answer may stand for one. */
  readonly ask: () => Promise<T>
}

/** Thrown by work that can't go on before these have been answered. */
export class CalloutsNeeded extends Error {
  readonly callouts: readonly Callout<unknown>[]
  constructor(callouts: readonly Callout<unknown>[]) {
    super('somebody outside must be asked first')
    this.name = 'CalloutsNeeded'
    this.callouts = callouts
  }
}

export interface Answers {
  /** In the order of the questions. Throws CalloutsNeeded with all that have no answer yet. */
  of<T>(callouts: readonly Callout<T>[]): T[]
}

export interface Attempt {
  readonly answers: Answers
  /** Chance and time are the same in every run, so that what is shown outside and what is written are one. */
  run<T>(work: () => T): T
  /** A part of a run with chance of its own: what one part draws, more or less of it, changes nothing for the next. */
  part<T>(index: number, work: () => T): T
  /** Asks what a run was missing. Rejects with what the asking throws. */
  ask(needed: CalloutsNeeded): Promise<void>
  /** What was answered holds for nothing that comes after. */
  forget(): void
}

export interface Attempts {
  begin(): Attempt
  /** Those of the run that is on, or simply the next. */
  readonly random: Random
  readonly clock: Clock
}

/** Does all of some work, so that what is missing is asked for together. Throws CalloutsNeeded with all of it. */
export function forEachGathering<T>(items: Iterable<T>, work: (item: T) => void): void {
  const missing: Callout<unknown>[] = []
  for (const item of items) {
    try {
      work(item)
    } catch (error) {
      if (error instanceof CalloutsNeeded) missing.push(...error.callouts)
      // What comes later may fail only because what went before was not done; it is all done anew.
      else if (missing.length === 0) throw error
    }
  }
  if (missing.length > 0) throw new CalloutsNeeded(missing)
}

/** As often as a read may find that it needs more: what was answered is remembered, and there is an end to it. */
const MAX_READS = 16

/** Does work that only reads, anew after each time that somebody outside had to be asked. */
export async function answering<T>(work: () => T): Promise<T> {
  for (let run = 1; ; run++) {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof CalloutsNeeded) || run === MAX_READS) throw error
      await askAll(error)
    }
  }
}

/** Together, for those that can be answered together. Rejects with what the asking throws. */
export async function askAll({ callouts }: CalloutsNeeded): Promise<void> {
  await Promise.all(callouts.map((callout) => callout.ask()))
}

/** Questions asked at a time of one attempt. */
const AT_ONCE = 16

export function createAttempts(random: Random, clock: Clock): Attempts {
  let current: Tape | undefined

  function play<T>(tape: Tape, work: () => T): T {
    const outer = current
    tape.rewind()
    current = tape
    try {
      return work()
    } finally {
      current = outer
    }
  }

  return {
    random: { next: () => (current ?? random).next(), uuid: () => (current ?? random).uuid() },
    clock: { now: () => (current ?? clock).now() },
    begin() {
      const known = new Map<string, unknown>()
      const tape = createTape(random, clock)
      return {
        answers: {
          of<T>(callouts: readonly Callout<T>[]): T[] {
            const missing = callouts.filter(({ key }) => !known.has(key))
            if (missing.length > 0) throw new CalloutsNeeded(missing)
            // Only ask() of the callout with that key has put it there.
            return callouts.map(({ key }) => known.get(key) as T)
          },
        },
        run: (work) => play(tape, work),
        part: (index, work) => play((current ?? tape).part(index), work),
        async ask({ callouts }) {
          const waiting = [...new Map(callouts.map((callout) => [callout.key, callout])).values()]
          const askNext = async (): Promise<void> => {
            for (let next = waiting.shift(); next; next = waiting.shift()) known.set(next.key, await next.ask())
          }
          await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, askNext))
        },
        forget() {
          known.clear()
          tape.erase()
        },
      }
    },
  }
}

interface Tape extends Random, Clock {
  part(index: number): Tape
  rewind(): void
  erase(): void
}

function createTape(random: Random, clock: Clock): Tape {
  const numbers = createTrack(random.next)
  const uuids = createTrack(random.uuid)
  const parts = new Map<number, Tape>()
  let time: number | undefined
  const now = (): number => {
    time ??= clock.now()
    return time
  }
  return {
    part(index) {
      const part = parts.get(index) ?? createTape(random, { now })
      parts.set(index, part)
      return part
    },
    next: numbers.play,
    uuid: uuids.play,
    now,
    rewind() {
      numbers.rewind()
      uuids.rewind()
    },
    erase() {
      numbers.erase()
      uuids.erase()
      parts.clear()
      time = undefined
    },
  }
}

function createTrack<T>(fresh: () => T) {
  const drawn: T[] = []
  let at = 0
  return {
    play(): T {
      const known = drawn[at]
      const value = known === undefined ? fresh() : known
      drawn[at++] = value
      return value
    },
    rewind() {
      at = 0
    },
    erase() {
      drawn.length = 0
      at = 0
    },
  }
}
