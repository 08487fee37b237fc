/**
 * Routes to the other nodes' Pods. Direct where the peer is a neighbour, through VXLAN otherwise. Below everything more
 * specific stands an unreachable route for all Pods of the cluster: a packet to an address that nobody has is refused
 * at once and never leaves the machine.
 */
import type { Peer } from '../../../src/protocol/agent.ts'
import { run, tryRun } from '../shell.ts'

/** Below every other route: the kernel takes the lowest metric of equal prefixes. */
const LAST_METRIC = '4278198272'
const VXLAN_ID = '4096'
const VXLAN_PORT = '4789'
/** Marks the routes that are ours, so that others' are left alone. */
const PROTOCOL = '83'

export async function refuseUnserved(podCidr: string): Promise<void> {
  await run('ip', ['route', 'replace', 'unreachable', podCidr, 'metric', LAST_METRIC, 'proto', PROTOCOL])
}

/** Makes the routes to peers what they should be, and removes those of peers that are gone. */
export async function routePeers(
  peers: readonly Peer[],
  { vxlan, localIp }: { vxlan: string; localIp: string },
): Promise<void> {
  const wanted = new Set(peers.map((peer) => peer.podCIDR))
  for (const peer of peers) {
    if (await isNeighbour(peer.internalIP))
      await run('ip', ['route', 'replace', peer.podCIDR, 'via', peer.internalIP, 'proto', PROTOCOL])
    else await routeThroughTunnel(peer, { vxlan, localIp })
  }
  for (const route of await ownRoutes())
    if (!wanted.has(route)) await tryRun('ip', ['route', 'del', route, 'proto', PROTOCOL])
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

async function routeThroughTunnel(peer: Peer, { vxlan, localIp }: { vxlan: string; localIp: string }): Promise<void> {
  const exists = (await tryRun('ip', ['link', 'show', vxlan])).code === 0
  if (!exists)
    await run('ip', [
      'link',
      'add',
      vxlan,
      'type',
      'vxlan',
      'id',
      VXLAN_ID,
      'dstport',
      VXLAN_PORT,
      'local',
      localIp,
      'nolearning',
    ])
  await run('ip', ['link', 'set', vxlan, 'address', tunnelMac(localIp), 'up'])
  await run('bridge', ['fdb', 'replace', tunnelMac(peer.internalIP), 'dev', vxlan, 'dst', peer.internalIP])
  const gateway = peer.podCIDR.replace(/\.\d+\/.*$/, '.0')
  await run('ip', ['neigh', 'replace', gateway, 'lladdr', tunnelMac(peer.internalIP), 'dev', vxlan, 'nud', 'permanent'])
  await run('ip', ['route', 'replace', peer.podCIDR, 'via', gateway, 'dev', vxlan, 'onlink', 'proto', PROTOCOL])
}

/** The tunnel end's hardware address is told from its node's address, so that nobody need ask for it. */
export function tunnelMac(ip: string): string {
  return ['0e', '5c', ...ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':')
}
