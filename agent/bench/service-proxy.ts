/**
 * What the kernel's Service rules cost to write: 1,000 Services of 3 endpoints each at once, and one endpoint changed.
 * In a network namespace of its own: `unshare -n node agent/bench/service-proxy.ts`, as root.
 */
import { pino } from 'pino'
import { conntrack } from '../src/proxy/conntrack.ts'
import { createNft } from '../src/proxy/nft.ts'
import { ServiceProxy } from '../src/proxy/proxy.ts'
import { input, service, slice, there } from '../src/proxy/testing/objects.ts'

const SERVICES = 1000
const CHANGES = 20

const names = Array.from({ length: SERVICES }, (_, index) => `service-${index}`)
const addressOf = (range: string, index: number) => `${range}.${Math.floor(index / 250)}.${(index % 250) + 1}`
const ends = (index: number) => [0, 1, 2].map((end) => there(addressOf('10.244', index * 3 + end)))

for (const sessionAffinity of ['None', 'ClientIP'] as const) {
  const services = names.map((name, index) =>
    service({ clusterIP: addressOf('10.96', index), sessionAffinity }, { name }),
  )
  const slices = names.map((name, index) => slice(ends(index), { name }))
  const proxy = new ServiceProxy({
    nft: createNft('bench'),
    conntrack,
    healthChecks: { follow: async () => {}, stop: () => {} },
    log: pino({ level: 'warn' }),
  })
  const took = async (work: () => Promise<void>) => {
    const began = performance.now()
    await work()
    return performance.now() - began
  }
  const full = await took(() => proxy.program(input(services, slices)))
  const changes: number[] = []
  for (let change = 0; change < CHANGES; change++) {
    const changed = slices.with(change, slice([there('10.244.99.9')], { name: names[change] }))
    changes.push(await took(() => proxy.program(input(services, changed))))
  }
  const [median = 0] = [...changes].sort((a, b) => a - b).slice(CHANGES / 2)
  const same = await took(() =>
    proxy.program(
      input(services, slices.with(CHANGES - 1, slice([there('10.244.99.9')], { name: names[CHANGES - 1] }))),
    ),
  )
  const check = await took(() => proxy.check())
  console.log(
    `affinity ${sessionAffinity}: ${SERVICES} Services × 3 endpoints ${full.toFixed(0)} ms; one changed ${median.toFixed(0)} ms; nothing changed ${same.toFixed(0)} ms; a look at the table ${check.toFixed(0)} ms`,
  )
}
