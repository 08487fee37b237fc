/**
 * Runs the work of telling many watches, one job after the other, a step a turn. What a step sends is on its way to the
 * clients before the next begins; sent all at once, every frame would pass each stage of its way before the first left.
 * Must not know watches.
 */

/** Jobs that wait hold the changes they tell of: beyond so many they are done at once, whoever waits meanwhile. */
const MAX_WAITING = 64

export interface FanOut {
  /** Begins at once where nothing stands before it. A `yield` ends a step. */
  run(job: Generator<undefined>): void
}

/** `later`: runs work in a turn of its own. */
export function createFanOut(later: (work: () => void) => void): FanOut {
  const jobs: Generator<undefined>[] = []

  /** Whether the job is at its end: one that throws is. */
  function isOver(job: Generator<undefined>): boolean {
    let isDone = true
    try {
      isDone = job.next().done === true
    } finally {
      if (isDone) jobs.shift()
    }
    return isDone
  }

  function step(): void {
    const job = jobs[0]
    if (!job) return
    try {
      isOver(job)
    } finally {
      if (jobs.length > 0) later(step)
    }
  }

  return {
    run(job) {
      jobs.push(job)
      if (jobs.length === 1) step()
      if (jobs.length <= MAX_WAITING) return
      for (let first = jobs[0]; first !== undefined; first = jobs[0]) while (!isOver(first));
    },
  }
}
