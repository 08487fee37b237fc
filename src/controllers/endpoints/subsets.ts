/**
 * Packs what Pods offer into the subsets of an Endpoints object: ports with the same addresses share one subset, and
 * the order depends on nothing but the content (endpoints.RepackSubsets).
 */
import type { Endpoints } from '../../kube/types.ts'

/** Elections are held on Endpoints that look like those of a Service of the same name. */
export const LEADER = 'control-plane.alpha.kubernetes.io/leader'

export type Subset = NonNullable<Endpoints['subsets']>[number]
export type Address = NonNullable<Subset['addresses']>[number]
export type Port = NonNullable<Subset['ports']>[number]

export interface Offer {
  readonly address: Address
  readonly isReady: boolean
  /** Absent for a headless Service without ports. */
  readonly port?: Port
}

interface Offered {
  readonly port: Port | undefined
  /** By address and uid. */
  readonly addresses: Map<string, Offer>
}

export function packed(offers: readonly Offer[]): Subset[] {
  const byAddresses = new Map<string, { ports: Port[]; offers: Offer[] }>()
  for (const { port, addresses } of byPort(offers)) {
    const sorted = [...addresses.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
    const id = sorted.map(([key, { isReady }]) => `${key} ${isReady}`).join('\n')
    const found = byAddresses.get(id)
    if (found && port) found.ports.push(port)
    else if (!found) byAddresses.set(id, { ports: port ? [port] : [], offers: sorted.map(([, offer]) => offer) })
  }
  return [...byAddresses.values()].map(subsetOf)
}

function byPort(offers: readonly Offer[]): Offered[] {
  const ports = new Map<string, Offered>()
  for (const offer of offers) {
    const id = idOf(offer.port)
    const offered = ports.get(id) ?? { port: offer.port, addresses: new Map() }
    ports.set(id, offered)
    offered.addresses.set(`${sortable(offer.address.ip)} ${offer.address.targetRef?.uid ?? ''}`, offer)
  }
  return [...ports.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, offered]) => offered)
}

const idOf = (port: Port | undefined): string =>
  port ? `${port.name ?? ''}/${String(port.port).padStart(5, '0')}/${port.protocol}/${port.appProtocol ?? ''}` : ''

/** 10.244.0.9 stands before 10.244.0.10. */
const sortable = (ip: string): string =>
  ip
    .split('.')
    .map((part) => part.padStart(3, '0'))
    .join('.')

function subsetOf({ ports, offers }: { ports: Port[]; offers: Offer[] }): Subset {
  const ready = offers.filter(({ isReady }) => isReady).map(({ address }) => address)
  const notReady = offers.filter(({ isReady }) => !isReady).map(({ address }) => address)
  return {
    ...(ready.length > 0 ? { addresses: ready } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }
}
