/**
 * What of the cluster concerns a node: its Pods, the ConfigMaps and Secrets they mention, and all Services,
 * EndpointSlices and Nodes. A node's agent sees nothing else.
 */
import type { Key, KubeObject } from '../../kube/object.ts'
import { mentionedBy } from '../../kube/pod/mentions.ts'
import { configMaps } from '../../kube/resources/core/config-map.ts'
import { nodes } from '../../kube/resources/core/node.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import { secrets } from '../../kube/resources/core/secret.ts'
import { services } from '../../kube/resources/core/service.ts'
import { endpointSlices } from '../../kube/resources/discovery/endpoint-slice.ts'
import type { ConfigMap, EndpointSlice, Node, Pod, Secret, Service } from '../../kube/types.ts'
import type { Delta, Peer } from '../../protocol/agent.ts'
import type { Change } from '../../store/log.ts'
import type { Store } from '../../store/store.ts'

export interface News {
  readonly full: boolean
  readonly pods: Delta<Pod>
  readonly configMaps: Delta<ConfigMap>
  readonly secrets: Delta<Secret>
  readonly services: Delta<Service>
  readonly endpointSlices: Delta<EndpointSlice>
  readonly peers: readonly Peer[] | undefined
}

export const podsOf = (store: Store, node: string): Pod[] =>
  store.list(pods, { fields: [{ field: 'spec.nodeName', op: '=', value: node }] })

export function everything(store: Store, node: string): News {
  const own = podsOf(store, node)
  const mentioned = mentionedBy(own)
  return {
    full: true,
    pods: { changed: own.map(bare), gone: [] },
    configMaps: {
      changed: [...mentioned.configMaps.values()].flatMap((key) => bared(store.get(configMaps, key))),
      gone: [],
    },
    secrets: { changed: [...mentioned.secrets.values()].flatMap((key) => bared(store.get(secrets, key))), gone: [] },
    services: { changed: store.list(services).map(bare), gone: [] },
    endpointSlices: { changed: store.list(endpointSlices).map(bare), gone: [] },
    peers: peersOf(store, node),
  }
}

/** An object without what an agent has no use for. */
function bare<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

const bared = <T extends KubeObject>(object: T | undefined): T[] => (object === undefined ? [] : [bare(object)])

/** What changed since a cursor. An object that changed more than once is sent once, as it is now. */
export function since(store: Store, node: string, changes: readonly Change[]): News {
  const touched = new Map<string, Map<string, Change>>()
  for (const change of changes) {
    const ofType = touched.get(change.resource) ?? new Map<string, Change>()
    ofType.set(`${change.namespace}/${change.name}`, change)
    touched.set(change.resource, ofType)
  }
  const podDelta = deltaOf<Pod>(touched.get('pods'), (pod) => pod.spec.nodeName === node)
  const mentioned = mentionedBy(
    touched.has('configmaps') || touched.has('secrets') || podDelta.changed.length > 0 ? podsOf(store, node) : [],
  )
  const byNewPods = mentionedBy(podDelta.changed)
  return {
    full: false,
    pods: podDelta,
    configMaps: mentionedDelta(
      store,
      configMaps,
      touched.get('configmaps'),
      mentioned.configMaps,
      byNewPods.configMaps,
    ),
    secrets: mentionedDelta(store, secrets, touched.get('secrets'), mentioned.secrets, byNewPods.secrets),
    services: deltaOf<Service>(touched.get('services'), () => true),
    endpointSlices: deltaOf<EndpointSlice>(touched.get('endpointslices.discovery.k8s.io'), () => true),
    peers: touched.has('nodes') ? peersOf(store, node) : undefined,
  }
}

/** `concerns` judges the state before too: a Pod that was this node's and is not any more is gone. */
function deltaOf<T extends KubeObject>(
  touched: ReadonlyMap<string, Change> | undefined,
  concerns: (object: T) => boolean,
): Delta<T> {
  const changed: T[] = []
  const gone: Key[] = []
  for (const change of touched?.values() ?? []) {
    // The log's entry under a resource's name holds an object of its kind.
    const object = change.object as T
    if (!concerns(object)) continue
    if (change.type === 'DELETED') gone.push({ namespace: change.namespace, name: change.name })
    else changed.push(bare(object))
  }
  return { changed, gone }
}

function mentionedDelta<T extends KubeObject>(
  store: Store,
  resource: Parameters<Store['get']>[0] & { readonly kind: string },
  touched: ReadonlyMap<string, Change> | undefined,
  mentioned: ReadonlyMap<string, Key>,
  byNewPods: ReadonlyMap<string, Key>,
): Delta<T> {
  const changed: T[] = []
  const gone: Key[] = []
  const wanted = new Map(byNewPods)
  for (const [id] of touched ?? []) {
    const key = mentioned.get(id)
    if (key) wanted.set(id, key)
  }
  for (const key of wanted.values()) {
    const object = store.get(resource, key)
    // `resource` is the kind that T is.
    if (object) changed.push(bare(object as T))
    else gone.push(key)
  }
  return { changed, gone }
}

/** The other nodes that have a Pod range and an address: what routes are made of. */
export function peersOf(store: Store, self: string): Peer[] {
  return store.list(nodes).flatMap((node: Node) => {
    const internalIP = node.status.addresses?.find((address) => address.type === 'InternalIP')?.address
    const { podCIDR } = node.spec
    return node.metadata.name === self || !podCIDR || !internalIP
      ? []
      : [{ name: node.metadata.name, podCIDR, internalIP }]
  })
}
