/**
 * Cluster IPs and node ports of Services. What is taken is read from the Services themselves, so there is no second
 * record that could disagree; memory keeps the sets, and is rebuilt when the object wakes.
 * https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
 */
import { type FieldError, FieldPath, invalidValue } from '../../kube/field.ts'
import type { KubeObject } from '../../kube/object.ts'
import { services } from '../../kube/resources/core/service.ts'
import { settleFamilies } from '../../kube/service/families.ts'
import { needsHealthCheck } from '../../kube/service/type.ts'
import type { Service } from '../../kube/types.ts'
import type { Change } from '../../store/log.ts'
import type { Store } from '../../store/store.ts'

export const SERVICE_CIDR = '10.96.0.0/12'
export const KUBERNETES_SERVICE_IP = '10.96.0.1'
const FIRST_IP = ipNumber('10.96.0.1')
const LAST_IP = ipNumber('10.111.255.254')
/** The lower part is for those who choose an address themselves: min(max(16, size/16), 256) addresses (KEP-3070). */
const STATIC_IPS = 256
const FIRST_PORT = 30_000
const LAST_PORT = 32_767
const STATIC_PORTS = 86

export interface Allocator {
  /** Fills clusterIP(s), ipFamilies and nodePorts in place; answers errors for wishes that can't be met. */
  allocate(service: Service, previous: Service | undefined): FieldError[]
  /** Follows what was committed. */
  observe(changes: readonly Change[]): void
  forget(): void
}

export function createAllocator(store: Store, random: () => number): Allocator {
  let taken: { ips: Set<string>; ports: Set<string> } | undefined
  const current = () => {
    if (taken) return taken
    taken = { ips: new Set(), ports: new Set() }
    for (const service of store.list(services)) hold(taken, service)
    return taken
  }

  return {
    allocate(service, previous) {
      const held = withUncommitted(current(), store.uncommitted)
      const own = { ips: new Set<string>(), ports: new Set<string>() }
      if (previous) hold(own, previous)
      return [
        ...allocateIp(service, previous, { taken: held.ips, own: own.ips, random }),
        ...allocatePorts(service, held.ports, own.ports, random),
        ...allocateHealthPort(service, held.ports, own.ports, random),
      ]
    },
    observe(changes) {
      if (!taken) return
      for (const change of changes) {
        if (change.resource !== 'services') continue
        if (change.previous) release(taken, asService(change.previous))
        if (change.type !== 'DELETED') hold(taken, asService(change.object))
      }
    },
    forget() {
      taken = undefined
    },
  }
}

/** Whether an address or port is held; all that is asked. */
type Taken = Pick<ReadonlySet<string>, 'has'>

/** Many writes are committed in one turn: what those before this one were given is theirs already. */
function withUncommitted(
  held: { ips: Set<string>; ports: Set<string> },
  changes: readonly Change[],
): { ips: Taken; ports: Taken } {
  const fresh = { ips: new Set<string>(), ports: new Set<string>() }
  for (const { resource, object } of changes) if (resource === 'services') hold(fresh, asService(object))
  return {
    ips: { has: (ip) => held.ips.has(ip) || fresh.ips.has(ip) },
    ports: { has: (port) => held.ports.has(port) || fresh.ports.has(port) },
  }
}

/** Changes of `services` hold Services. */
const asService = (object: KubeObject): Service => object as Service

const ipsOf = (service: Service): string[] =>
  (service.spec.clusterIPs ?? [service.spec.clusterIP ?? '']).filter((ip) => ip !== '' && ip !== 'None')

const portKey = (protocol: string | undefined, port: number): string => `${protocol ?? 'TCP'}/${port}`

function portsOf(service: Service): string[] {
  const keys: string[] = []
  for (const port of service.spec.ports ?? []) if (port.nodePort) keys.push(portKey(port.protocol, port.nodePort))
  if (service.spec.healthCheckNodePort) keys.push(portKey('TCP', service.spec.healthCheckNodePort))
  return keys
}

function hold(taken: { ips: Set<string>; ports: Set<string> }, service: Service): void {
  for (const ip of ipsOf(service)) taken.ips.add(ip)
  for (const port of portsOf(service)) taken.ports.add(port)
}

function release(taken: { ips: Set<string>; ports: Set<string> }, service: Service): void {
  for (const ip of ipsOf(service)) taken.ips.delete(ip)
  for (const port of portsOf(service)) taken.ports.delete(port)
}

const spec = new FieldPath('spec')
const OUT_OF_RANGE = `provided port is not in the valid range. The range of valid ports is ${FIRST_PORT}-${LAST_PORT}`

