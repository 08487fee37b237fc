/**
 * Prints the rule model for nftables: verdict maps, so that a packet costs the same with 10 or 10,000 Services. The
 * table is replaced in one transaction: no packet ever sees half of it.
 */
import { createHash } from 'node:crypto'
import type { ServicePort, Target } from './rules.ts'

export interface NftOptions {
  readonly table: string
  readonly serviceCidr: string
  readonly podCidr: string
  /** Addresses of this node's Pods: one that reaches itself through a Service must be masked. */
  readonly localPods: readonly string[]
}

const MARK = '0x4000'

const chainOf = (kind: string, { id, protocol }: ServicePort): string =>
  `${kind}-${createHash('sha256').update(`${id}/${protocol}`).digest('hex').slice(0, 16)}`

export function printRules(
  ports: readonly ServicePort[],
  { table, serviceCidr, podCidr, localPods }: NftOptions,
): string {
  const served = ports.filter((port) => port.targets.length > 0)
  const fromOutside = ports.filter(
    (port) => port.externalTargets.length > 0 && (port.nodePort !== undefined || port.externalIps.length > 0),
  )
  const inside = served.map(
    (port) => `${port.clusterIp} . ${port.protocol} . ${port.port} : goto ${chainOf('in', port)}`,
  )
  const outside = fromOutside.flatMap((port) =>
    port.externalIps.map((ip) => `${ip} . ${port.protocol} . ${port.port} : goto ${chainOf('out', port)}`),
  )
  const nodePorts = fromOutside.flatMap((port) =>
    port.nodePort ? [`${port.protocol} . ${port.nodePort} : goto ${chainOf('out', port)}`] : [],
  )
  const refused = ports.filter((port) => port.externalTargets.length === 0)
  const refusedIps = refused.flatMap((port) => port.externalIps.map((ip) => `${ip} . ${port.protocol} . ${port.port}`))
  const refusedPorts = refused.flatMap((port) => (port.nodePort ? [`${port.protocol} . ${port.nodePort}`] : []))
  return `table ip ${table} {}
delete table ip ${table}
table ip ${table} {
  map service_ips { type ipv4_addr . inet_proto . inet_service : verdict${elements([...inside, ...outside])}; }
  map node_ports { type inet_proto . inet_service : verdict${elements(nodePorts)}; }
  set refused_ips { type ipv4_addr . inet_proto . inet_service${elements(refusedIps)}; }
  set refused_ports { type inet_proto . inet_service${elements(refusedPorts)}; }
  set hairpin { type ipv4_addr . ipv4_addr${elements(localPods.map((ip) => `${ip} . ${ip}`))}; }
${served.map((port) => targetChain(chainOf('in', port), port, port.targets, false)).join('')}${fromOutside.map((port) => targetChain(chainOf('out', port), port, port.externalTargets, !port.keepsSource)).join('')}  chain services {
    ip daddr . meta l4proto . th dport vmap @service_ips
    ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @node_ports
  }
  chain prerouting { type nat hook prerouting priority -100; policy accept; jump services; }
  chain output { type nat hook output priority -100; policy accept; jump services; }
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    meta mark & ${MARK} == ${MARK} masquerade
    ip saddr . ip daddr @hairpin masquerade
    ip saddr ${podCidr} ip daddr != ${podCidr} fib saddr type != local masquerade
  }
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmp type port-unreachable
  }
  chain unserved {
    ip daddr ${serviceCidr} goto refuse
    ip daddr . meta l4proto . th dport @refused_ips goto refuse
  }
  chain filter_output { type filter hook output priority 0; policy accept; jump unserved; }
  chain filter_forward { type filter hook forward priority 0; policy accept; jump unserved; }
  chain filter_input {
    type filter hook input priority 0; policy accept;
    jump unserved
    meta l4proto . th dport @refused_ports goto refuse
  }
}
`
}

const elements = (all: readonly string[]): string =>
  all.length === 0 ? '' : `; elements = { ${[...new Set(all)].join(', ')} }`

function targetChain(
  name: string,
  { protocol, affinity }: ServicePort,
  targets: readonly Target[],
  masks: boolean,
): string {
  const map = targets.map((target, index) => `${index} : ${target.ip} . ${target.port}`).join(', ')
  // A client keeps its endpoint as long as the endpoints stay the same: its address decides.
  const choice = affinity === 'client' ? `jhash ip saddr mod ${targets.length}` : `numgen random mod ${targets.length}`
  const mark = masks ? `    meta mark set meta mark | ${MARK}\n` : ''
  return `  chain ${name} {\n${mark}    meta l4proto ${protocol} dnat ip to ${choice} map { ${map} }\n  }\n`
}
