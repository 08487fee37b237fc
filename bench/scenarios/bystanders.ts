/** Clients of a cluster that is being filled: each does its own again and again, and keeps what it took. */
import { type Background, everyMs } from '../background.ts'
import type { Client } from '../client.ts'
import { timed } from '../measure.ts'
import { configMapsOf, versionOf } from '../objects.ts'
import { CONNECTIONS } from '../scenario.ts'

const GET_MS = 50
const LABEL_LIST_MS = 500
const PAGE_MS = 20
const PAGE = 500
const CHANGE_MS = 50
const METRICS_MS = 5000
const WATCHERS = 10
const WATCHED = 'crowd-0'

export interface Times {
  readonly gets: readonly number[]
  readonly labels: readonly number[]
  readonly pages: readonly number[]
  readonly changes: readonly number[]
  readonly metrics: readonly number[]
  readonly delays: readonly number[]
  /** Lists in pages that had to begin anew, since the version they were of had been compacted. */
  readonly restarts: number
}

export interface Bystanders {
  creating(index: number): void
  /** `c-<index>` is there, and may be read and changed. */
  created(index: number): void
  end(): Promise<Times>
}

export interface Extent {
  readonly shards: number
  readonly namespaces: number
}

export async function startBystanders(client: Client, { shards, namespaces }: Extent): Promise<Bystanders> {
  let highest = -1
  const sent = new Map<string, number>()
  const { delays, end: endWatches } = await watchOne(client, sent)
  const pathOf = (index: number) => `${configMapsOf(`crowd-${index % namespaces}`)}/c-${index}`
  /** Spread over all that is surely there: creates are answered out of order. */
  const some = (round: number) => (highest < CONNECTIONS ? undefined : (round * 7919) % (highest + 1 - CONNECTIONS))
  const asked = async (round: number, ask: (path: string) => ReturnType<Client['send']>) => {
    const index = some(round)
    return index === undefined ? undefined : timed(() => ask(pathOf(index)))
  }
  const gets = everyMs(GET_MS, (round) => asked(round, (path) => client.send('GET', path)))
  const changes = everyMs(CHANGE_MS, (round) =>
    asked(round, (path) =>
      client.send('PATCH', path, { data: { round: `${round}` } }, { type: 'application/merge-patch+json' }),
    ),
  )
  const labels = everyMs(LABEL_LIST_MS, (round) =>
    timed(() => client.send('GET', `/api/v1/configmaps?labelSelector=shard%3Ds${round % shards}`)),
  )
  const metrics = everyMs(METRICS_MS, () => timed(() => client.send('GET', '/metrics')))
  const pager = pageThrough(client)
  return {
    creating(index) {
      if (index % namespaces === 0) sent.set(`c-${index}`, performance.now())
    },
    created(index) {
      highest = Math.max(highest, index)
    },
    async end() {
      const times = {
        gets: await gets.end(),
        labels: await labels.end(),
        changes: await changes.end(),
        metrics: await metrics.end(),
        pages: await pager.end(),
      }
      endWatches()
      return { ...times, delays, restarts: pager.restarts() }
    },
  }
}

async function watchOne(client: Client, sent: ReadonlyMap<string, number>) {
  const delays: number[] = []
  const path = configMapsOf(WATCHED)
  const { text } = await client.send('GET', path)
  const ends = await Promise.all(
    Array.from({ length: WATCHERS }, () =>
      client.watch(`${path}?watch=true&resourceVersion=${versionOf(text)}`, (line) => {
        if (!line.startsWith('{"type":"ADDED"')) return
        const at = sent.get(/"name":"(c-\d+)"/.exec(line)?.[1] ?? '')
        if (at !== undefined) delays.push(performance.now() - at)
      }),
    ),
  )
  return {
    delays,
    end() {
      for (const end of ends) end()
    },
  }
}

/** Lists everything in pages, and then again. */
function pageThrough(client: Client): Background & { restarts(): number } {
  let token = ''
  let restarts = 0
  const pages = everyMs(PAGE_MS, async () => {
    const begun = performance.now()
    const { status, text } = await client.send('GET', `/api/v1/configmaps?limit=${PAGE}&continue=${token}`)
    if (status === 410) {
      token = ''
      restarts += 1
      return undefined
    }
    if (status !== 200) throw new Error(`${status}: ${text}`)
    token = /"continue":"([^"]+)"/.exec(text.slice(0, 1000))?.[1] ?? ''
    return performance.now() - begun
  })
  return { ...pages, restarts: () => restarts }
}
