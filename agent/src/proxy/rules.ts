/**
 * One model of what Services do to packets, computed from Services and EndpointSlices; a backend prints it. Pure.
 * Which endpoints serve which traffic is kube-proxy's CategorizeEndpoints (pkg/proxy/topology.go).
 * https://kubernetes.io/docs/reference/networking/virtual-ips/
 */
import type { EndpointSlice, Service } from '../../../src/kube/types.ts'
import { isCidr, isIpv4, isWithin } from '../network/addresses.ts'

export type Protocol = 'tcp' | 'udp' | 'sctp'

export interface Target {
  readonly ip: string
  readonly port: number
}

/** What one port of a Service does. */
export interface ServicePort {
  /** `namespace/name/tcp/port`. */
  readonly id: string
  readonly service: string
  readonly protocol: Protocol
  readonly port: number
  readonly clusterIp: string
  readonly externalIps: readonly string[]
  readonly balancer: Balancer
  readonly nodePort: number | undefined
  /** Every endpoint that serves; where it is empty nobody serves the port. */
  readonly cluster: readonly Target[]
  /** Those of this node, where a traffic policy asks for them. */
  readonly local: readonly Target[]
  readonly isInternalLocal: boolean
  readonly isExternalLocal: boolean
  /** Session affinity: a client stays with its endpoint for so long. */
  readonly affinitySeconds: number | undefined
  /** Endpoints on this node: one may reach itself through the Service. */
  readonly here: readonly string[]
}

export interface Balancer {
  readonly ips: readonly string[]
  /** Who may come by the balancer's addresses; everybody where it is absent. */
  readonly sources: readonly string[] | undefined
}

export interface RuleInput {
  readonly services: readonly Service[]
  readonly slices: readonly EndpointSlice[]
  readonly nodeName: string
  readonly nodeIp: string
  /** Where the `kubernetes` Service ends: the agent itself. */
  readonly gateway: Target | undefined
}

type Port = NonNullable<Service['spec']['ports']>[number]

const SERVICE_LABEL = 'kubernetes.io/service-name'
/** A Service with this label is another proxy's. */
const PROXY_LABEL = 'service.kubernetes.io/service-proxy-name'

const PROTOCOLS: Readonly<Record<string, Protocol>> = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' }

const protocolOf = (name = 'TCP'): Protocol => PROTOCOLS[name] ?? 'tcp'

export function servicePorts(input: RuleInput): ServicePort[] {
  const slices = slicesByService(input.slices)
  const ports = input.services
    .filter(isProxied)
    .flatMap((service) => (service.spec.ports ?? []).map((port) => servicePort(service, port, { slices, input })))
  return ports.sort((a, b) => (a.id < b.id ? -1 : 1))
}

const isProxied = ({ metadata, spec }: Service): boolean =>
  spec.type !== 'ExternalName' && isIpv4(spec.clusterIP ?? '') && metadata.labels?.[PROXY_LABEL] === undefined

const nameOf = ({ metadata }: Service): string => `${metadata.namespace}/${metadata.name}`

function servicePort(
  service: Service,
  port: Port,
  { slices, input }: { slices: ReadonlyMap<string, readonly EndpointSlice[]>; input: RuleInput },
): ServicePort {
  const { spec } = service
  const name = nameOf(service)
  const protocol = protocolOf(port.protocol)
  const endpoints = endpointsOf(slices.get(name) ?? [], port, input.nodeName)
  const isKubernetes = name === 'default/kubernetes' && input.gateway !== undefined
  const cluster = isKubernetes && input.gateway ? [input.gateway] : usable(endpoints)
  const isInternalLocal = spec.internalTrafficPolicy === 'Local' && !isKubernetes
  const isExternalLocal = spec.externalTrafficPolicy === 'Local' && !isKubernetes
  const hasLocal = isInternalLocal || isExternalLocal
  return {
    id: `${name}/${protocol}/${port.name || port.port}`,
    service: name,
    protocol,
    port: port.port,
    clusterIp: spec.clusterIP ?? '',
    externalIps: (spec.externalIPs ?? []).filter(isIpv4),
    balancer: balancerOf(service, input.nodeIp),
    nodePort: port.nodePort,
    cluster: cluster.map(targetOf),
    local: hasLocal ? usable(endpoints.filter(({ isLocal }) => isLocal)).map(targetOf) : [],
    isInternalLocal,
    isExternalLocal,
    affinitySeconds: affinityOf(service),
    here: isKubernetes ? [] : [...new Set(endpoints.filter(({ isLocal }) => isLocal).map(({ ip }) => ip))],
  }
}

