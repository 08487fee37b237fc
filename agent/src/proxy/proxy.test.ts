/** Rules over time: only differences are sent, and what was sent piece by piece is what would be sent at once. */
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { Conntrack, Flow } from './conntrack.ts'
import { ServiceProxy } from './proxy.ts'
import { FakeNft } from './testing/fake-nft.ts'
import { CLUSTER_IP, type End, ending, here, input, NODE_IP, service, slice, there } from './testing/objects.ts'
import { connect } from './testing/tracer.ts'

function lab(flows: readonly Flow[] = []) {
  const nft = new FakeNft()
  const forgotten: Flow[] = []
  const conntrack: Conntrack = {
    flows: async () => flows,
    forget: async (flow) => {
      forgotten.push(flow)
    },
  }
  const log = pino({ level: 'silent' })
  const healthChecks = { follow: async () => {}, stop: () => {} }
  return { nft, forgotten, proxy: new ServiceProxy({ nft, conntrack, healthChecks, log }) }
}

const A = '10.244.1.7'
const B = '10.244.2.9'
const CLIENT = '10.244.1.30'
const surroundings = (nft: FakeNft) => ({ tables: nft.tables, addresses: [NODE_IP] })

describe('the Service proxy', () => {
  it('writes the table once, and nothing while nothing changes', async () => {
    const { nft, proxy } = lab()
    const wanted = input([service()], [slice([here(A)])])
    await proxy.program(wanted)
    await proxy.program(wanted)
    await proxy.check()
    expect(nft.scripts).toHaveLength(1)
  })

  it('sends a changed endpoint as one chain and nothing else of 200 Services', async () => {
    const { nft, proxy } = lab()
    const names = Array.from({ length: 200 }, (_, index) => `s${index}`)
    const services = names.map((name, index) => service({ clusterIP: `10.97.0.${index}` }, { name }))
    const slices = names.map((name) => slice([there(A)], { name }))
    await proxy.program(input(services, slices))
    await proxy.program(input(services, [...slices.slice(0, -1), slice([there(B)], { name: 's199' })]))
    const lines = nft.scripts[1]?.trim().split('\n') ?? []
    expect(lines.length).toBeLessThan(5)
    expect(lines.every((line) => line.includes('s199'))).toBe(true)
  })

  it('writes all anew when the kernel refuses a change, and when somebody has cleared the table', async () => {
    const { nft, proxy } = lab()
    await proxy.program(input([service()], [slice([here(A)])]))
    nft.isRefusing = true
    await proxy.program(input([service()], [slice([there(B)])]))
    expect(connect({ from: CLIENT, to: CLUSTER_IP, port: 80 }, surroundings(nft), 0)).toMatchObject({
      endpoints: [`${B}:8080`],
    })
    nft.tables = undefined
    await proxy.check()
    expect(connect({ from: CLIENT, to: CLUSTER_IP, port: 80 }, surroundings(nft), 0)).toMatchObject({
      endpoints: [`${B}:8080`],
    })
  })

  it('tries again what failed', async () => {
    const { nft, proxy } = lab()
    nft.isRefusing = true
    await proxy.program(input([service()], [slice([here(A)])]))
    expect(nft.tables).toBeUndefined()
    await proxy.check()
    expect(await nft.stands()).toBe(true)
  })

  it('keeps a client with its endpoint when others come and go, and when the table is replaced', async () => {
    const { nft, proxy } = lab()
    const faithful = service({ sessionAffinity: 'ClientIP' })
    const ask = (choice: number) => connect({ from: CLIENT, to: CLUSTER_IP, port: 80 }, surroundings(nft), choice)
    await proxy.program(input([faithful], [slice([here(A), there(B)])]))
    expect(ask(1)).toMatchObject({ endpoints: [`${B}:8080`] })
    await proxy.program(input([faithful], [slice([here(A), there(B), here('10.244.1.1')])]))
    await proxy.program(input([faithful], [slice([here(A), there(B), here('10.244.1.8')])]))
    for (const choice of [0, 1, 2]) expect(ask(choice)).toMatchObject({ endpoints: [`${B}:8080`] })
    await new ServiceProxy({
      nft,
      conntrack: { flows: async () => [], forget: async () => {} },
      healthChecks: { follow: async () => {}, stop: () => {} },
      log: pino({ level: 'silent' }),
    }).program(input([faithful], [slice([here(A), there(B)])]))
    for (const choice of [0, 1]) expect(ask(choice)).toMatchObject({ endpoints: [`${B}:8080`] })
    await proxy.program(input([faithful], [slice([here(A)])]))
    expect(ask(0)).toMatchObject({ endpoints: [`${A}:8080`] })
  })

  it('forgets UDP flows to endpoints that are gone, and those from before there was one', async () => {
    const dns = service({ ports: [{ port: 53, protocol: 'UDP', nodePort: 30053 }], type: 'NodePort' })
    const flow = (ip: string, port: number, from: string): Flow => ({ ip, port, from })
    const flows = [
      flow(CLUSTER_IP, 53, A),
      flow(CLUSTER_IP, 53, B),
      flow(CLUSTER_IP, 53, CLUSTER_IP),
      flow(NODE_IP, 30053, B),
      flow('192.0.2.1', 53, B),
      flow(CLUSTER_IP, 54, B),
    ]
    const { proxy, forgotten } = lab(flows)
    await proxy.program(input([dns], [slice([here(A)], { protocol: 'UDP' })]))
    expect(forgotten).toEqual([flows[1], flows[2], flows[3]])
    await proxy.program(
      input([dns, service({ clusterIP: '10.96.0.77' }, { name: 'tcp' })], [slice([here(A)], { protocol: 'UDP' })]),
    )
    expect(forgotten).toHaveLength(3)
  })

  it('comes to the same rules in steps as at once', () => {
    const end = fc.record({
      ip: fc.constantFrom(A, B, '10.244.1.8', '10.244.2.10'),
      node: fc.constantFrom('here', 'there'),
      conditions: fc.constantFrom({}, ending, { ready: false }),
    })
    const one = fc.record({
      spec: fc.record({
        sessionAffinity: fc.constantFrom('None', 'ClientIP'),
        type: fc.constant('LoadBalancer'),
        externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
        internalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
        externalIPs: fc.constantFrom<string[]>([], ['192.0.2.90']),
        loadBalancerSourceRanges: fc.constantFrom<string[]>([], ['203.0.113.0/24']),
      }),
      ingress: fc.constantFrom<object[]>([], [{ ip: '192.0.2.80' }]),
      ends: fc.uniqueArray(end, { selector: ({ ip }: End) => ip, maxLength: 4 }),
    })
    const world = fc.dictionary(fc.constantFrom('a', 'b', 'c'), one, { maxKeys: 3 }).map((all) => {
      const entries = Object.entries(all)
      return input(
        entries.map(([name, { spec, ingress }]) => {
          const ports = [{ port: 80, protocol: 'TCP' as const, nodePort: 30000 + name.charCodeAt(0) }]
          const clusterIP = `10.96.0.${name.charCodeAt(0)}`
          return service({ ...spec, ports, clusterIP }, { name, ingress })
        }),
        entries.map(([name, { ends }]) => slice(ends as readonly End[], { name })),
      )
    })
    return fc.assert(
      fc.asyncProperty(fc.array(world, { minLength: 2, maxLength: 5 }), async (worlds) => {
        const inSteps = lab()
        for (const each of worlds) await inSteps.proxy.program(each)
        const atOnce = lab()
        const last = worlds.at(-1)
        if (last) await atOnce.proxy.program(last)
        expect(inSteps.nft.scripts.filter((script) => script.includes('delete table'))).toHaveLength(1)
        expect(inSteps.nft.tables).toEqual(atOnce.nft.tables)
      }),
    )
  })
})
