/**
 * A node's network without its agent: `node node-process.ts OPTIONS`, in a namespace that is the machine. Sets up the
 * bridge, the routes to its peers, the link of one Pod and the Service rules, as the agent does, and says `ready`.
 */
import { pino } from 'pino'
import type { SyncResponse } from '../../../src/protocol/agent.ts'
import { NodeNetwork } from '../../src/network/network.ts'
import { conntrack } from '../../src/proxy/conntrack.ts'
import { createNft } from '../../src/proxy/nft.ts'
import { ServiceProxy } from '../../src/proxy/proxy.ts'
import { endpointSlice, service } from './objects.ts'

export interface NodeOptions {
  readonly dataDir: string
  readonly ip: string
  readonly podCidr: string
  readonly peers: { name: string; podCIDR: string; internalIP: string }[]
  /** A process in the Pod's namespace. */
  readonly pid: number
  /** The Pod that a node port leads to. */
  readonly endpoint: string
  readonly nodePort: number
}

const options = JSON.parse(process.argv[2] ?? '') as NodeOptions
const log = pino({ level: 'warn' })
const cluster: SyncResponse['cluster'] = {
  serviceCIDR: '10.96.0.0/12',
  podCIDR: '10.244.0.0/16',
  dnsDomain: 'cluster.local',
}
const network = new NodeNetwork({ dataDir: options.dataDir, bridge: 'skycrane0', localIp: options.ip, log })
await network.configure(options.podCidr, cluster, options.peers)
const identity = { uid: 'pod', namespace: 'default', name: 'pod' }
const address = await network.connect(identity, { id: `sandbox${options.pid}`, pid: options.pid })
const proxy = new ServiceProxy({
  nft: createNft('skycrane0'),
  conntrack,
  healthChecks: { follow: async () => {}, stop: () => {} },
  log,
})
await proxy.program({
  // Whole enough for the proxy; the builders are those of the agent's tests.
  services: [service('far', { clusterIP: '10.96.0.9', nodePort: options.nodePort })] as never,
  slices: [endpointSlice('far', [options.endpoint], { nodeName: 'other' })] as never,
  nodeName: 'this',
  nodeIp: options.ip,
  gateway: undefined,
  serviceCidr: cluster.serviceCIDR,
  podCidr: cluster.podCIDR,
})
console.log(`ready ${address}`)
