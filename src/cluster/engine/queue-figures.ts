/** How much each controller had to look at: counted in memory, so they begin again when the object has slept. */

export interface QueueFigures {
  readonly name: string
  /** Keys that wait now. */
  readonly depth: number
  readonly adds: number
  readonly retries: number
}

export class QueueCounters {
  readonly #counts = new Map<string, { adds: number; retries: number }>()

  added(name: string): void {
    this.#of(name).adds++
  }

  retried(name: string): void {
    this.#of(name).retries++
  }

  figures(name: string, depth: number): QueueFigures {
    return { name, depth, ...this.#of(name) }
  }

  #of(name: string): { adds: number; retries: number } {
    const known = this.#counts.get(name) ?? { adds: 0, retries: 0 }
    this.#counts.set(name, known)
    return known
  }
}
