/** What the control plane wants of this node: deltas laid over the last state. Pure; the node keeps a copy on disk. */
import { type Key, keyOf, keyText } from '../../../src/kube/object.ts'
import type { ConfigMap, EndpointSlice, Pod, Secret, Service } from '../../../src/kube/types.ts'
import type { Delta, Peer, SyncResponse } from '../../../src/protocol/agent.ts'

export type Objects<T> = ReadonlyMap<string, T>

export interface Desired {
  readonly pods: Objects<Pod>
  readonly configMaps: Objects<ConfigMap>
  readonly secrets: Objects<Secret>
  readonly services: Objects<Service>
  readonly endpointSlices: Objects<EndpointSlice>
  readonly peers: readonly Peer[]
  readonly podCidr?: string
  readonly cluster?: SyncResponse['cluster']
}

export const NOTHING_DESIRED: Desired = {
  pods: new Map(),
  configMaps: new Map(),
  secrets: new Map(),
  services: new Map(),
  endpointSlices: new Map(),
  peers: [],
}

export function withAnswer(desired: Desired, answer: SyncResponse): Desired {
  const { full } = answer
  return {
    pods: applied(desired.pods, answer.pods, full),
    configMaps: applied(desired.configMaps, answer.configMaps, full),
    secrets: applied(desired.secrets, answer.secrets, full),
    services: applied(desired.services, answer.services, full),
    endpointSlices: applied(desired.endpointSlices, answer.endpointSlices, full),
    peers: answer.peers ?? desired.peers,
    podCidr: answer.node.podCIDR ?? desired.podCidr,
    cluster: answer.cluster,
  }
}

/** The same map when nothing changed, so that who looks can tell by identity. */
function applied<T extends Pod | ConfigMap | Secret | Service | EndpointSlice>(
  before: Objects<T>,
  { changed, gone }: Delta<T>,
  isFull: boolean,
): Objects<T> {
  if (!isFull && changed.length === 0 && gone.length === 0) return before
  const after = new Map(isFull ? [] : before)
  for (const key of gone) after.delete(keyText(key))
  for (const object of changed) after.set(keyText(keyOf(object)), object)
  return after
}

export const find = <T>(objects: Objects<T>, key: Key): T | undefined => objects.get(keyText(key))

/** As JSON for the disk, and back. */
export function encode(desired: Desired): string {
  const lists = Object.fromEntries(
    Object.entries(desired).map(([name, value]) => [name, value instanceof Map ? [...value.values()] : value]),
  )
  return JSON.stringify({ ...lists, version: 1 })
}

interface Stored extends Pick<Desired, 'podCidr' | 'cluster' | 'peers'> {
  readonly version: 1
  readonly pods: readonly Pod[]
  readonly configMaps: readonly ConfigMap[]
  readonly secrets: readonly Secret[]
  readonly services: readonly Service[]
  readonly endpointSlices: readonly EndpointSlice[]
}

export function isStored(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === 1 && 'pods' in value
}

export function decode(stored: Stored): Desired {
  const mapped = <T extends Pod | ConfigMap | Secret | Service | EndpointSlice>(list: readonly T[]): Objects<T> =>
    new Map(list.map((object) => [keyText(keyOf(object)), object]))
  return {
    pods: mapped(stored.pods),
    configMaps: mapped(stored.configMaps),
    secrets: mapped(stored.secrets),
    services: mapped(stored.services),
    endpointSlices: mapped(stored.endpointSlices),
    peers: stored.peers,
    podCidr: stored.podCidr,
    cluster: stored.cluster,
  }
}
