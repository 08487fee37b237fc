/**
 * Routes to the other nodes' Pods. Direct where the peer is a neighbour, through VXLAN otherwise. Below everything more
 * specific stands an unreachable route for all Pods of the cluster: a packet to an address that nobody has is refused
 * at once and never leaves the machine.
 */
import type { Peer } from '../../../src/protocol/agent.ts'
import { run, tryRun } from '../shell.ts'
import { MTU } from './bridge.ts'

/** Below every other route: the kernel takes the lowest metric of equal prefixes. */
const LAST_METRIC = '4278198272'
const VXLAN_ID = '4096'
const VXLAN_PORT = '4789'
/** Marks the routes that are ours, so that others' are left alone. */
const PROTOCOL = '83'

export async function refuseUnserved(podCidr: string): Promise<void> {
  await run('ip', ['route', 'replace', 'unreachable', podCidr, 'metric', LAST_METRIC, 'proto', PROTOCOL])
}

export interface TunnelOptions {
  /** The tunnel's device. */
  readonly vxlan: string
  /** This node's own address, that peers send to. */
  readonly localIp: string
  /** The bridge's address: what this node itself is known by to Pods behind the tunnel. */
  readonly gateway: string
}

/**
 * Makes the routes to peers what they should be, and removes those of peers that are gone. Answers what could not be
 * done, by peer: one that cannot be reached keeps nobody from the others.
 */
export async function routePeers(peers: readonly Peer[], options: TunnelOptions): Promise<Map<string, Error>> {
  const failures = new Map<string, Error>()
  const tunnelled: Peer[] = []
  for (const peer of peers) {
    try {
      if (await isNeighbour(peer.internalIP))
        await run('ip', ['route', 'replace', peer.podCIDR, 'via', peer.internalIP, 'proto', PROTOCOL])
      else {
        tunnelled.push(peer)
        await routeThroughTunnel(peer, options)
      }
    } catch (error) {
      failures.set(peer.name, error instanceof Error ? error : new Error(String(error)))
    }
  }
  const wanted = new Set(peers.map((peer) => peer.podCIDR))
  for (const route of await ownRoutes())
    if (!wanted.has(route)) await tryRun('ip', ['route', 'del', route, 'proto', PROTOCOL])
  await forgetEnds(tunnelled, options)
  return failures
}

/** Ours that lead through another node: not the unreachable one, and not those of this node's own Pods (/32). */
async function ownRoutes(): Promise<string[]> {
  const { stdout } = await tryRun('ip', ['-4', 'route', 'show', 'proto', PROTOCOL])
  return stdout
    .split('\n')
    .filter((line) => /via|vx/.test(line) && !line.startsWith('unreachable'))
    .map((line) => line.split(' ')[0] ?? '')
    .filter((prefix) => prefix.includes('/'))
}

/** Reached without a gateway: on the same subnet. */
async function isNeighbour(ip: string): Promise<boolean> {
  const { code, stdout } = await tryRun('ip', ['-4', 'route', 'get', ip])
  return code === 0 && !/ via /.test(stdout) && !/^local/.test(stdout)
}

async function routeThroughTunnel(peer: Peer, { vxlan, localIp, gateway }: TunnelOptions): Promise<void> {
  await makeTunnel({ vxlan, localIp, gateway })
  const mac = tunnelMac(peer.internalIP)
  await run('bridge', ['fdb', 'replace', mac, 'dev', vxlan, 'dst', peer.internalIP])
  const [end = ''] = peer.podCIDR.split('/')
  await run('ip', ['neigh', 'replace', end, 'lladdr', mac, 'dev', vxlan, 'nud', 'permanent'])
  await run('ip', ['route', 'replace', peer.podCIDR, 'via', end, 'dev', vxlan, 'onlink', 'proto', PROTOCOL])
}

async function makeTunnel({ vxlan, localIp, gateway }: TunnelOptions): Promise<void> {
  if ((await tryRun('ip', ['link', 'show', vxlan])).code !== 0) {
    const ends = ['id', VXLAN_ID, 'dstport', VXLAN_PORT, 'local', localIp, 'nolearning']
    await run('ip', ['link', 'add', vxlan, 'type', 'vxlan', ...ends])
  }
  await run('ip', ['link', 'set', vxlan, 'mtu', MTU, 'address', tunnelMac(localIp), 'up'])
  // The node's own packets leave with this address, so that the answers come back through the tunnel.
  await run('ip', ['addr', 'replace', `${gateway}/32`, 'dev', vxlan])
}

/** The tunnel knows its peers and nobody else. */
async function forgetEnds(peers: readonly Peer[], { vxlan }: TunnelOptions): Promise<void> {
  const macs = new Set(peers.map(({ internalIP }) => tunnelMac(internalIP)))
  const fdb = await tryRun('bridge', ['fdb', 'show', 'dev', vxlan])
  for (const line of fdb.stdout.split('\n')) {
    const [, mac, ip] = /^(\S+) dst (\S+)/.exec(line) ?? []
    if (mac && ip && !macs.has(mac)) await tryRun('bridge', ['fdb', 'del', mac, 'dev', vxlan, 'dst', ip])
  }
  const ends = new Set(peers.map(({ podCIDR }) => podCIDR.split('/')[0]))
  const neighbours = await tryRun('ip', ['-4', 'neigh', 'show', 'dev', vxlan, 'nud', 'permanent'])
  for (const line of neighbours.stdout.split('\n')) {
    const [end] = line.split(' ')
    if (end && !ends.has(end)) await tryRun('ip', ['neigh', 'del', end, 'dev', vxlan])
  }
}

/** The tunnel end's hardware address is told from its node's address, so that nobody need ask for it. */
export function tunnelMac(ip: string): string {
  return ['0e', '5c', ...ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':')
}
