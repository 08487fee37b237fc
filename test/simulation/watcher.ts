/**
 * A client that lists and watches, with the edge Worker that holds its watch (src/http/watch-stream.ts): it says where it
 * stands when asked, and begins again from there when its socket breaks.
 */
import { parseJson } from '../../src/kube/json.ts'
import { type KubeObject, keyOf, keyText } from '../../src/kube/object.ts'
import { type Resource, resourceName } from '../../src/kube/resource.ts'
import { ACKNOWLEDGE_BYTES, acknowledge, decodeBatch, END, parseWhere } from '../../src/protocol/watch.ts'
import type { DurableObject } from './durable-object.ts'
import type { Chance } from './random.ts'
import type { SimulatedSocket } from './sockets.ts'
import type { Timeline } from './timeline.ts'
import { promise } from './violation.ts'

export interface Seen {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly key: string
  readonly rv: number
}

export interface Interest {
  readonly resource: Resource
  readonly labels?: string
  readonly fields?: string
  /** The same in the checker's own words. */
  readonly includes: (object: KubeObject) => boolean
}

/** From one list on. */
export interface Stretch {
  readonly listedAt: number
  readonly listed: readonly string[]
  readonly seen: Seen[]
}

export interface Watcher {
  readonly interest: Interest
  readonly stretches: readonly Stretch[]
  /** What it believes there is: resource versions by key. */
  readonly believed: ReadonlyMap<string, number>
  /** Up to which version it has seen everything. */
  readonly version: number
}

export interface WatcherOptions {
  readonly timeline: Timeline
  readonly chance: Chance
  readonly object: DurableObject
  readonly interest: Interest
}

const LATENCY_MS = 40
const RETRY_MS = 2000

interface Frame {
  readonly type: string
  readonly object: KubeObject & { code?: number }
}

export function createWatcher({ timeline, chance, object, interest }: WatcherOptions): Watcher {
  const { resource } = interest
  const stretches: Stretch[] = []
  const believed = new Map<string, number>()
  let version = 0

  const retry = (what: string, work: () => void) =>
    timeline.after(chance.int(RETRY_MS), `a client ${what} ${resource.plural}`, work)

  const list = (): void =>
    object.call(
      async ({ store }) => ({ at: store.latest, items: store.list(resource).filter(interest.includes) }),
      (answer) => {
        if (answer.state !== 'answered') {
          retry('lists', list)
          return
        }
        const { at, items } = answer.value
        believed.clear()
        for (const item of items) believed.set(keyText(keyOf(item)), Number(item.metadata.resourceVersion))
        version = at
        stretches.push({ listedAt: at, listed: [...believed.keys()], seen: [] })
        retry('watches', watch)
      },
    )

  const watch = (): void => {
    let isOver = false
    let unacknowledged = 0
    const end = (next: () => void) => {
      if (isOver) return
      isOver = true
      retry(next === list ? 'lists' : 'watches', next)
    }
    const take = (bytes: Uint8Array): void => {
      const batch = decodeBatch(bytes.slice().buffer)
      for (const line of new TextDecoder().decode(batch.frames).split('\n')) {
        if (line === '') continue
        const frame = parseJson(line) as Frame
        if (frame.type === 'ERROR') {
          end(list)
          return
        }
        see(frame)
      }
      promise('a watch never goes back', batch.version >= version, () => `${batch.version} after ${version}`)
      version = batch.version
      // As the edge does for what its client has taken: without credit the object would send no more.
      unacknowledged += bytes.length
      if (unacknowledged < ACKNOWLEDGE_BYTES) return
      unacknowledged = 0
      answer(acknowledge(version))
    }
    const answer = (text: string) =>
      timeline.after(chance.int(LATENCY_MS), 'a client says where it stands', () => {
        if (!isOver) object.hear(socket, text)
      })
    const socket: SimulatedSocket = object.connect(
      {
        message(message) {
          if (isOver) return
          if (typeof message !== 'string') return take(message)
          const life = parseWhere(message)
          if (message === END) end(watch)
          else if (life !== undefined) answer(acknowledge(version, life))
        },
        closed: () => end(watch),
      },
      ({ hub }, accepted) =>
        hub().open(
          accepted,
          {
            resource: resourceName(resource),
            version: resource.version,
            labels: interest.labels,
            fields: interest.fields,
            form: { as: 'Object' },
          },
          { after: version, endOfInitialEvents: false },
        ),
    )
    // The edge ends a watch after a while, as kube-apiserver does.
    timeline.after(chance.between(30_000, 400_000), 'a watch ends', () => {
      if (isOver) return
      object.hangUp(socket)
      end(watch)
    })
  }

  const see = (frame: Frame): void => {
    const key = keyText(keyOf(frame.object))
    const rv = Number(frame.object.metadata.resourceVersion)
    const type = frame.type as Seen['type']
    const told = () => `${type} ${resource.plural} ${key} at ${rv}, version ${version}`
    const { seen = [] } = stretches.at(-1) ?? {}
    const last = seen.at(-1)?.rv ?? stretches.at(-1)?.listedAt ?? 0
    promise('a watch tells each change once and in order', rv > last, () => `${told()}, after ${last}`)
    promise('a watch tells of what was there or was not', believed.has(key) === (type !== 'ADDED'), told)
    seen.push({ type, key, rv })
    if (type === 'DELETED') believed.delete(key)
    else believed.set(key, rv)
  }

  list()
  return {
    interest,
    stretches,
    believed,
    get version() {
      return version
    },
  }
}
