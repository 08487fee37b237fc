/**
 * What the kernel remembers of UDP flows. A flow is translated by what stood when it began, and lasts as long as the
 * client keeps sending: so flows to endpoints that are gone, and those from before there was one, have to be forgotten
 * (CleanStaleEntries of kube-proxy). Uses the program `conntrack`; without it such flows end by their time-out.
 */
import { codeOf } from '../log.ts'
import { tryRun } from '../shell.ts'
import { isExternal, type ServicePort } from './rules.ts'

export interface Flow {
  /** Where the client sends. */
  readonly ip: string
  readonly port: number
  /** Who answers: the endpoint, or the address itself where nothing was translated. */
  readonly from: string
}

export interface Conntrack {
  /** UDP flows, each once whoever the client is. */
  flows(): Promise<readonly Flow[]>
  forget(flow: Flow): Promise<void>
}

/** A flow of a Service's address or node port that ends where none of its endpoints is. */
export function staleFlows(flows: readonly Flow[], ports: readonly ServicePort[]): Flow[] {
  const byAddress = new Map<string, ReadonlySet<string>>()
  const byNodePort = new Map<number, ReadonlySet<string>>()
  for (const port of ports) {
    const ends = new Set([...port.cluster, ...port.local].map(({ ip }) => ip))
    for (const ip of [port.clusterIp, ...port.externalIps, ...port.balancer.ips])
      byAddress.set(`${ip}:${port.port}`, ends)
    if (isExternal(port) && port.nodePort !== undefined) byNodePort.set(port.nodePort, ends)
  }
  return flows.filter(({ ip, port, from }) => {
    const ends = byAddress.get(`${ip}:${port}`) ?? byNodePort.get(port)
    return ends !== undefined && !ends.has(from)
  })
}

/** `udp 17 29 src=10.0.0.1 dst=10.96.0.9 sport=1 dport=53 [UNREPLIED] src=10.0.0.7 dst=10.0.0.1 sport=5353 dport=1 ...` */
export function parseFlows(listing: string): Flow[] {
  const all = new Map<string, Flow>()
  for (const line of listing.split('\n')) {
    const [, ip] = /\bdst=(\S+)/.exec(line) ?? []
    const [, port] = /\bdport=(\d+)/.exec(line) ?? []
    const [, from] = /\bsrc=\S+.*\bsrc=(\S+)/.exec(line) ?? []
    if (ip && port && from) all.set(`${ip} ${port} ${from}`, { ip, port: Number(port), from })
  }
  return [...all.values()]
}

export const conntrack: Conntrack = {
  async flows() {
    return parseFlows((await ask(['-L', '-p', 'udp'])) ?? '')
  },
  async forget({ ip, port, from }) {
    await ask(['-D', '-p', 'udp', '--orig-dst', ip, '--orig-port-dst', String(port), '--reply-src', from])
  },
}

/** Exit code 1 says that there was no such flow. */
async function ask(args: readonly string[]): Promise<string | undefined> {
  try {
    const { code, stdout, stderr } = await tryRun('conntrack', args)
    if (code > 1) throw new Error(`conntrack ${args[0]}: ${stderr.trim()}`)
    return stdout
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
