/** What the rules do to packets, whatever their spelling: kube-proxy's behaviour, one claim a row. */
import { describe, expect, it } from 'vitest'
import type { EndpointSlice, Service } from '../../../src/kube/types.ts'
import { printAll } from './nftables.ts'
import { servicePorts } from './rules.ts'
import { rulesetOf } from './ruleset.ts'
import { FakeNft } from './testing/fake-nft.ts'
import {
  CLUSTER_IP,
  type End,
  ending,
  GATEWAY_IP,
  gone,
  here,
  input,
  NODE_IP,
  POD_CIDR,
  SERVICE_CIDR,
  service,
  slice,
  there,
} from './testing/objects.ts'
import { connect, type Fate, type Packet, trace } from './testing/tracer.ts'

const LOCAL_POD = '10.244.1.7'
const OTHER_LOCAL_POD = '10.244.1.8'
const REMOTE_POD = '10.244.2.9'
const OUTSIDER = '203.0.113.5'
const BALANCER_IP = '192.0.2.80'
const EXTERNAL_IP = '192.0.2.90'

const addresses = [NODE_IP, GATEWAY_IP]

async function standing(services: readonly Service[], slices: readonly EndpointSlice[], gateway?: object) {
  const nft = new FakeNft()
  const ports = servicePorts({ ...input(services, slices), ...gateway })
  const context = { table: nft.table, podCidr: POD_CIDR, serviceCidr: SERVICE_CIDR }
  await nft.run(printAll(rulesetOf(ports, context), context))
  return { tables: nft.tables, addresses }
}

const to = (...ips: string[]) => ({ endpoints: ips.map((ip) => `${ip}:8080`), masked: false })
const masked = (...ips: string[]) => ({ ...to(...ips), masked: true })

type Spec = Parameters<typeof service>[0]

interface Row {
  readonly what: string
  readonly service: Service
  readonly ends: readonly End[]
  readonly packet: Packet
  readonly fate: Fate
}

const nodePort: Spec = { type: 'NodePort', ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }] }
const balanced: Spec = { ...nodePort, type: 'LoadBalancer' }
const external = { externalIPs: [EXTERNAL_IP] }
const byVip = { ingress: [{ ip: BALANCER_IP, ipMode: 'VIP' }] }
const both = [here(LOCAL_POD), there(REMOTE_POD)]
const externalLocal = { externalTrafficPolicy: 'Local' } as const

const atCluster = (from: string): Packet => ({ from, to: CLUSTER_IP, port: 80 })
const atNode = (from: string): Packet => ({ from, to: NODE_IP, port: 30080 })
const atBalancer = (from: string): Packet => ({ from, to: BALANCER_IP, port: 80 })
const atExternal = (from: string): Packet => ({ from, to: EXTERNAL_IP, port: 80 })

