/**
 * The node's side of the Pod network: a bridge with the node's Pod range, and routes to the other nodes' ranges. The
 * whole Service and Pod ranges are routed to the bridge under everything more specific, and the Service proxy's table
 * refuses what is left there: so a packet to an address that nobody serves is refused at once, and never leaves.
 * (An `unreachable` route would not do: a local packet is routed before its destination is translated, so it would
 * refuse the addresses that are served, too.)
 */
import { writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type { Peer } from '../../../src/protocol/agent.ts'
import { type Log, messageOf } from '../log.ts'
import { run, tryRun } from '../shell.ts'
import { contains, formatIp, gatewayOf, isIpv4, macOf, parseCidr, parseIp } from './cidr.ts'

export interface NetworkPlan {
  readonly bridge: string
  readonly nodeIp: string
  readonly podCidr: string
  readonly clusterPodCidr: string
  readonly serviceCidr: string
  readonly peers: readonly Peer[]
  /** Tunnel even to peers on the node's own subnet, where the cloud drops packets of addresses it does not know. */
  readonly alwaysOverlay: boolean
}

/** Marks our routes, so that those of peers that are gone can be found (rtm_protocol; 100 is nobody's). */
const ROUTE_PROTOCOL = '100'
const VXLAN = { name: 'skycrane.vx', id: '4096', port: '4789', macPrefix: '0a:59' }
const BRIDGE_MAC_PREFIX = '0a:58'

/** VXLAN over IPv4 takes 50 bytes of each packet. */
const OVERLAY_BYTES = 50

/** What Pods' packets may measure: the same whether a peer is reached directly or through the tunnel. */
export async function podMtu(nodeIp: string): Promise<number> {
  const links: { mtu?: number; addr_info?: { local?: string }[] }[] = JSON.parse(
    await run('ip', ['-j', 'addr', 'show']),
  )
  const own = links.find(({ addr_info: addresses }) => addresses?.some(({ local }) => local === nodeIp))
  return Math.min(own?.mtu ?? 1500, 1500 * 6) - OVERLAY_BYTES
}

/** Idempotent. Throws when the bridge itself cannot be had; a peer that cannot be routed to is only logged. */
export async function applyNetwork(plan: NetworkPlan, log: Log): Promise<void> {
  await allowForwarding()
  await ensureBridge(plan)
  await ensureFallbackRoutes(plan)
  await ensurePeers(plan, log)
}

async function allowForwarding(): Promise<void> {
  await setSysctl('ip_forward', '1')
  // Pods talk to each other through the gateway, by intent: it must not tell them the short way.
  await setSysctl('conf/all/send_redirects', '0')
}

async function setSysctl(name: string, value: string): Promise<void> {
  await writeFile(`/proc/sys/net/ipv4/${name}`, value)
}

async function ensureBridge({ bridge, podCidr, nodeIp }: NetworkPlan): Promise<void> {
  const gateway = gatewayOf(podCidr)
  // A fixed hardware address: a bridge otherwise takes on its lowest port's, and Pods would lose their gateway.
  const address = macOf(gateway, BRIDGE_MAC_PREFIX)
  const exists = (await tryRun('ip', ['link', 'show', 'dev', bridge])).code === 0
  if (!exists) await run('ip', ['link', 'add', bridge, 'address', address, 'type', 'bridge'])
  await run('ip', ['link', 'set', 'dev', bridge, 'address', address, 'mtu', String(await podMtu(nodeIp)), 'up'])
  const wanted = `${gateway}/${parseCidr(podCidr).bits}`
  const held: { addr_info?: { local?: string; prefixlen?: number }[] }[] = JSON.parse(
    await run('ip', ['-j', '-4', 'addr', 'show', 'dev', bridge]),
  )
  for (const { local, prefixlen } of held.flatMap(({ addr_info: addresses = [] }) => addresses)) {
    if (local && `${local}/${prefixlen}` !== wanted)
      await run('ip', ['addr', 'del', `${local}/${prefixlen}`, 'dev', bridge])
  }
  await run('ip', ['addr', 'replace', wanted, 'dev', bridge])
  await setSysctl(`conf/${bridge}/send_redirects`, '0')
}

async function ensureFallbackRoutes({ bridge, podCidr, clusterPodCidr, serviceCidr }: NetworkPlan): Promise<void> {
  const source = gatewayOf(podCidr)
  for (const range of [serviceCidr, clusterPodCidr]) {
    if (range === podCidr || !isIpv4(range.split('/')[0] ?? '')) continue
    await run('ip', ['route', 'replace', range, 'dev', bridge, 'src', source, 'metric', '4096'])
  }
}

async function ensurePeers(plan: NetworkPlan, log: Log): Promise<void> {
  const reachable = plan.peers.filter(({ podCIDR, internalIP }) => podCIDR && isIpv4(internalIP))
  const tunnelled = reachable.filter(({ internalIP }) => plan.alwaysOverlay || !isOnSubnet(plan.nodeIp, internalIP))
  if (tunnelled.length > 0) await ensureTunnel(plan)
  for (const peer of reachable) {
    const connect = tunnelled.includes(peer) ? routeThroughTunnel(peer) : routeDirectly(peer)
    await connect.catch((error: unknown) => log.warn({ peer: peer.name, error: messageOf(error) }, 'no route to peer'))
  }
  await dropStaleRoutes(new Set(reachable.map(({ podCIDR }) => podCIDR)))
}

function isOnSubnet(nodeIp: string, peerIp: string): boolean {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const own = all.find(({ address }) => address === nodeIp)
  return own?.cidr ? contains(parseCidr(own.cidr), parseIp(peerIp)) : false
}

async function routeDirectly({ podCIDR, internalIP }: Peer): Promise<void> {
  await run('ip', ['route', 'replace', podCIDR, 'via', internalIP, 'proto', ROUTE_PROTOCOL])
}

async function ensureTunnel({ nodeIp, podCidr }: NetworkPlan): Promise<void> {
  const { name, id, port, macPrefix } = VXLAN
  const exists = (await tryRun('ip', ['link', 'show', 'dev', name])).code === 0
  if (!exists) {
    const kind = ['type', 'vxlan', 'id', id, 'local', nodeIp, 'dstport', port, 'nolearning']
    await run('ip', ['link', 'add', name, 'address', macOf(nodeIp, macPrefix), ...kind])
  }
  // The range's first address stands for the node inside the tunnel, as flannel has it.
  await run('ip', ['addr', 'replace', `${formatIp(parseCidr(podCidr).base)}/32`, 'dev', name])
  await run('ip', ['link', 'set', 'dev', name, 'mtu', String(await podMtu(nodeIp)), 'up'])
}

async function routeThroughTunnel({ podCIDR, internalIP }: Peer): Promise<void> {
  const { name, macPrefix } = VXLAN
  const mac = macOf(internalIP, macPrefix)
  const inside = formatIp(parseCidr(podCIDR).base)
  await run('bridge', ['fdb', 'replace', mac, 'dev', name, 'dst', internalIP])
  await run('ip', ['neigh', 'replace', inside, 'lladdr', mac, 'dev', name, 'nud', 'permanent'])
  await run('ip', ['route', 'replace', podCIDR, 'via', inside, 'dev', name, 'onlink', 'proto', ROUTE_PROTOCOL])
}

async function dropStaleRoutes(wanted: ReadonlySet<string>): Promise<void> {
  const routes: { dst?: string }[] = JSON.parse(
    (await run('ip', ['-j', 'route', 'show', 'proto', ROUTE_PROTOCOL])) || '[]',
  )
  for (const { dst } of routes) {
    if (dst && !wanted.has(dst)) await tryRun('ip', ['route', 'del', dst, 'proto', ROUTE_PROTOCOL])
  }
}
