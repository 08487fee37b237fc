/** Rules as nftables chains, sets and map elements: named parts that can be compared one by one. Pure. */
import { createHash } from 'node:crypto'
import { contains, parseCidr, parseIp } from '../network/cidr.ts'
import type { Action, Frontend, Pool, Protocol, Rules } from './rules.ts'

export interface Ruleset {
  /** Rules by chain. */
  readonly chains: ReadonlyMap<string, readonly string[]>
  /** Declarations by name, of sets that only these rules use. */
  readonly sets: ReadonlyMap<string, string>
  /** By map or set: key to value ('' in a set). */
  readonly elements: ReadonlyMap<ElementHolder, ReadonlyMap<string, string>>
}

export const ELEMENT_HOLDERS = ['services', 'nodeports', 'unserved', 'unserved-nodeports', 'hairpin'] as const
export type ElementHolder = (typeof ELEMENT_HOLDERS)[number]

/** Bit of the packet mark that asks for masquerading; kube-proxy's own. */
export const MASQUERADE_MARK = '0x4000'

export interface RulesetContext {
  readonly clusterPodCidr: string
  /** This node's: a Pod here may reach itself through a Service. */
  readonly podCidr: string
}

export function rulesetOf(rules: Rules, context: RulesetContext): Ruleset {
  const chains = new Map<string, readonly string[]>()
  const sets = new Map<string, string>()
  const elements = new Map(ELEMENT_HOLDERS.map((holder) => [holder, new Map<string, string>()] as const))
  for (const pool of rules.pools) addPool(pool, { chains, sets })
  for (const frontend of rules.frontends) addFrontend(frontend, { chains, elements, context })
  const range = parseCidr(context.podCidr)
  for (const { backends } of rules.pools) {
    for (const { ip } of backends) if (contains(range, parseIp(ip))) elements.get('hairpin')?.set(`${ip} . ${ip}`, '')
  }
  return { chains, sets, elements }
}

/** Chain names may hold few characters and are short; a hash keeps them apart. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

const poolChain = (name: string): string => `pool-${hashOf(name)}`

function addPool(
  pool: Pool,
  { chains, sets }: { chains: Map<string, readonly string[]>; sets: Map<string, string> },
): void {
  const { name, protocol, backends, affinitySeconds } = pool
  if (backends.length === 0) {
    chains.set(poolChain(name), ['drop'])
    return
  }
  if (affinitySeconds === undefined) {
    chains.set(poolChain(name), [`meta l4proto ${l4(protocol)} ${translation(backends)}`])
    return
  }
  const members = backends.map((backend) => ({ ...backend, id: hashOf(`${name} ${backend.ip}:${backend.port}`) }))
  for (const { id, ip, port } of members) {
    sets.set(`aff-${id}`, `type ipv4_addr; flags dynamic,timeout; timeout ${affinitySeconds}s;`)
    chains.set(`ep-${id}`, [`update @aff-${id} { ip saddr }`, `meta l4proto ${l4(protocol)} dnat to ${ip}:${port}`])
  }
  const choices = members.map(({ id }, index) => `${index} : goto ep-${id}`).join(', ')
  chains.set(poolChain(name), [
    ...members.map(({ id }) => `ip saddr @aff-${id} goto ep-${id}`),
    `numgen random mod ${members.length} vmap { ${choices} }`,
  ])
}

function translation(backends: Pool['backends']): string {
  const [only] = backends
  if (backends.length === 1 && only) return `dnat to ${only.ip}:${only.port}`
  const choices = backends.map(({ ip, port }, index) => `${index} : ${ip} . ${port}`).join(', ')
  return `dnat ip to numgen random mod ${backends.length} map { ${choices} }`
}

interface Target {
  readonly chains: Map<string, readonly string[]>
  readonly elements: ReadonlyMap<ElementHolder, Map<string, string>>
  readonly context: RulesetContext
}

function addFrontend(frontend: Frontend, { chains, elements, context }: Target): void {
  const { ip, protocol, port, action } = frontend
  const key = ip === undefined ? `${l4(protocol)} . ${port}` : `${ip} . ${l4(protocol)} . ${port}`
  const served = elements.get(ip === undefined ? 'nodeports' : 'services')
  const unserved = elements.get(ip === undefined ? 'unserved-nodeports' : 'unserved')
  switch (action.do) {
    case 'reject':
      unserved?.set(key, 'goto refuse')
      return
    case 'drop':
      unserved?.set(key, 'drop')
      return
    case 'forward':
      served?.set(key, `goto ${poolChain(action.pool)}`)
      return
    case 'forward-external': {
      const chain = `ext-${hashOf(JSON.stringify(action))}`
      chains.set(chain, externalChain(action, context))
      served?.set(key, `goto ${chain}`)
    }
  }
}

function externalChain(
  action: Extract<Action, { do: 'forward-external' }>,
  { clusterPodCidr }: RulesetContext,
): string[] {
  const mark = `meta mark set meta mark or ${MASQUERADE_MARK}`
  const firewall = action.sources ? [`ip saddr != { ${action.sources.join(', ')} } drop`] : []
  if (!action.isLocalOnly || !action.clusterPool) return [...firewall, mark, `goto ${poolChain(action.pool)}`]
  const cluster = poolChain(action.clusterPool)
  return [
    ...firewall,
    `ip saddr ${clusterPodCidr} goto ${cluster}`,
    `fib saddr type local ${mark}`,
    `fib saddr type local goto ${cluster}`,
    `goto ${poolChain(action.pool)}`,
  ]
}

const l4 = (protocol: Protocol): string => protocol.toLowerCase()
