/**
 * Prints a ruleset for nftables, or the difference between two, as one transaction for `nft -f -`: no packet ever sees
 * half of it. Verdict maps make a packet cost the same with 10 or 10,000 Services. Pure.
 */
import { HOLDERS, type Holder, type Ruleset } from './ruleset.ts'

export interface TableContext {
  readonly table: string
  readonly serviceCidr: string
  readonly podCidr: string
}

/** kube-proxy's own bit. */
const MARK = '0x4000'

const holders = Object.keys(HOLDERS) as Holder[]

/**
 * What stands whatever Services there are. Destinations are translated in the nat hooks; the filter hooks, which come
 * after, refuse what still goes to an address of the Service range: so it never leaves the machine.
 */
const baseChains = ({
  serviceCidr,
  podCidr,
}: TableContext): readonly (readonly [string, string, readonly string[]])[] => [
  ['mark_masked', '', [`meta mark set meta mark | ${MARK}`]],
  // The mark ends here: a tunnel's own packet would inherit it.
  ['masked', '', [`meta mark set meta mark ^ ${MARK}`, 'masquerade fully-random']],
  ['refuse', '', ['meta l4proto tcp reject with tcp reset', 'reject with icmp type port-unreachable']],
  [
    'services',
    '',
    [
      'ip daddr . meta l4proto . th dport vmap @service_ips',
      'ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @node_ports',
    ],
  ],
  ['unserved', '', ['ip daddr . meta l4proto . th dport vmap @unserved_ips', `ip daddr ${serviceCidr} goto refuse`]],
  ['unserved_here', '', ['fib daddr type local meta l4proto . th dport vmap @unserved_ports']],
  ['prerouting', 'type nat hook prerouting priority -100; policy accept;', ['jump services']],
  ['output', 'type nat hook output priority -100; policy accept;', ['jump services']],
  [
    'postrouting',
    'type nat hook postrouting priority 100; policy accept;',
    [
      `meta mark & ${MARK} == ${MARK} goto masked`,
      // A Pod that reaches itself through a Service must see the answer come from the Service.
      'ip saddr . ip daddr @hairpin masquerade fully-random',
      // Nor do addresses of the Pod network mean anything outside the cluster, the bridge's own among them: a program of
      // the node has it when it calls a Service.
      `ip saddr ${podCidr} ip daddr != ${podCidr} fib daddr type != local masquerade fully-random`,
    ],
  ],
  ['filter_input', 'type filter hook input priority 0; policy accept;', ['jump unserved', 'jump unserved_here']],
  ['filter_forward', 'type filter hook forward priority 0; policy accept;', ['jump unserved']],
  ['filter_output', 'type filter hook output priority 0; policy accept;', ['jump unserved', 'jump unserved_here']],
]

/** Who is known to which affinity set: the client's address, and for how many seconds yet. */
export type Clients = ReadonlyMap<string, readonly { readonly ip: string; readonly seconds: number }[]>

/** The whole table anew; clients keep the endpoints they have. */
export function printAll(ruleset: Ruleset, context: TableContext, clients: Clients = new Map()): string {
  const { table } = context
  const base = baseChains(context)
  return lines([
    `add table ip ${table}`,
    `delete table ip ${table}`,
    `add table ip ${table}`,
    ...holders.map((holder) => HOLDERS[holder].replace(/^(\w+) /, `add $1 ip ${table} ${holder} `)),
    ...[...ruleset.affinities].map(([name, seconds]) => affinitySet(table, name, seconds)),
    ...base.map(([name, hook]) => `add chain ip ${table} ${name}${hook === '' ? '' : ` { ${hook} }`}`),
    ...[...ruleset.chains.keys()].map((name) => `add chain ip ${table} ${name}`),
    ...base.flatMap(([name, , rules]) => rules.map((rule) => `add rule ip ${table} ${name} ${rule}`)),
    ...rulesOf(table, ruleset.chains),
    ...holders.flatMap((holder) => addElements(table, holder, ruleset.elements[holder])),
    ...[...clients].flatMap(([name, known]) => {
      const seconds = ruleset.affinities.get(name)
      return seconds === undefined ? [] : remembered(table, name, known, seconds)
    }),
  ])
}

/** Only what differs; empty when nothing does. */
export function printDelta(before: Ruleset, after: Ruleset, { table }: TableContext): string {
  const changed = new Map(
    [...after.chains].filter(([name, rules]) => before.chains.get(name)?.join('\n') !== rules.join('\n')),
  )
  const goneChains = missing(before.chains, after.chains)
  const deltas = holders.map((holder) => ({ holder, ...delta(before.elements[holder], after.elements[holder]) }))
  return lines([
    ...missing(after.affinities, before.affinities).map((name) =>
      affinitySet(table, name, after.affinities.get(name) ?? 0),
    ),
    ...[...changed.keys()].map((name) => `${before.chains.has(name) ? 'flush' : 'add'} chain ip ${table} ${name}`),
    ...deltas.flatMap(({ holder, removed }) => deleteElements(table, holder, removed)),
    ...rulesOf(table, changed),
    ...deltas.flatMap(({ holder, added }) => addElements(table, holder, added)),
    // All are emptied before any goes: they refer to each other.
    ...goneChains.map((name) => `flush chain ip ${table} ${name}`),
    ...goneChains.map((name) => `delete chain ip ${table} ${name}`),
    ...missing(before.affinities, after.affinities).map((name) => `delete set ip ${table} ${name}`),
  ])
}

const lines = (all: readonly string[]): string => (all.length === 0 ? '' : `${all.join('\n')}\n`)

const affinitySet = (table: string, name: string, seconds: number): string =>
  `add set ip ${table} ${name} { type ipv4_addr; flags dynamic,timeout; timeout ${seconds}s; }`

const rulesOf = (table: string, chains: ReadonlyMap<string, readonly string[]>): string[] =>
  [...chains].flatMap(([name, rules]) => rules.map((rule) => `add rule ip ${table} ${name} ${rule}`))

function addElements(table: string, holder: string, elements: ReadonlyMap<string, string>): string[] {
  if (elements.size === 0) return []
  const texts = [...elements].map(([key, value]) => (value === '' ? key : `${key} : ${value}`))
  return [`add element ip ${table} ${holder} { ${texts.join(', ')} }`]
}

const deleteElements = (table: string, holder: string, keys: readonly string[]): string[] =>
  keys.length === 0 ? [] : [`delete element ip ${table} ${holder} { ${keys.join(', ')} }`]

function remembered(
  table: string,
  name: string,
  known: readonly { readonly ip: string; readonly seconds: number }[],
  lifetime: number,
): string[] {
  const all = known.filter(({ seconds }) => seconds > 0)
  const texts = all.map(({ ip, seconds }) => `${ip} timeout ${lifetime}s expires ${Math.min(seconds, lifetime)}s`)
  return all.length === 0 ? [] : [`add element ip ${table} ${name} { ${texts.join(', ')} }`]
}

const missing = (from: ReadonlyMap<string, unknown>, than: ReadonlyMap<string, unknown>): string[] =>
  [...from.keys()].filter((name) => !than.has(name))

function delta(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) {
  return {
    removed: [...before].filter(([key, value]) => after.get(key) !== value).map(([key]) => key),
    added: new Map([...after].filter(([key, value]) => before.get(key) !== value)),
  }
}
