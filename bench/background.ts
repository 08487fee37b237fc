/** What goes on beside a load, again and again until the load has ended; each round's time is kept. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Background {
  /** Lets the round that runs end; answers what each took, in milliseconds. Throws what a round threw. */
  end(): Promise<readonly number[]>
}

/** `round` answers its time, or nothing where it has none to tell. */
export function everyMs(pauseMs: number, round: (index: number) => Promise<number | undefined>): Background {
  const times: number[] = []
  let isOver = false
  const running = (async () => {
    for (let index = 0; !isOver; index++) {
      const took = await round(index)
      if (took !== undefined) times.push(took)
      await sleep(pauseMs)
    }
  })()
  // Told by end(), and not as an unhandled rejection before it.
  running.catch(() => undefined)
  return {
    async end() {
      isOver = true
      await running
      return times
    },
  }
}
