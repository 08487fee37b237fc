/**
 * Parsed objects by key, so that a controller that looks at the same thousand Pods fifty times parses them once.
 * Only a cache: everything in it can be read again from SQLite. The longest unchanged go first.
 */
import type { KubeObject } from '../kube/object.ts'

interface Cached {
  readonly rv: number
  readonly object: KubeObject
  readonly bytes: number
}

/** Text bytes of the objects held. Parsed they take two to three times as much, of the isolate's 128 MB. */
export const CACHE_BYTES = 16 * 1024 * 1024

export class ObjectCache {
  readonly #held = new Map<string, Cached>()
  #bytes = 0
  readonly #limit: number

  constructor(limit: number = CACHE_BYTES) {
    this.#limit = limit
  }

  get(id: string, rv: number): KubeObject | undefined {
    const cached = this.#held.get(id)
    if (cached === undefined || cached.rv !== rv) return undefined
    return cached.object
  }

  set(id: string, rv: number, object: KubeObject, bytes: number): void {
    this.delete(id)
    if (bytes > this.#limit / 8) return
    this.#held.set(id, { rv, object, bytes })
    this.#bytes += bytes
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#limit) break
      this.delete(oldest)
    }
  }

  delete(id: string): void {
    const cached = this.#held.get(id)
    if (cached === undefined) return
    this.#held.delete(id)
    this.#bytes -= cached.bytes
  }
}
