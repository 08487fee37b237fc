/**
 * Very many objects in one cluster, while it is listed, paged, watched, read, changed and compacted: whatever costs more
 * with each object that is there already shows in the last tenth of the creates, or after the restart.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { figuresOf, measure, spread, timed } from '../measure.ts'
import { megabytes, watchMemory } from '../memory.ts'
import { configMap, configMapsOf, createNamespace } from '../objects.ts'
import type { Scenario, World } from '../scenario.ts'
import { type Bystanders, startBystanders } from './bystanders.ts'

const NAMESPACES = 25
/** Objects that a list by label finds. */
const SHARD = 250
const TENTHS = 10
/** The log is trimmed while the load runs, and yet no list of all in pages is so slow that its version goes. */
const HISTORY_S = 120
const DELETE_DEADLINE_MS = 120_000

const namespaceOf = (index: number): string => `crowd-${index % NAMESPACES}`

const crowdOf = (name: string, count: number): Scenario => ({
  name,
  about: `${count} objects in one cluster, with lists, watches, reads, changes and compaction beside`,
  server: { historySeconds: HISTORY_S },
  async run(world) {
    for (let index = 0; index < NAMESPACES; index++) await createNamespace(world.client, namespaceOf(index))
    const memory = watchMemory(world.server)
    const beside = await startBystanders(world.client, { shards: Math.floor(count / SHARD), namespaces: NAMESPACES })
    await fill(world, count, beside)
    await tellBystanders(world, beside)
    const { workerd, holder } = memory.peak()
    memory.end()
    await tellStorage(world, count, `resident at most ${megabytes(workerd)} + ${megabytes(holder)}`)
    await restart(world)
    await deleteNamespace(world, count / NAMESPACES)
  },
})

async function fill(world: World, count: number, beside: Bystanders): Promise<void> {
  const size = count / TENTHS
  for (let tenth = 0; tenth < TENTHS; tenth++) {
    const { perSecond, ...rest } = await measure(world, { count: size }, async (within) => {
      const index = tenth * size + within
      const shard = `s${index % Math.floor(count / SHARD)}`
      beside.creating(index)
      const object = configMap(`c-${index}`, { app: 'crowd', shard })
      const answer = await world.client.send('POST', configMapsOf(namespaceOf(index)), object)
      beside.created(index)
      return answer
    })
    const isTold = tenth === 0 || tenth === TENTHS - 1
    const what = `create, ${tenth === 0 ? 'first' : 'last'} tenth of ${count}`
    if (isTold) world.print({ what, figure: `${Math.round(perSecond)}/s`, ...rest, kubernetes: '' })
  }
}

async function tellBystanders({ print }: World, beside: Bystanders): Promise<void> {
  const { gets, labels, pages, changes, metrics, delays, restarts } = await beside.end()
  const row = (what: string, times: readonly number[], kubernetes = '') =>
    print({ what: `  ${what}`, figure: `${times.length}`, ...spread(times), kubernetes })
  row('get', gets)
  row(`list of ${SHARD} by label`, labels)
  row('page of 500', pages, `${restarts} lists begun anew since their version had been compacted`)
  row('change', changes)
  row('watch delay', delays)
  row('/metrics', metrics)
}

async function tellStorage({ client, print }: World, count: number, memory: string): Promise<void> {
  const { databaseBytes, horizon, resourceVersion } = await figuresOf(client)
  print({
    what: '  database',
    figure: megabytes(databaseBytes),
    kubernetes: `${Math.round(databaseBytes / count)} bytes an object; compacted up to ${horizon} of ${resourceVersion}; ${memory}`,
  })
}

async function restart(world: World): Promise<void> {
  const { client, server, print } = world
  await server.restart()
  const first = await timed(() => client.send('GET', `${configMapsOf(namespaceOf(1))}/c-1`))
  const write = await timed(() => client.send('POST', configMapsOf(namespaceOf(1)), configMap('after-the-restart')))
  const { workerd } = server.resident()
  print({
    what: '  restart',
    figure: `${(server.startedInMs / 1000).toFixed(1)} s`,
    kubernetes: `first get ${first.toFixed(0)} ms, first write ${write.toFixed(0)} ms, resident ${megabytes(workerd)}`,
  })
}

async function deleteNamespace({ client, server, print }: World, objects: number): Promise<void> {
  const path = `/api/v1/namespaces/${namespaceOf(0)}`
  const cpu = server.cpuMs()
  const begun = performance.now()
  const gets: number[] = []
  await timed(() => client.send('DELETE', path))
  for (;;) {
    const { status } = await client.send('GET', path)
    if (status === 404) break
    if (performance.now() - begun > DELETE_DEADLINE_MS) throw new Error('the namespace has not gone')
    gets.push(await timed(() => client.send('GET', `${configMapsOf(namespaceOf(1))}/c-1`)))
    await sleep(50)
  }
  const seconds = (performance.now() - begun) / 1000
  print({
    what: `  namespace of ${objects} deleted; gets meanwhile`,
    figure: `${seconds.toFixed(1)} s`,
    ...spread(gets),
    cpuMs: (server.cpuMs() - cpu) / objects,
    kubernetes: '',
  })
}

export const crowdSmall = crowdOf('crowd-small', 25_000)
export const crowdLarge = crowdOf('crowd', 250_000)
