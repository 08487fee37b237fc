/**
 * 10,000 objects of 10 KB listed as informers and kubectl do, while writes go on: informers do not page, so a hundred
 * megabytes must pass through without being held.
 */
import { everyMs } from '../background.ts'
import { measure, spread, timed } from '../measure.ts'
import { type MemoryWatch, megabytes, told, watchMemory } from '../memory.ts'
import { configMap, configMapsOf, createNamespace, noise } from '../objects.ts'
import type { Scenario, World } from '../scenario.ts'

const OBJECTS = 10_000
const BYTES = 10_000
const WRITES_PER_SECOND = 100
const PAGE = 500
const AT_ONCE = 4
const IDENTITY = { 'accept-encoding': 'identity' }
const as = (kind: string): Record<string, string> => ({ accept: `application/json;as=${kind};v=v1;g=meta.k8s.io` })

export const largeLists: Scenario = {
  name: 'large-lists',
  about: `lists of ${OBJECTS} objects of 10 KB: whole, paged, Table, metadata, ${AT_ONCE} at once; ${WRITES_PER_SECOND} writes/s beside them`,
  async run(world) {
    const { client, server, print } = world
    await createNamespace(client, 'large')
    await createNamespace(client, 'beside')
    const path = configMapsOf('large')
    const filled = await measure(world, { count: OBJECTS }, (index) =>
      client.send('POST', path, configMap(`large-${index}`, {}, noise(`large-${index}`, BYTES))),
    )
    const figure = `${Math.round(filled.perSecond)}/s`
    print({ what: 'create ConfigMap 10 KB, 32 clients', ...filled, figure, kubernetes: '' })
    const memory = watchMemory(server)
    const run = (what: string, list: () => Promise<number>) => besideWrites(world, memory, what, list)
    const whole = async (headers: Record<string, string>) => {
      const { status, bytes } = await client.drain(path, headers)
      if (status !== 200) throw new Error(`a list was answered with ${status}`)
      return bytes
    }
    print({ what: '  before any list', figure: '', kubernetes: `resident ${told(server.resident())}` })
    await run('whole', () => whole(IDENTITY))
    await run('whole, gzip', () => whole({}))
    await run(`pages of ${PAGE}`, () => paged(world, path))
    await run('Table', () => whole({ ...IDENTITY, ...as('Table') }))
    await run('metadata', () => whole({ ...IDENTITY, ...as('PartialObjectMetadataList') }))
    await run(`${AT_ONCE} whole at once`, async () => {
      const sizes = await Promise.all(Array.from({ length: AT_ONCE }, () => whole(IDENTITY)))
      return sizes.reduce((sum, size) => sum + size, 0)
    })
    memory.end()
    print({ what: '  after all lists', figure: '', kubernetes: `resident ${told(server.resident())}` })
  },
}

async function besideWrites(
  { client, server, print }: World,
  memory: MemoryWatch,
  what: string,
  list: () => Promise<number>,
): Promise<void> {
  const beside = configMapsOf('beside')
  const prefix = what.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  // Begun whether those before are answered or not.
  const running: Promise<number>[] = []
  const writes = everyMs(1000 / WRITES_PER_SECOND, async (index) => {
    running.push(timed(() => client.send('POST', beside, configMap(`${prefix}-${index}`))))
    return undefined
  })
  memory.peak()
  const cpu = server.cpuMs()
  const begun = performance.now()
  const bytes = await list()
  const seconds = (performance.now() - begun) / 1000
  await writes.end()
  const { p50, p99 } = spread(await Promise.all(running))
  const { workerd, holder } = memory.peak()
  print({
    what: `  ${what}: p50, p99 of the writes`,
    figure: `${seconds.toFixed(2)} s`,
    p50,
    p99,
    cpuMs: server.cpuMs() - cpu,
    kubernetes: `${megabytes(bytes)}; ${running.length} writes; resident at most ${megabytes(workerd)} + ${megabytes(holder)}`,
  })
}

async function paged({ client }: World, path: string): Promise<number> {
  let bytes = 0
  let token = ''
  do {
    const { status, text } = await client.send('GET', `${path}?limit=${PAGE}&continue=${token}`)
    if (status !== 200) throw new Error(text)
    bytes += text.length
    token = /"continue":"([^"]+)"/.exec(text.slice(0, 1000))?.[1] ?? ''
  } while (token !== '')
  return bytes
}