const ROWS: readonly Row[] = [
  // The cluster IP.
  {
    what: 'a Pod to a cluster IP',
    service: service(),
    ends: both,
    packet: atCluster(OTHER_LOCAL_POD),
    fate: to(LOCAL_POD, REMOTE_POD),
  },
  {
    what: 'the node to a cluster IP',
    service: service(),
    ends: both,
    packet: atCluster(GATEWAY_IP),
    fate: to(LOCAL_POD, REMOTE_POD),
  },
  {
    what: 'the node to a cluster IP whose endpoint is outside of the cluster',
    service: service(),
    ends: [there(OUTSIDER)],
    packet: atCluster(GATEWAY_IP),
    fate: masked(OUTSIDER),
  },
  {
    what: 'an outsider to a cluster IP',
    service: service(),
    ends: [there(REMOTE_POD)],
    packet: atCluster(OUTSIDER),
    fate: masked(REMOTE_POD),
  },
  {
    what: 'a port nobody asked for',
    service: service(),
    ends: both,
    packet: { ...atCluster(OTHER_LOCAL_POD), port: 81 },
    fate: 'REJECT',
  },
  {
    what: 'another protocol',
    service: service(),
    ends: both,
    packet: { ...atCluster(OTHER_LOCAL_POD), protocol: 'udp' },
    fate: 'REJECT',
  },
  {
    what: 'a cluster IP without endpoints',
    service: service(),
    ends: [],
    packet: atCluster(OTHER_LOCAL_POD),
    fate: 'REJECT',
  },
  {
    what: 'a cluster IP nobody has',
    service: service(),
    ends: both,
    packet: { ...atCluster(GATEWAY_IP), to: '10.96.0.99' },
    fate: 'REJECT',
  },
  {
    what: 'somewhere else',
    service: service(),
    ends: both,
    packet: { from: OUTSIDER, to: NODE_IP, port: 22 },
    fate: 'ACCEPT',
  },
  // Who is an endpoint.
  {
    what: 'an unready endpoint',
    service: service(),
    ends: [here(LOCAL_POD, { ready: false }), there(REMOTE_POD)],
    packet: atCluster(OTHER_LOCAL_POD),
    fate: to(REMOTE_POD),
  },
  {
    what: 'an ending endpoint beside a ready one',
    service: service(),
    ends: [here(LOCAL_POD, ending), there(REMOTE_POD)],
    packet: atCluster(OTHER_LOCAL_POD),
    fate: to(REMOTE_POD),
  },
  {
    what: 'only endpoints that end and still serve',
    service: service(),
    ends: [here(LOCAL_POD, ending), there(REMOTE_POD, gone)],
    packet: atCluster(OTHER_LOCAL_POD),
    fate: to(LOCAL_POD),
  },
  {
    what: 'only endpoints that ended',
    service: service(),
    ends: [here(LOCAL_POD, gone)],
    packet: atCluster(OTHER_LOCAL_POD),
    fate: 'REJECT',
  },
  {
    what: 'a Pod that reaches itself',
    service: service(),
    ends: [here(LOCAL_POD)],
    packet: atCluster(LOCAL_POD),
    fate: masked(LOCAL_POD),
  },
  {
    what: 'its neighbour',
    service: service(),
    ends: [here(OTHER_LOCAL_POD)],
    packet: atCluster(LOCAL_POD),
    fate: to(OTHER_LOCAL_POD),
  },
  // internalTrafficPolicy Local.
  {
    what: 'internal Local with one here',
    service: service({ internalTrafficPolicy: 'Local' }),
    ends: both,
    packet: atCluster(OTHER_LOCAL_POD),
    fate: to(LOCAL_POD),
  },
  {
    what: 'internal Local with none here',
    service: service({ internalTrafficPolicy: 'Local' }),
    ends: [there(REMOTE_POD)],
    packet: atCluster(OTHER_LOCAL_POD),
    fate: 'DROP',
  },
  {
    what: 'internal Local with none anywhere',
    service: service({ internalTrafficPolicy: 'Local' }),
    ends: [],
    packet: atCluster(OTHER_LOCAL_POD),
    fate: 'REJECT',
  },
  {
    what: 'internal Local with an ending one here',
    service: service({ internalTrafficPolicy: 'Local' }),
    ends: [here(LOCAL_POD, ending), there(REMOTE_POD)],
    packet: atCluster(OTHER_LOCAL_POD),
    fate: to(LOCAL_POD),
  },
  {
    what: 'internal Local by its node port',
    service: service({ ...nodePort, internalTrafficPolicy: 'Local' }),
    ends: both,
    packet: atNode(OUTSIDER),
    fate: masked(LOCAL_POD, REMOTE_POD),
  },
  // Node ports.
  {
    what: 'an outsider to a node port',
    service: service(nodePort),
    ends: both,
    packet: atNode(OUTSIDER),
    fate: masked(LOCAL_POD, REMOTE_POD),
  },
  {
    what: 'a Pod to a node port',
    service: service(nodePort),
    ends: [there(REMOTE_POD)],
    packet: atNode(LOCAL_POD),
    fate: masked(REMOTE_POD),
  },
  {
    what: 'the node to its node port',
    service: service(nodePort),
    ends: [there(REMOTE_POD)],
    packet: atNode(NODE_IP),
    fate: masked(REMOTE_POD),
  },
  {
    what: 'a node port on the bridge’s address',
    service: service(nodePort),
    ends: [there(REMOTE_POD)],
    packet: { ...atNode(LOCAL_POD), to: GATEWAY_IP },
    fate: masked(REMOTE_POD),
  },
  {
    what: 'a node port on another’s address',
    service: service(nodePort),
    ends: both,
    packet: { ...atNode(OUTSIDER), to: '198.51.100.11' },
    fate: 'ACCEPT',
  },
  {
    what: 'a node port on loopback',
    service: service(nodePort),
    ends: both,
    packet: { from: '127.0.0.1', to: '127.0.0.1', port: 30080 },
    fate: 'ACCEPT',
  },
  {
    what: 'a node port without endpoints',
    service: service(nodePort),
    ends: [],
    packet: atNode(OUTSIDER),
    fate: 'REJECT',
  },
  {
    what: 'the node to its node port without endpoints',
    service: service(nodePort),
    ends: [],
    packet: atNode(NODE_IP),
    fate: 'REJECT',
  },
  // externalTrafficPolicy Local.
  {
    what: 'external Local with one here',
    service: service({ ...nodePort, ...externalLocal }),
    ends: both,
    packet: atNode(OUTSIDER),
    fate: to(LOCAL_POD),
  },
  {
    what: 'external Local with none here',
    service: service({ ...nodePort, ...externalLocal }),
    ends: [there(REMOTE_POD)],
    packet: atNode(OUTSIDER),
    fate: 'DROP',
  },
  {
    what: 'external Local with none anywhere',
    service: service({ ...nodePort, ...externalLocal }),
    ends: [],
    packet: atNode(OUTSIDER),
    fate: 'REJECT',
  },
  {
    what: 'external Local with an ending one here',
    service: service({ ...nodePort, ...externalLocal }),
    ends: [here(LOCAL_POD, ending), there(REMOTE_POD)],
    packet: atNode(OUTSIDER),
    fate: to(LOCAL_POD),
  },
  {
    what: 'external Local from a Pod',
    service: service({ ...nodePort, ...externalLocal }),
    ends: [there(REMOTE_POD)],
    packet: atNode(LOCAL_POD),
    fate: to(REMOTE_POD),
  },
  {
    what: 'external Local from the node',
    service: service({ ...nodePort, ...externalLocal }),
    ends: [there(REMOTE_POD)],
    packet: atNode(NODE_IP),
    fate: masked(REMOTE_POD),
  },
  {
    what: 'external Local, inside',
    service: service({ ...nodePort, ...externalLocal }),
    ends: both,
    packet: atCluster(OTHER_LOCAL_POD),
    fate: to(LOCAL_POD, REMOTE_POD),
  },
  {
    what: 'external Local at a balancer, from a Pod',
    service: service({ ...balanced, ...externalLocal }, byVip),
    ends: [there(REMOTE_POD)],
    packet: atBalancer(LOCAL_POD),
    fate: to(REMOTE_POD),
  },
  {
    what: 'external Local at a balancer, none here',
    service: service({ ...balanced, ...externalLocal }, byVip),
    ends: [there(REMOTE_POD)],
    packet: atBalancer(OUTSIDER),
    fate: 'DROP',
  },
  {
    what: 'both Local, inside',
    service: service({ ...nodePort, ...externalLocal, internalTrafficPolicy: 'Local' }),
    ends: [there(REMOTE_POD)],
    packet: atCluster(LOCAL_POD),
    fate: 'DROP',
  },
  {
    what: 'both Local, a Pod to the node port',
    service: service({ ...nodePort, ...externalLocal, internalTrafficPolicy: 'Local' }),
    ends: [there(REMOTE_POD)],
    packet: atNode(LOCAL_POD),
    fate: to(REMOTE_POD),
  },
  // External IPs and balancers.
  {
    what: 'an external IP',
    service: service(external),
    ends: both,
    packet: atExternal(OUTSIDER),
    fate: masked(LOCAL_POD, REMOTE_POD),
  },
  {
    what: 'an external IP without endpoints',
    service: service(external),
    ends: [],
    packet: atExternal(OUTSIDER),
    fate: 'REJECT',
  },
  {
    what: 'another port of an external IP',
    service: service(external),
    ends: both,
    packet: { ...atExternal(OUTSIDER), port: 22 },
    fate: 'ACCEPT',
  },
  {
    what: 'a balancer',
    service: service(balanced, byVip),
    ends: both,
    packet: atBalancer(OUTSIDER),
    fate: masked(LOCAL_POD, REMOTE_POD),
  },
  {
    what: 'a balancer that says no mode',
    service: service(balanced, { ingress: [{ ip: BALANCER_IP }] }),
    ends: both,
    packet: atBalancer(LOCAL_POD),
    fate: masked(LOCAL_POD, REMOTE_POD),
  },
  {
    what: 'a balancer of mode Proxy',
    service: service(balanced, { ingress: [{ ip: BALANCER_IP, ipMode: 'Proxy' }] }),
    ends: both,
    packet: { from: NODE_IP, to: BALANCER_IP, port: 80 },
    fate: 'ACCEPT',
  },
  // loadBalancerSourceRanges.
  {
    what: 'who is in the ranges',
    service: service({ ...balanced, loadBalancerSourceRanges: ['192.0.2.0/25', ' 203.0.113.0/24'] }, byVip),
    ends: both,
    packet: atBalancer(OUTSIDER),
    fate: masked(LOCAL_POD, REMOTE_POD),
  },
  {
    what: 'who is not',
    service: service({ ...balanced, loadBalancerSourceRanges: ['192.0.2.0/25'] }, byVip),
    ends: both,
    packet: atBalancer(OUTSIDER),
    fate: 'DROP',
  },
  {
    what: 'who is not, of a Service without endpoints',
    service: service({ ...balanced, loadBalancerSourceRanges: ['192.0.2.0/25'] }, byVip),
    ends: [],
    packet: atBalancer(OUTSIDER),
    fate: 'DROP',
  },
  {
    what: 'who is, of a Service without endpoints',
    service: service({ ...balanced, loadBalancerSourceRanges: ['203.0.113.5/32'] }, byVip),
    ends: [],
    packet: atBalancer(OUTSIDER),
    fate: 'REJECT',
  },
  {
    what: 'who is not, by the node port',
    service: service({ ...balanced, loadBalancerSourceRanges: ['192.0.2.0/25'] }, byVip),
    ends: [there(REMOTE_POD)],
    packet: atNode(OUTSIDER),
    fate: masked(REMOTE_POD),
  },
  {
    what: 'ranges that name everybody',
    service: service({ ...balanced, loadBalancerSourceRanges: ['192.0.2.0/25', '0.0.0.0/0'] }, byVip),
    ends: [there(REMOTE_POD)],
    packet: atBalancer(OUTSIDER),
    fate: masked(REMOTE_POD),
  },
  {
    what: 'who is, where only here counts',
    service: service({ ...balanced, ...externalLocal, loadBalancerSourceRanges: ['203.0.113.0/24'] }, byVip),
    ends: [there(REMOTE_POD)],
    packet: atBalancer(OUTSIDER),
    fate: 'DROP',
  },
  // Whose Services are ours.
  {
    what: 'a headless Service’s Pod',
    service: service({ clusterIP: 'None' }),
    ends: both,
    packet: { from: LOCAL_POD, to: REMOTE_POD, port: 80 },
    fate: 'ACCEPT',
  },
  {
    what: 'another proxy’s Service',
    service: service(external, { labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }),
    ends: both,
    packet: atExternal(OUTSIDER),
    fate: 'ACCEPT',
  },
]

