/** How long after a write has been sent each of many watchers has its event. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../client.ts'
import { spread, timed } from '../measure.ts'
import { configMap, configMapsOf, createNamespace, versionOf } from '../objects.ts'
import type { Scenario, World } from '../scenario.ts'

/** How long what is under way may take to arrive after the last write. */
const SETTLE_MS = 1000

interface Crowd {
  readonly name: string
  readonly watchers: number
  readonly events: number
  /** Between two writes: long enough that each is seen by itself. */
  readonly pauseMs: number
  readonly isQuick?: boolean
  readonly kubernetes: string
}

const watchOf = ({ name, watchers, events, pauseMs, isQuick, kubernetes }: Crowd): Scenario => ({
  name,
  about: `${watchers} watchers of ${events} writes`,
  isQuick,
  async run(world) {
    const path = configMapsOf(name)
    await createNamespace(world.client, name)
    const delays: number[] = []
    const sent = new Map<string, number>()
    const ends = await watchAll(world.client, path, watchers, (event) => {
      const at = sent.get(event)
      if (at !== undefined) delays.push(performance.now() - at)
    })
    const cpu = world.server.cpuMs()
    for (let event = 0; event < events; event++) {
      sent.set(`w-${event}`, performance.now())
      await timed(() => world.client.send('POST', path, configMap(`w-${event}`)))
      await sleep(pauseMs)
    }
    await sleep(SETTLE_MS)
    const cpuMs = (world.server.cpuMs() - cpu) / events
    for (const end of ends) end()
    report(world, delays, { watchers, events, cpuMs, kubernetes })
  },
})

function report(
  { print }: World,
  delays: readonly number[],
  { watchers, events, cpuMs, kubernetes }: Pick<Crowd, 'watchers' | 'events' | 'kubernetes'> & { cpuMs: number },
): void {
  const figure = `${delays.length} of ${watchers * events}`
  print({ what: `watch delay, ${watchers} watchers`, figure, ...spread(delays), cpuMs, kubernetes })
}

/** Connections opened at once: each has a TLS handshake to make. */
const OPENED_AT_ONCE = 50

/** Watches from now on; `added` hears of each object's name, from each watcher. */
async function watchAll(
  client: Client,
  path: string,
  watchers: number,
  added: (name: string) => void,
): Promise<(() => void)[]> {
  const { text } = await client.send('GET', path)
  const from = `${path}?watch=true&resourceVersion=${versionOf(text)}&allowWatchBookmarks=true`
  const ends: (() => void)[] = []
  while (ends.length < watchers) {
    const size = Math.min(OPENED_AT_ONCE, watchers - ends.length)
    const opened = Array.from({ length: size }, () => client.watch(from, (line) => readName(line, added)))
    ends.push(...(await Promise.all(opened)))
  }
  return ends
}

const ADDED = '{"type":"ADDED"'
const NAME = '"name":"'

function readName(line: string, added: (name: string) => void): void {
  if (!line.startsWith(ADDED)) return
  const start = line.indexOf(NAME) + NAME.length
  added(line.slice(start, line.indexOf('"', start)))
}

export const watch = watchOf({
  name: 'watch',
  watchers: 100,
  events: 100,
  pauseMs: 20,
  isQuick: true,
  kubernetes: 'p50 5, p99 10',
})

export const watchers = watchOf({
  name: 'watchers',
  watchers: 2000,
  events: 40,
  pauseMs: 400,
  kubernetes: 'bound: p99 100',
})
