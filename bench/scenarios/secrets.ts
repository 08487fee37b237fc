/** Many large Secrets at a steady rate, as a release manager or a certificate issuer writes them. */

import { measure } from '../measure.ts'
import { megabytes, watchMemory } from '../memory.ts'
import { createNamespace, noise } from '../objects.ts'
import type { Scenario } from '../scenario.ts'

const SECRETS = 5000
const PER_SECOND = 200
const BYTES = 10_000

export const secrets: Scenario = {
  name: 'secrets',
  about: `${SECRETS} Secrets of 10 KB, created at ${PER_SECOND}/s`,
  async run(world) {
    await createNamespace(world.client, 'secrets')
    const memory = watchMemory(world.server)
    const { perSecond, ...rest } = await measure(world, { count: SECRETS, perSecond: PER_SECOND }, (index) => {
      const value = Buffer.from(noise(`secret-${index}`, (BYTES * 3) / 4)).toString('base64')
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: `s-${index}` }, data: { value } }
      return world.client.send('POST', '/api/v1/namespaces/secrets/secrets', secret)
    })
    const { workerd, holder } = memory.peak()
    memory.end()
    world.print({
      what: `create Secret 10 KB at ${PER_SECOND}/s`,
      figure: `${Math.round(perSecond)}/s`,
      ...rest,
      kubernetes: `k3s on SQLite 1,400 ms a write, etcd 350; resident ${megabytes(workerd)} + ${megabytes(holder)}`,
    })
  },
}
