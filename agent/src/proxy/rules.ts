/**
 * What the Service proxy does to packets, computed from Services and EndpointSlices. Pure, and silent on how it is
 * spelt: a backend prints it. Rules are kube-proxy's (pkg/proxy/topology.go and its nftables proxier).
 */
import type { EndpointSlice, Service } from '../../../src/kube/types.ts'
import { isIpv4 } from '../network/cidr.ts'

export type Protocol = 'TCP' | 'UDP' | 'SCTP'

export interface Backend {
  readonly ip: string
  readonly port: number
}

/** Endpoints that a frontend spreads connections over. */
export interface Pool {
  readonly name: string
  readonly protocol: Protocol
  readonly backends: readonly Backend[]
  /** Session affinity: a client stays with its endpoint for this long. */
  readonly affinitySeconds?: number
}

export type Action =
  | { readonly do: 'forward'; readonly pool: string }
  /** From outside: the source is hidden (or not), and clients inside the cluster may use all endpoints. */
  | {
      readonly do: 'forward-external'
      readonly pool: string
      readonly isLocalOnly: boolean
      /** What clients inside the cluster use when outsiders get local endpoints only. */
      readonly clusterPool?: string
      /** Only from these; everywhere when absent. */
      readonly sources?: readonly string[]
    }
  | { readonly do: 'reject' }
  | { readonly do: 'drop' }

/** An address that clients connect to; without an ip it is a port of the node. */
export interface Frontend {
  readonly service: string
  readonly ip?: string
  readonly protocol: Protocol
  readonly port: number
  readonly action: Action
}

export interface Rules {
  readonly pools: readonly Pool[]
  readonly frontends: readonly Frontend[]
}

export interface RuleInputs {
  readonly services: readonly Service[]
  readonly endpointSlices: readonly EndpointSlice[]
  readonly nodeName: string
  /** Where the `kubernetes` Service ends: the agent itself. */
  readonly apiBackend?: Backend
}

type ServicePort = NonNullable<Service['spec']['ports']>[number]

interface Endpoint extends Backend {
  readonly isReady: boolean
  readonly isServing: boolean
  readonly isLocal: boolean
}

const DEFAULT_AFFINITY_SECONDS = 10_800

export function rulesFor(inputs: RuleInputs): Rules {
  const slices = groupSlices(inputs.endpointSlices)
  const pools: Pool[] = []
  const frontends: Frontend[] = []
  for (const service of sorted(inputs.services)) {
    if (!isProxied(service)) continue
    for (const port of service.spec.ports ?? []) {
      const endpoints = endpointsOf(service, port, { slices, inputs })
      const rules = rulesOfPort(service, port, endpoints)
      pools.push(...rules.pools)
      frontends.push(...rules.frontends)
    }
  }
  return { pools, frontends }
}

const nameOf = ({ metadata }: Service): string => `${metadata.namespace}/${metadata.name}`

const sorted = (services: readonly Service[]): Service[] =>
  [...services].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))

const isProxied = ({ spec }: Service): boolean => spec.type !== 'ExternalName' && isIpv4(spec.clusterIP ?? '')

function groupSlices(slices: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const key = `${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`
    const group = groups.get(key)
    if (group) group.push(slice)
    else groups.set(key, [slice])
  }
  return groups
}

