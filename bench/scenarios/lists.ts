/** Lists as controllers and kubectl ask for them. */
import { spread, timed } from '../measure.ts'
import { configMap, configMapsOf, createNamespace } from '../objects.ts'
import type { Scenario, World } from '../scenario.ts'

const LISTED = 2000
const LISTS = 20

export const lists: Scenario = {
  name: 'lists',
  about: `lists of ${LISTED} objects, and of one in ten of them by label`,
  isQuick: true,
  async run(world) {
    // In a namespace of its own, so that the list is of exactly these.
    await createNamespace(world.client, 'lists')
    const path = configMapsOf('lists')
    for (let index = 0; index < LISTED; index++)
      await timed(() => world.client.send('POST', path, configMap(`bench-${index}`, { part: `p${index % 10}` })))
    await list(world, 'list of 2,000 ConfigMaps', path, '33 ms')
    await list(world, 'list of one in ten by label', `${path}?labelSelector=part%3Dp3`, '21 ms')
  },
}

async function list({ client, server, print }: World, what: string, path: string, kubernetes: string): Promise<void> {
  const times: number[] = []
  const cpu = server.cpuMs()
  for (let run = 0; run < LISTS; run++) times.push(await timed(() => client.send('GET', path)))
  const { p50, p99 } = spread(times)
  print({ what, figure: `${p50.toFixed(1)} ms`, p50, p99, cpuMs: (server.cpuMs() - cpu) / LISTS, kubernetes })
}
