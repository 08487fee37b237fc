/**
 * Tells many watches of a change a step a turn: what a step sends is on its way to the clients before the next begins.
 * Sent all at once, every frame would pass each stage of its way before the first left. The next change ends the wait:
 * what is left of the one before is then told at once, for in a busy cluster a turn is long in coming.
 * Must not know watches.
 */

/** So many changes at once are a busy cluster's, in which nobody had better wait for a turn: they are told without steps. */
const BUSY_CHANGES = 8

export interface FanOut {
  /** Begins at once; a `yield` ends a step. `changes`: how many it tells of. */
  run(job: Generator<undefined>, changes: number): void
}

/** `later`: runs work in a turn of its own. */
export function createFanOut(later: (work: () => void) => void): FanOut {
  let current: Generator<undefined> | undefined

  /** One that throws is at its end. */
  function step(job: Generator<undefined>): boolean {
    let isOver = true
    try {
      isOver = job.next().done === true
    } finally {
      if (isOver) current = undefined
    }
    return !isOver
  }

  function finish(): void {
    while (current && step(current));
  }

  /** Of no job but this: that of a job which has been finished meanwhile does nothing. */
  function goOn(job: Generator<undefined>): void {
    if (job === current && step(job)) later(() => goOn(job))
  }

  return {
    run(job, changes) {
      finish()
      current = job
      if (changes < BUSY_CHANGES) goOn(job)
      else finish()
    },
  }
}
