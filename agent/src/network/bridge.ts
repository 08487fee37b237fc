/**
 * The node's bridge and the Pods' links to it. A Pod has its address alone (/32) and the bridge as its gateway, so all
 * it sends is routed and passes the Service rules, also to a Pod beside it; the host has one route a Pod.
 */
import { writeFile } from 'node:fs/promises'
import { run, tryRun } from '../shell.ts'

const PROTOCOL = '83'
/** Leaves room for a tunnel's 50 bytes. */
export const MTU = '1450'

export interface BridgeOptions {
  readonly name: string
  readonly gateway: string
  readonly serviceCidr: string
  readonly podCidr: string
}

export async function makeBridge({ name, gateway, serviceCidr, podCidr }: BridgeOptions): Promise<void> {
  if ((await tryRun('ip', ['link', 'show', name])).code !== 0) await run('ip', ['link', 'add', name, 'type', 'bridge'])
  await run('ip', ['link', 'set', name, 'mtu', MTU, 'up'])
  await run('ip', ['addr', 'replace', `${gateway}/32`, 'dev', name])
  // Service addresses need a route, or the kernel refuses them before the rules can translate them. What the rules do
  // not translate they refuse, so nothing goes out on it.
  await run('ip', ['route', 'replace', serviceCidr, 'dev', name, 'src', gateway, 'proto', PROTOCOL])
  await Promise.all([
    sysctl('net/ipv4/ip_forward', '1'),
    // Pods must not be told to go past the gateway: the way past it knows no Services.
    sysctl('net/ipv4/conf/all/send_redirects', '0'),
    sysctl(`net/ipv4/conf/${name}/send_redirects`, '0'),
  ])
  await letForward(podCidr)
}

const sysctl = (path: string, value: string): Promise<void> => writeFile(`/proc/sys/${path}`, value)

const forwardRules = (podCidr: string): string[][] =>
  ['-s', '-d'].map((direction) => ['FORWARD', direction, podCidr, '-j', 'ACCEPT'])

/** Docker sets the host's forwarding policy to drop; Pods are let through before it. Without iptables there is none. */
async function letForward(podCidr: string): Promise<void> {
  for (const rule of forwardRules(podCidr)) {
    const known = await tryRun('iptables', ['-w', '-C', ...rule]).catch(() => undefined)
    if (known && known.code !== 0) await tryRun('iptables', ['-w', '-I', ...rule])
  }
}

export async function stopForwarding(podCidr: string): Promise<void> {
  for (const rule of forwardRules(podCidr)) await tryRun('iptables', ['-w', '-D', ...rule]).catch(() => undefined)
}

/** The tunnel's name beside the bridge's: within the kernel's 15 characters. */
export const vxlanOf = (bridge: string): string => `${bridge.slice(0, 12)}.vx`

const linkOf = (sandboxId: string): string => `sk${sandboxId.slice(0, 12)}`

export interface PodLink {
  readonly sandboxId: string
  readonly pid: number
  readonly address: string
  readonly bridge: string
  readonly gateway: string
}

/** Idempotent: what an earlier attempt left half done is begun anew. */
export async function plug({ sandboxId, pid, address, bridge, gateway }: PodLink): Promise<void> {
  const link = linkOf(sandboxId)
  const inside = (...args: string[]) => run('nsenter', ['-t', String(pid), '-n', 'ip', ...args])
  await tryRun('ip', ['link', 'del', link])
  // The address may have been another Pod's a moment ago, whose hardware address the host still remembers.
  await tryRun('ip', ['neigh', 'flush', 'to', `${address}/32`, 'dev', bridge])
  await run('ip', [
    'link',
    'add',
    link,
    'mtu',
    MTU,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'mtu',
    MTU,
    'netns',
    String(pid),
  ])
  await run('ip', ['link', 'set', link, 'master', bridge, 'up'])
  // Where br_netfilter is loaded a translated packet stays in the bridge: a Pod that reaches itself through a Service
  // gets it back by the port it sent it from.
  await run('bridge', ['link', 'set', 'dev', link, 'hairpin', 'on'])
  await inside('link', 'set', 'lo', 'up')
  await inside('addr', 'add', `${address}/32`, 'dev', 'eth0')
  await inside('link', 'set', 'eth0', 'up')
  await inside('route', 'replace', gateway, 'dev', 'eth0', 'scope', 'link')
  await inside('route', 'replace', 'default', 'via', gateway, 'dev', 'eth0')
  await run('ip', ['route', 'replace', `${address}/32`, 'dev', bridge, 'src', gateway, 'proto', PROTOCOL])
}

/** Whether the sandbox's link stands: after an agent's restart it does. */
export const isPlugged = async (sandboxId: string): Promise<boolean> =>
  (await tryRun('ip', ['link', 'show', linkOf(sandboxId)])).code === 0

/** The link itself goes with the sandbox's namespace. */
export async function unroute(address: string, bridge: string): Promise<void> {
  await tryRun('ip', ['route', 'del', `${address}/32`, 'dev', bridge, 'proto', PROTOCOL])
}
