/** What a write and a read of one object cost. */
import { measure } from '../measure.ts'
import { configMap, configMapsOf } from '../objects.ts'
import { CONNECTIONS, type Scenario } from '../scenario.ts'

const CREATES = 6000
const GETS = 12_000

export const objects: Scenario = {
  name: 'objects',
  about: `${CREATES} creates and ${GETS} gets, ${CONNECTIONS} clients at once`,
  isQuick: true,
  async run(world) {
    const path = configMapsOf('default')
    const created = await measure(world, { count: CREATES }, (index) =>
      world.client.send('POST', path, configMap(`bench-${index}`, { app: 'bench', part: `p${index % 10}` })),
    )
    world.print({
      what: `create ConfigMap 1 KB, ${CONNECTIONS} clients`,
      figure: `${Math.round(created.perSecond)}/s`,
      ...created,
      kubernetes: '1,200 to 1,650/s, p99 54 to 67, CPU 0.8 to 1.3',
    })
    const got = await measure(world, { count: GETS }, (index) =>
      world.client.send('GET', `${path}/bench-${index % CREATES}`),
    )
    world.print({
      what: `get ConfigMap, ${CONNECTIONS} clients`,
      figure: `${Math.round(got.perSecond)}/s`,
      ...got,
      kubernetes: '3,100 to 4,400/s, CPU 0.28 to 0.46',
    })
  },
}