function allocateIp(
  { spec: service }: Service,
  previous: Service | undefined,
  { taken, own, random }: { taken: Taken; own: Taken; random: () => number },
): FieldError[] {
  if (service.type === 'ExternalName') {
    delete service.clusterIP
    delete service.clusterIPs
    delete service.ipFamilies
    delete service.ipFamilyPolicy
    return []
  }
  const unmet = settleFamilies(service, previous?.spec, spec)
  if (unmet.length > 0) return unmet
  const wish = service.clusterIP ?? service.clusterIPs?.[0] ?? ''
  if (wish === 'None') {
    service.clusterIP = 'None'
    service.clusterIPs = ['None']
    return []
  }
  const ip = wish === '' ? freeIp(taken, random) : wish
  if (ip === undefined) return [invalidValue(spec.child('clusterIPs'), [], 'failed to allocate IP: range is full')]
  const at = spec.child('clusterIPs')
  if (wish !== '' && !own.has(ip)) {
    if (!isServiceIp(ip))
      return [
        invalidValue(
          at,
          [ip],
          `failed to allocate IP ${ip}: the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${SERVICE_CIDR}`,
        ),
      ]
    if (taken.has(ip)) return [invalidValue(at, [ip], `failed to allocate IP ${ip}: provided IP is already allocated`)]
  }
  service.clusterIP = ip
  service.clusterIPs = [ip]
  return []
}

function allocatePorts({ spec: service }: Service, taken: Taken, own: Taken, random: () => number): FieldError[] {
  const errors: FieldError[] = []
  const wantsPorts =
    service.type === 'NodePort' || (service.type === 'LoadBalancer' && service.allocateLoadBalancerNodePorts !== false)
  const chosen = new Set<string>()
  for (const [index, port] of (service.ports ?? []).entries()) {
    if (service.type !== 'NodePort' && service.type !== 'LoadBalancer') {
      delete port.nodePort
      continue
    }
    const at = spec.child('ports').index(index).child('nodePort')
    if (port.nodePort) {
      const key = portKey(port.protocol, port.nodePort)
      if (port.nodePort < FIRST_PORT || port.nodePort > LAST_PORT)
        errors.push(invalidValue(at, port.nodePort, OUT_OF_RANGE))
      else if (chosen.has(key) || (taken.has(key) && !own.has(key)))
        errors.push(invalidValue(at, port.nodePort, 'provided port is already allocated'))
      chosen.add(key)
    } else if (wantsPorts) {
      const free = freePort(
        (candidate) => taken.has(portKey(port.protocol, candidate)) || chosen.has(portKey(port.protocol, candidate)),
        random,
      )
      if (free === undefined) errors.push(invalidValue(at, 0, 'failed to allocate a nodePort: range is full'))
      else {
        port.nodePort = free
        chosen.add(portKey(port.protocol, free))
      }
    }
  }
  return errors
}

/** Where a balancer asks a node whether it has endpoints; no port of the Service may be the same. */
function allocateHealthPort({ spec: service }: Service, taken: Taken, own: Taken, random: () => number): FieldError[] {
  if (!needsHealthCheck(service)) return []
  const others = new Set((service.ports ?? []).map((port) => portKey(port.protocol, port.nodePort ?? 0)))
  const isTaken = (port: number): boolean => taken.has(portKey('TCP', port)) || others.has(portKey('TCP', port))
  const at = spec.child('healthCheckNodePort')
  const wish = service.healthCheckNodePort
  if (!wish) {
    service.healthCheckNodePort = freePort(isTaken, random)
    return service.healthCheckNodePort === undefined
      ? [invalidValue(at, 0, 'failed to allocate a nodePort: range is full')]
      : []
  }
  if (wish < FIRST_PORT || wish > LAST_PORT) return [invalidValue(at, wish, OUT_OF_RANGE)]
  return isTaken(wish) && !own.has(portKey('TCP', wish))
    ? [invalidValue(at, wish, 'provided port is already allocated')]
    : []
}

/** From the upper part of the range first, at a random place, then the next free one. */
function freeIp(taken: Taken, random: () => number): string | undefined {
  const upper = FIRST_IP + STATIC_IPS
  return (
    firstFree(upper, LAST_IP, random, (candidate) => taken.has(ipText(candidate)), ipText) ??
    firstFree(FIRST_IP, upper - 1, random, (candidate) => taken.has(ipText(candidate)), ipText)
  )
}

const freePort = (isTaken: (port: number) => boolean, random: () => number): number | undefined =>
  firstFree(FIRST_PORT + STATIC_PORTS, LAST_PORT, random, isTaken, (port) => port) ??
  firstFree(FIRST_PORT, FIRST_PORT + STATIC_PORTS - 1, random, isTaken, (port) => port)

function firstFree<T>(
  first: number,
  last: number,
  random: () => number,
  isTaken: (candidate: number) => boolean,
  as: (candidate: number) => T,
): T | undefined {
  const size = last - first + 1
  const start = Math.floor(random() * size)
  for (let step = 0; step < size; step++) {
    const candidate = first + ((start + step) % size)
    if (!isTaken(candidate)) return as(candidate)
  }
  return undefined
}

function ipNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function ipText(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
}

function isServiceIp(ip: string): boolean {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(ip)) return false
  const value = ipNumber(ip)
  return value >= FIRST_IP && value <= LAST_IP
}
