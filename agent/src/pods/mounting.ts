/** A Pod's volumes, set up turn by turn: what fails is said and tried again, ever more rarely (goroutinemap's back-off). */
import type { Pod } from '../../../src/kube/types.ts'
import { MountError, type VolumePaths } from '../volumes/volumes.ts'
import { podEvent } from './events.ts'
import type { World } from './world.ts'

const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 122_000

export class Mounting {
  readonly #world: World
  #retryMs = FIRST_RETRY_MS
  /** What was said last, and until when it is not said again: other news make a Pod look sooner. */
  #said = ''
  #quietUntil = 0

  constructor(world: World) {
    this.#world = world
  }

  /** `undefined`: not yet; another look is asked for. */
  async setUp(pod: Pod, podIp: string | undefined, lookIn: (ms: number) => void): Promise<VolumePaths | undefined> {
    const { node, sources, tokens, volumes, now } = this.#world
    try {
      const paths = await volumes.setUp(pod, {
        sources,
        place: { ...node(), podIp },
        token: (audience, seconds) => tokens.token(pod, audience, seconds),
      })
      this.#retryMs = FIRST_RETRY_MS
      this.#said = ''
      const renewal = tokens.renewalOf(pod.metadata.uid)
      if (renewal !== undefined) lookIn(Math.max(1000, renewal - now()))
      return paths
    } catch (error) {
      if (!(error instanceof MountError)) throw error
      this.#say(pod, error.message)
      lookIn(Math.max(0, this.#quietUntil - now()))
      return undefined
    }
  }

  #say(pod: Pod, message: string): void {
    const at = this.#world.now()
    if (message === this.#said && at < this.#quietUntil) return
    this.#world.event(podEvent(pod, { type: 'Warning', reason: 'FailedMount', message }))
    this.#said = message
    this.#quietUntil = at + this.#retryMs
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2)
  }
}
