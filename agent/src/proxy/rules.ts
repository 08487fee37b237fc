/**
 * One model of what Services do to packets, computed from Services and EndpointSlices; a backend prints it. Pure.
 * https://kubernetes.io/docs/reference/networking/virtual-ips/
 */
import type { EndpointSlice, Service } from '../../../src/kube/types.ts'

export type Protocol = 'tcp' | 'udp' | 'sctp'

export interface Target {
  readonly ip: string
  readonly port: number
}

/** What one port of a Service does. */
export interface ServicePort {
  /** `namespace/name:port`, for names and comments. */
  readonly id: string
  readonly protocol: Protocol
  readonly port: number
  readonly clusterIp: string
  /** Reached from outside at these addresses too: external and load balancer IPs. */
  readonly externalIps: readonly string[]
  readonly nodePort: number | undefined
  /** From within the cluster. */
  readonly targets: readonly Target[]
  /** From outside it; differs where externalTrafficPolicy is Local. */
  readonly externalTargets: readonly Target[]
  /** The source address is kept for packets from outside: they stay on this node. */
  readonly keepsSource: boolean
  readonly affinity: 'none' | 'client'
}

export interface RuleInput {
  readonly services: readonly Service[]
  readonly slices: readonly EndpointSlice[]
  readonly nodeName: string
  /** Where the `kubernetes` Service ends: the agent itself. */
  readonly gateway: Target | undefined
}

type Endpoint = EndpointSlice['endpoints'][number]

const SERVICE_LABEL = 'kubernetes.io/service-name'

const PROTOCOLS: Readonly<Record<string, Protocol>> = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' }

export function servicePorts({ services, slices, nodeName, gateway }: RuleInput): ServicePort[] {
  const byService = slicesByService(slices)
  const ports: ServicePort[] = []
  for (const service of services) {
    const { clusterIP } = service.spec
    if (service.spec.type === 'ExternalName' || !clusterIP || clusterIP === 'None') continue
    const name = `${service.metadata.namespace}/${service.metadata.name}`
    const own = byService.get(name) ?? []
    for (const port of service.spec.ports ?? []) {
      const isKubernetes = name === 'default/kubernetes'
      const all =
        isKubernetes && gateway ? [{ target: gateway, isLocal: true }] : reachable(own, port.name ?? '', nodeName)
      const local = all.filter((each) => each.isLocal)
      const isInternalLocal = service.spec.internalTrafficPolicy === 'Local'
      const isExternalLocal = service.spec.externalTrafficPolicy === 'Local'
      ports.push({
        id: `${name}:${port.name ?? port.port}`,
        protocol: PROTOCOLS[port.protocol ?? 'TCP'] ?? 'tcp',
        port: port.port,
        clusterIp: clusterIP,
        externalIps: [
          ...(service.spec.externalIPs ?? []),
          ...(service.status.loadBalancer?.ingress ?? []).flatMap((ingress) => ingress.ip ?? []),
        ],
        nodePort: port.nodePort,
        targets: targetsOf(isInternalLocal ? local : all),
        externalTargets: targetsOf(isExternalLocal ? local : all),
        keepsSource: isExternalLocal,
        affinity: service.spec.sessionAffinity === 'ClientIP' ? 'client' : 'none',
      })
    }
  }
  return ports.sort((a, b) => (a.id < b.id ? -1 : 1))
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

interface Reached {
  readonly target: Target
  readonly isLocal: boolean
}

/** Ready endpoints; where there are none, those that still serve while they end (KEP-1669). */
function reachable(slices: readonly EndpointSlice[], portName: string, nodeName: string): Reached[] {
  const all = slices.flatMap((slice) => {
    const port = slice.ports?.find((candidate) => (candidate.name ?? '') === portName)?.port
    return port === undefined ? [] : slice.endpoints.map((endpoint) => ({ endpoint, port }))
  })
  const ready = all.filter(({ endpoint }) => endpoint.conditions?.ready !== false)
  const ending = all.filter(
    ({ endpoint }) => endpoint.conditions?.serving === true && endpoint.conditions.terminating === true,
  )
  return (ready.length > 0 ? ready : ending).flatMap(({ endpoint, port }) => reachedAt(endpoint, port, nodeName))
}

const reachedAt = (endpoint: Endpoint, port: number, nodeName: string): Reached[] =>
  endpoint.addresses.map((ip) => ({ target: { ip, port }, isLocal: endpoint.nodeName === nodeName }))

/** Once each, in an order of their own: the same endpoints print the same rules. */
function targetsOf(reached: readonly Reached[]): Target[] {
  const byText = new Map(reached.map(({ target }) => [`${target.ip}:${target.port}`, target]))
  return [...byText.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target)
}