describe('a packet', () => {
  it.each(ROWS)('$what', async ({ service: wanted, ends, packet, fate }) => {
    expect(trace(packet, await standing([wanted], [slice(ends)]))).toEqual(fate)
  })

  it('from a Pod to the world is masked, and to another Pod is not', async () => {
    const surroundings = await standing([], [])
    const walk = (packet: Packet) => trace(packet, surroundings)
    expect(walk({ from: LOCAL_POD, to: OUTSIDER, port: 1 })).toBe('MASKED')
    expect(walk({ from: LOCAL_POD, to: REMOTE_POD, port: 1 })).toBe('ACCEPT')
    expect(walk({ from: NODE_IP, to: OUTSIDER, port: 1 })).toBe('ACCEPT')
    expect(walk({ from: OUTSIDER, to: LOCAL_POD, port: 1 })).toBe('ACCEPT')
  })

  it('finds the port of its own protocol and name', async () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ] as const
    const named = (name: string, protocol: string, port: number) => {
      const made = slice([here(LOCAL_POD)], { protocol, port })
      return { ...made, ports: [{ name, protocol, port }] } as EndpointSlice
    }
    const surroundings = await standing(
      [service({ ports: [...ports] })],
      [named('dns', 'UDP', 5353), named('dns-tcp', 'TCP', 5354)],
    )
    const ask = (protocol: 'udp' | 'tcp') => trace({ ...atCluster(OTHER_LOCAL_POD), port: 53, protocol }, surroundings)
    expect(ask('udp')).toEqual({ endpoints: [`${LOCAL_POD}:5353`], masked: false })
    expect(ask('tcp')).toEqual({ endpoints: [`${LOCAL_POD}:5354`], masked: false })
  })

  it('to the kubernetes Service ends at the agent, whatever its slices say', async () => {
    const kubernetes = service({ ports: [{ name: 'https', port: 443, protocol: 'TCP' }] }, { name: 'kubernetes' })
    const own = { ...kubernetes, metadata: { ...kubernetes.metadata, namespace: 'default' } }
    const surroundings = await standing([own], [], { gateway: { ip: GATEWAY_IP, port: 16443 } })
    expect(trace({ from: LOCAL_POD, to: CLUSTER_IP, port: 443 }, surroundings)).toEqual({
      endpoints: [`${GATEWAY_IP}:16443`],
      masked: false,
    })
  })
})

describe('session affinity', () => {
  const faithful = service({
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    ...nodePort,
  })

  it('spreads new clients over all, and keeps each where it was', async () => {
    const surroundings = await standing([faithful], [slice(both)])
    expect(trace(atCluster(OTHER_LOCAL_POD), surroundings)).toEqual(to(LOCAL_POD, REMOTE_POD))
    expect(connect(atCluster(OTHER_LOCAL_POD), surroundings, 1)).toEqual(to(REMOTE_POD))
    for (const choice of [0, 1])
      expect(connect(atCluster(OTHER_LOCAL_POD), surroundings, choice)).toEqual(to(REMOTE_POD))
    expect(connect(atCluster('10.244.1.30'), surroundings, 0)).toEqual(to(LOCAL_POD))
    expect(connect(atNode(OTHER_LOCAL_POD), surroundings, 0)).toEqual(masked(REMOTE_POD))
  })
})