function endpointsOf(
  service: Service,
  port: ServicePort,
  { slices, inputs }: { slices: ReadonlyMap<string, readonly EndpointSlice[]>; inputs: RuleInputs },
): Endpoint[] {
  const { apiBackend, nodeName } = inputs
  if (apiBackend && nameOf(service) === 'default/kubernetes') {
    return [{ ...apiBackend, isReady: true, isServing: true, isLocal: true }]
  }
  const found = new Map<string, Endpoint>()
  for (const slice of slices.get(nameOf(service)) ?? []) {
    const number = slice.ports?.find(
      ({ name = '', protocol = 'TCP' }) => name === (port.name ?? '') && protocol === (port.protocol ?? 'TCP'),
    )?.port
    if (number === undefined) continue
    for (const { addresses, conditions = {}, nodeName: home } of slice.endpoints) {
      const [ip] = addresses
      if (!ip) continue
      const isReady = conditions.ready ?? true
      const isServing = conditions.serving ?? isReady
      found.set(`${ip}:${number}`, { ip, port: number, isReady, isServing, isLocal: home === nodeName })
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint)
}

/** The ready ones; when there is none, those that still serve while they terminate (KEP-1669). */
function usable(endpoints: readonly Endpoint[]): Endpoint[] {
  const ready = endpoints.filter(({ isReady }) => isReady)
  return ready.length > 0 ? ready : endpoints.filter(({ isServing }) => isServing)
}

function rulesOfPort(service: Service, port: ServicePort, endpoints: readonly Endpoint[]): Rules {
  const protocol = protocolOf(port)
  const name = `${nameOf(service)}:${port.name || port.port}/${protocol.toLowerCase()}`
  const everywhere = usable(endpoints)
  const here = usable(endpoints.filter(({ isLocal }) => isLocal))
  const pool = (suffix: string, backends: readonly Endpoint[]): Pool => ({
    name: `${name}${suffix}`,
    protocol,
    backends: backends.map(({ ip, port: number }) => ({ ip, port: number })),
    ...affinityOf(service),
  })
  const cluster = pool('', everywhere)
  const local = pool('@local', here)
  const frontends = [
    ...internalFrontends(service, port, { name, cluster, local }),
    ...externalFrontends(service, port, { name, cluster, local }),
  ]
  const used = new Set(frontends.flatMap(({ action }) => poolsOf(action)))
  return { frontends, pools: [cluster, local].filter((candidate) => used.has(candidate.name)) }
}

function poolsOf(action: Action): string[] {
  if (action.do === 'forward') return [action.pool]
  if (action.do === 'forward-external') return [action.pool, ...(action.clusterPool ? [action.clusterPool] : [])]
  return []
}

function protocolOf({ protocol }: ServicePort): Protocol {
  return protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP'
}

function affinityOf({ spec }: Service): { affinitySeconds?: number } {
  if (spec.sessionAffinity !== 'ClientIP') return {}
  return { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS }
}

interface Pools {
  readonly name: string
  readonly cluster: Pool
  readonly local: Pool
}

function internalFrontends({ spec }: Service, port: ServicePort, { name, cluster, local }: Pools): Frontend[] {
  const pool = spec.internalTrafficPolicy === 'Local' ? local : cluster
  const action: Action =
    cluster.backends.length === 0
      ? { do: 'reject' }
      : pool.backends.length === 0
        ? { do: 'drop' }
        : { do: 'forward', pool: pool.name }
  const base = { service: name, protocol: protocolOf(port), port: port.port }
  return [{ ...base, ip: spec.clusterIP, action }]
}

function externalFrontends({ spec, status }: Service, port: ServicePort, { name, cluster, local }: Pools): Frontend[] {
  const isLocalOnly = spec.externalTrafficPolicy === 'Local'
  const action = (sources?: readonly string[]): Action => {
    if (cluster.backends.length === 0) return { do: 'reject' }
    if (!isLocalOnly)
      return { do: 'forward-external', pool: cluster.name, isLocalOnly, ...(sources ? { sources } : {}) }
    // Outsiders are dropped where no endpoint is, but the cluster's own Pods are served.
    return {
      do: 'forward-external',
      pool: local.name,
      clusterPool: cluster.name,
      isLocalOnly,
      ...(sources ? { sources } : {}),
    }
  }
  const base = { service: name, protocol: protocolOf(port) }
  const isBalanced = spec.type === 'LoadBalancer'
  const ranges = isBalanced && spec.loadBalancerSourceRanges?.length ? spec.loadBalancerSourceRanges : undefined
  const balanced = isBalanced
    ? (status.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) => (ip && ipMode !== 'Proxy' ? [ip] : []))
    : []
  return [
    ...(spec.externalIPs ?? []).filter(isIpv4).map((ip) => ({ ...base, ip, port: port.port, action: action() })),
    ...balanced.filter(isIpv4).map((ip) => ({ ...base, ip, port: port.port, action: action(ranges) })),
    ...(port.nodePort && spec.type !== 'ClusterIP' ? [{ ...base, port: port.nodePort, action: action() }] : []),
  ]
}
