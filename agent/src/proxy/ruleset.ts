/** The rule model as nftables chains, sets and map elements: named parts that can be compared one by one. Pure. */
import { createHash } from 'node:crypto'
import { isExternal, type Protocol, type ServicePort, type Target } from './rules.ts'

/** The maps and sets every table has. `unserved` ones hold what is refused or dropped after no rule translated it. */
export const HOLDERS = {
  service_ips: 'map { type ipv4_addr . inet_proto . inet_service : verdict; }',
  node_ports: 'map { type inet_proto . inet_service : verdict; }',
  unserved_ips: 'map { type ipv4_addr . inet_proto . inet_service : verdict; }',
  unserved_ports: 'map { type inet_proto . inet_service : verdict; }',
  hairpin: 'set { type ipv4_addr . ipv4_addr; }',
} as const

export type Holder = keyof typeof HOLDERS

export interface Ruleset {
  /** Rules by chain. */
  readonly chains: ReadonlyMap<string, readonly string[]>
  /** Clients' affinities: seconds they last by the name of the set, one an endpoint. */
  readonly affinities: ReadonlyMap<string, number>
  /** Key to value; '' in a set. */
  readonly elements: Readonly<Record<Holder, ReadonlyMap<string, string>>>
}

interface Draft {
  readonly chains: Map<string, readonly string[]>
  readonly affinities: Map<string, number>
  readonly elements: Readonly<Record<Holder, Map<string, string>>>
  readonly podCidr: string
}

export function rulesetOf(ports: readonly ServicePort[], { podCidr }: { readonly podCidr: string }): Ruleset {
  const draft: Draft = {
    chains: new Map(),
    affinities: new Map(),
    elements: {
      service_ips: new Map(),
      node_ports: new Map(),
      unserved_ips: new Map(),
      unserved_ports: new Map(),
      hairpin: new Map(),
    },
    podCidr,
  }
  for (const port of ports) {
    addPolicies(port, draft)
    addInternal(port, draft)
    if (isExternal(port)) addExternal(port, draft)
    for (const ip of port.here) draft.elements.hairpin.set(`${ip} . ${ip}`, '')
  }
  return draft
}