const targetOf = ({ ip, port }: Target): Target => ({ ip, port })

/** Addresses of mode Proxy are left alone: the balancer wants to see those packets itself (KEP-1860). */
function balancerOf({ spec, status }: Service, nodeIp: string): Balancer {
  const ips = (status.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) =>
    ip && isIpv4(ip) && ipMode !== 'Proxy' ? [ip] : [],
  )
  const ranges = (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()).filter(isCidr)
  if (ranges.length === 0 || ranges.some((range) => range.endsWith('/0'))) return { ips, sources: undefined }
  // The address is often the node's own too; then the node comes to it by that very address.
  const own = ranges.some((range) => isWithin(nodeIp, range)) ? ips.map((ip) => `${ip}/32`) : []
  return { ips, sources: [...new Set([...ranges, ...own])].sort() }
}

const DEFAULT_AFFINITY_SECONDS = 10_800

function affinityOf({ spec }: Service): number | undefined {
  if (spec.sessionAffinity !== 'ClientIP') return undefined
  return spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS
}

function slicesByService(slices: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const all = new Map<string, EndpointSlice[]>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const name = `${slice.metadata.namespace}/${slice.metadata.labels?.[SERVICE_LABEL] ?? ''}`
    const known = all.get(name)
    if (known) known.push(slice)
    else all.set(name, [slice])
  }
  return all
}

interface Endpoint extends Target {
  readonly isLocal: boolean
  readonly isReady: boolean
  /** Still answers while its Pod ends. */
  readonly isLingering: boolean
}

/** Once each, in an order of their own: the same endpoints make the same rules. */
function endpointsOf(slices: readonly EndpointSlice[], port: Port, nodeName: string): Endpoint[] {
  const found = new Map<string, Endpoint>()
  for (const slice of slices) {
    const number = slice.ports?.find(
      ({ name = '', protocol }) => name === (port.name ?? '') && protocolOf(protocol) === protocolOf(port.protocol),
    )?.port
    if (number === undefined) continue
    for (const { addresses, conditions = {}, nodeName: home } of slice.endpoints) {
      const [ip] = addresses
      if (!ip) continue
      found.set(`${ip}:${number}`, {
        ip,
        port: number,
        isLocal: home === nodeName,
        isReady: conditions.ready !== false,
        isLingering: conditions.serving !== false && conditions.terminating === true,
      })
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint)
}

/** Ready endpoints; where there are none, those that still serve while they end (KEP-1669). */
function usable(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter(({ isReady }) => isReady)
  return ready.length > 0 ? ready : endpoints.filter(({ isLingering }) => isLingering)
}

/** Ready endpoints on this node, whichever port they serve. */
export function readyHere(service: Service, { slices, nodeName }: Pick<RuleInput, 'slices' | 'nodeName'>): number {
  const own = slicesByService(slices).get(nameOf(service)) ?? []
  const here = own
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ nodeName: home, conditions }) => home === nodeName && conditions?.ready !== false)
  return new Set(here.map(({ addresses: [ip] }) => ip)).size
}

/** Whether anybody may come from outside the cluster. */
export const isExternal = ({ externalIps, balancer, nodePort }: ServicePort): boolean =>
  nodePort !== undefined || externalIps.length > 0 || balancer.ips.length > 0
