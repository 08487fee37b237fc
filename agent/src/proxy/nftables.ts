/**
 * The nftables backend: prints a ruleset, or the difference between two, as one transaction for `nft -f -`. Verdict
 * maps make a packet cost the same whether there are ten Services or ten thousand. Pure.
 */
import { ELEMENT_HOLDERS, MASQUERADE_MARK, type Ruleset } from './ruleset.ts'

export interface TableContext {
  readonly bridge: string
  readonly podCidr: string
  readonly clusterPodCidr: string
  readonly serviceCidr: string
}

const TABLE = 'ip skycrane'

/**
 * What stands whatever Services there are. Destinations are translated in the nat hooks; the filter hooks, which come
 * after, refuse what still goes to a Service or Pod address that nobody serves: so it never leaves the machine.
 */
function base({ bridge, podCidr, clusterPodCidr, serviceCidr }: TableContext): string {
  return `
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  map nodeports { type inet_proto . inet_service : verdict; }
  map unserved { type ipv4_addr . inet_proto . inet_service : verdict; }
  map unserved-nodeports { type inet_proto . inet_service : verdict; }
  set hairpin { type ipv4_addr . ipv4_addr; }

  chain refuse { reject; }
  chain translate {
    ip daddr . meta l4proto . th dport vmap @services
    fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @nodeports
  }
  chain nat-prerouting { type nat hook prerouting priority dstnat; policy accept; jump translate; }
  chain nat-output { type nat hook output priority -100; policy accept; jump translate; }
  chain nat-postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    meta mark & ${MASQUERADE_MARK} == ${MASQUERADE_MARK} masquerade fully-random
    ct status dnat ip saddr . ip daddr @hairpin masquerade fully-random
    ct original ip daddr ${serviceCidr} ip saddr != ${clusterPodCidr} masquerade fully-random
    ip saddr ${podCidr} ip daddr != ${clusterPodCidr} oifname != "${bridge}" masquerade fully-random
  }
  chain refuse-unserved {
    ct state established,related accept
    ip daddr . meta l4proto . th dport vmap @unserved
    ip daddr ${serviceCidr} reject
    oifname "${bridge}" ip daddr ${clusterPodCidr} ip daddr != ${podCidr} reject
  }
  chain filter-input {
    type filter hook input priority filter; policy accept;
    ct state new fib daddr type local meta l4proto . th dport vmap @unserved-nodeports
    ct state new ip daddr . meta l4proto . th dport vmap @unserved
  }
  chain filter-forward { type filter hook forward priority filter; policy accept; jump refuse-unserved; }
  chain filter-output {
    type filter hook output priority filter; policy accept;
    ct state new fib daddr type local meta l4proto . th dport vmap @unserved-nodeports
    jump refuse-unserved
  }`
}

/** The whole table anew. */
export function fullTransaction(ruleset: Ruleset, context: TableContext): string {
  const lines = [`add table ${TABLE}`, `delete table ${TABLE}`, `table ${TABLE} {${base(context)}`]
  for (const [name, declaration] of ruleset.sets) lines.push(`  set ${name} { ${declaration} }`)
  lines.push('}', ...chainLines(ruleset.chains))
  for (const holder of ELEMENT_HOLDERS) lines.push(...elementLines('add', holder, ruleset.elements.get(holder)))
  return `${lines.join('\n')}\n`
}

/** Only what differs; empty when nothing does. */
export function deltaTransaction(before: Ruleset, after: Ruleset): string {
  const lines: string[] = []
  const changed = new Map(
    [...after.chains].filter(([name, rules]) => before.chains.get(name)?.join('\n') !== rules.join('\n')),
  )
  const goneChains = [...before.chains.keys()].filter((name) => !after.chains.has(name))
  for (const [name, declaration] of after.sets) {
    if (!before.sets.has(name)) lines.push(`add set ${TABLE} ${name} { ${declaration} }`)
  }
  lines.push(...chainLines(changed, before.chains))
  for (const holder of ELEMENT_HOLDERS) {
    const { removed, added } = elementDelta(before.elements.get(holder), after.elements.get(holder))
    lines.push(...elementLines('delete', holder, removed), ...elementLines('add', holder, added))
  }
  // All are emptied before any goes: they refer to each other.
  for (const name of goneChains) lines.push(`flush chain ${TABLE} ${name}`)
  for (const name of goneChains) lines.push(`delete chain ${TABLE} ${name}`)
  for (const name of before.sets.keys()) if (!after.sets.has(name)) lines.push(`delete set ${TABLE} ${name}`)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** All chains are declared before the first rule: rules refer to chains in any order. */
function chainLines(
  chains: ReadonlyMap<string, readonly string[]>,
  existing: ReadonlyMap<string, unknown> = new Map(),
): string[] {
  const declared = [...chains.keys()].map((name) =>
    existing.has(name) ? `flush chain ${TABLE} ${name}` : `add chain ${TABLE} ${name}`,
  )
  const rules = [...chains].flatMap(([name, list]) => list.map((rule) => `add rule ${TABLE} ${name} ${rule}`))
  return [...declared, ...rules]
}

function elementLines(verb: 'add' | 'delete', holder: string, elements: ReadonlyMap<string, string> | undefined) {
  if (!elements?.size) return []
  const texts = [...elements].map(([key, value]) => (value ? `${key} : ${value}` : key))
  return [`${verb} element ${TABLE} ${holder} { ${texts.join(', ')} }`]
}

function elementDelta(before: ReadonlyMap<string, string> = new Map(), after: ReadonlyMap<string, string> = new Map()) {
  const removed = new Map([...before].filter(([key, value]) => after.get(key) !== value))
  const added = new Map([...after].filter(([key, value]) => before.get(key) !== value))
  return { removed, added }
}