/** A readable name, cut where the kernel would refuse it (127 characters), and a hash that keeps it apart. */
function chainOf(kind: string, id: string): string {
  return `${kind}-${hashOf(id)}-${id.replaceAll(/[^a-zA-Z0-9/.-]/g, '-')}`.slice(0, 120)
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

const clusterChain = ({ id }: ServicePort): string => chainOf('cluster', id)
const localChain = ({ id }: ServicePort): string => chainOf('local', id)

/** The chains that choose an endpoint, one for each traffic policy that is in use. */
function addPolicies(port: ServicePort, draft: Draft): void {
  const { cluster, local, isInternalLocal } = port
  const usesCluster = !isInternalLocal || isExternal(port)
  if (cluster.length > 0 && usesCluster) addChoice(clusterChain(port), port, cluster, draft)
  if (local.length > 0) addChoice(localChain(port), port, local, draft)
}

function addChoice(chain: string, port: ServicePort, targets: readonly Target[], draft: Draft): void {
  const { clusterIp, protocol, port: number, affinitySeconds } = port
  // From outside the cluster to a cluster IP: the answer must come back by this node.
  const mark = `ip saddr != ${draft.podCidr} ip daddr ${clusterIp} meta l4proto ${protocol} th dport ${number} jump mark_masked`
  const choice =
    affinitySeconds === undefined
      ? [`meta l4proto ${protocol} ${translation(targets)}`]
      : faithful(port, targets, { draft, seconds: affinitySeconds })
  draft.chains.set(chain, [mark, ...choice])
}

function translation(targets: readonly Target[]): string {
  const [only] = targets
  if (targets.length === 1 && only) return `dnat to ${only.ip}:${only.port}`
  const choices = targets.map(({ ip, port }, index) => `${index} : ${ip} . ${port}`).join(', ')
  return `dnat ip to numgen random mod ${targets.length} map { ${choices} }`
}

/** A client goes where it went before, as long as that endpoint exists and the client has not been away too long. */
function faithful(
  { id, protocol }: ServicePort,
  targets: readonly Target[],
  { draft, seconds }: { draft: Draft; seconds: number },
): string[] {
  const all = targets.map((target) => {
    const name = `${id}/${target.ip}/${target.port}`
    return { ...target, chain: chainOf('endpoint', name), clients: chainOf('affinity', `${name}/${seconds}s`) }
  })
  for (const { ip, port, chain, clients } of all) {
    draft.affinities.set(clients, seconds)
    draft.chains.set(chain, [`update @${clients} { ip saddr }`, `meta l4proto ${protocol} dnat to ${ip}:${port}`])
  }
  const choices = all.map(({ chain }, index) => `${index} : goto ${chain}`).join(', ')
  return [
    ...all.map(({ chain, clients }) => `ip saddr @${clients} goto ${chain}`),
    `numgen random mod ${all.length} vmap { ${choices} }`,
  ]
}

const key = (protocol: Protocol, port: number, ip?: string): string =>
  `${ip === undefined ? '' : `${ip} . `}${protocol} . ${port}`

/** Nobody serves at all: refused. Somebody does, but not here where only here counts: dropped, as kube-proxy does. */
function addInternal(port: ServicePort, { elements }: Draft): void {
  const { cluster, local, isInternalLocal, clusterIp, protocol } = port
  const at = key(protocol, port.port, clusterIp)
  if (cluster.length === 0) elements.unserved_ips.set(at, 'goto refuse')
  else if (isInternalLocal && local.length === 0) elements.unserved_ips.set(at, 'drop')
  else elements.service_ips.set(at, `goto ${isInternalLocal ? localChain(port) : clusterChain(port)}`)
}

function addExternal(port: ServicePort, draft: Draft): void {
  const { elements, chains } = draft
  const { cluster, local, isExternalLocal, externalIps, balancer, nodePort, protocol } = port
  const isServed = cluster.length > 0
  const chain = chainOf('external', port.id)
  const served = isServed ? `goto ${chain}` : undefined
  const unserved = isServed ? (isExternalLocal && local.length === 0 ? 'drop' : undefined) : 'goto refuse'
  if (isServed) chains.set(chain, externalRules(port, draft))
  for (const ip of externalIps) {
    if (served) elements.service_ips.set(key(protocol, port.port, ip), served)
    if (unserved) elements.unserved_ips.set(key(protocol, port.port, ip), unserved)
  }
  if (nodePort !== undefined) {
    if (served) elements.node_ports.set(key(protocol, nodePort), served)
    if (unserved) elements.unserved_ports.set(key(protocol, nodePort), unserved)
  }
  const firewall = chainOf('firewall', port.id)
  if (balancer.ips.length > 0 && balancer.sources) {
    const verdict = served ?? 'goto refuse'
    chains.set(firewall, [...balancer.sources.map((range) => `ip saddr ${range} ${verdict}`), 'drop'])
  }
  for (const ip of balancer.ips) {
    const guarded = (verdict: string) => (balancer.sources ? `goto ${firewall}` : verdict)
    if (served) elements.service_ips.set(key(protocol, port.port, ip), guarded(served))
    if (unserved) elements.unserved_ips.set(key(protocol, port.port, ip), isServed ? unserved : guarded(unserved))
  }
}

/**
 * Policy Cluster hides who asks, for the answer must come back by this node. Policy Local keeps it; there the cluster's
 * own Pods and the node itself are served by every endpoint, as if they had gone out and come in by another node.
 */
function externalRules(port: ServicePort, { podCidr }: Draft): string[] {
  const toAny = `goto ${clusterChain(port)}`
  if (!port.isExternalLocal) return ['jump mark_masked', toAny]
  return [
    `ip saddr ${podCidr} ${toAny}`,
    'fib saddr type local jump mark_masked',
    `fib saddr type local ${toAny}`,
    ...(port.local.length > 0 ? [`goto ${localChain(port)}`] : []),
  ]
}
