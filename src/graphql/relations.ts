/**
 * How objects lead to others: a table. Each way is answered from the request's loader, so a query over a hundred
 * Deployments lists ReplicaSets once a namespace. A kind that is not served yet leaves its ways out.
 */
import type { KubeObject, OwnerReference } from '../kube/object.ts'
import { controllerOf } from '../kube/object.ts'
import { builtIn, resources } from '../kube/registry.ts'
import type { Resource } from '../kube/resource.ts'
import type { EndpointSlice, Event, Pod } from '../kube/types.ts'
import type { Session } from './context.ts'
import type { Index, Narrowing } from './loader.ts'

export interface Relation {
  /** Kind it starts from; undefined: every kind. */
  readonly from: string | undefined
  readonly field: string
  /** Kind it leads to; undefined: any. */
  readonly to: string | undefined
  readonly many: boolean
  readonly description: string
  readonly find: (object: KubeObject, session: Session) => Promise<readonly KubeObject[]>
}

const kind = (name: string): Resource | undefined => resources.find((resource) => resource.kind === name)

const byUid: Index = { name: 'uid', keys: ({ metadata }) => [metadata.uid] }
const byName: Index = { name: 'name', keys: ({ metadata }) => [metadata.name] }
const byController: Index = { name: 'controller', keys: (object) => textsOf(controllerOf(object)?.uid) }
// These two are given objects of their kind only.
const byNode: Index = { name: 'node', keys: (object) => textsOf((object as Pod).spec.nodeName) }
const byInvolved: Index = { name: 'involved', keys: (object) => textsOf((object as Event).involvedObject.uid) }
const SERVICE_NAME = 'kubernetes.io/service-name'
const byService: Index = { name: 'service', keys: ({ metadata }) => textsOf(metadata.labels?.[SERVICE_NAME]) }

const textsOf = (text: string | undefined): string[] => (text ? [text] : [])
const namespaceOf = ({ metadata }: KubeObject): string => metadata.namespace ?? ''

interface Way {
  readonly to: string
  readonly index: Index
  readonly keys: (object: KubeObject) => readonly string[]
  /** The namespace to look in, where it is not the object's own. */
  readonly namespace?: ((object: KubeObject) => string | undefined) | undefined
  /** What the cluster can select by, so that one object's relations do not read the whole namespace. */
  readonly narrowing?: ((key: string, object: KubeObject) => Narrowing | undefined) | undefined
}

const way =
  ({ to, index, keys, namespace = namespaceOf, narrowing }: Way): Relation['find'] =>
  async (object, { loader }) => {
    const resource = kind(to)
    if (!resource) return []
    const related = (key: string) =>
      loader.related({ resource, namespace: namespace(object), index, key, narrowing: narrowing?.(key, object) })
    return (await Promise.all(keys(object).map(related))).flat()
  }

const byField =
  (field: string) =>
  (value: string): Narrowing => ({ fieldSelector: `${field}=${value}` })

const uidOf = ({ metadata }: KubeObject): readonly string[] => [metadata.uid]
const controlled = (to: string) =>
  way({ to, index: byController, keys: uidOf, narrowing: (_, object) => selected(object) })

/** A controller owns only what its selector matches; plain labels are all that is needed to leave most others out. */
function selected(object: KubeObject): Narrowing | undefined {
  // A kind that controls others has one of these two, or none.
  const { spec } = object as {
    spec?: { selector?: { matchLabels?: Record<string, string> } & Record<string, unknown> }
  }
  const labels = spec?.selector?.matchLabels ?? (object.kind === 'ReplicationController' ? spec?.selector : undefined)
  const terms = Object.entries(labels ?? {}).map(([name, value]) => `${name}=${String(value)}`)
  return terms.length === 0 ? undefined : { labelSelector: terms.join(',') }
}

const controllerIn = (to: string) =>
  way({
    to,
    index: byUid,
    keys: (object) => {
      const owner = controllerOf(object)
      return owner?.kind === to ? [owner.uid] : []
    },
    narrowing: (_, object) => byField('metadata.name')(controllerOf(object)?.name ?? ''),
  })

const slicesOf = way({
  to: 'EndpointSlice',
  index: byService,
  keys: ({ metadata }) => [metadata.name],
  narrowing: (name) => ({ labelSelector: `${SERVICE_NAME}=${name}` }),
})

const podsOfSlice = way({
  to: 'Pod',
  index: byName,
  // Only slices come here.
  keys: (object) => podNames(object as EndpointSlice),
})

/** A Pod with two families of addresses stands in two slices, and in one slice once for each named port. */
const podNames = ({ endpoints }: EndpointSlice): string[] => [
  ...new Set((endpoints ?? []).flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' ? textsOf(targetRef.name) : []))),
]

async function podsOfDeployment(object: KubeObject, session: Session): Promise<readonly KubeObject[]> {
  const sets = await controlled('ReplicaSet')(object, session)
  // The Deployment's own labels are on the Pods of all its revisions.
  const ofAll = way({ to: 'Pod', index: byController, keys: uidOf, narrowing: () => selected(object) })
  return (await Promise.all(sets.map((set) => ofAll(set, session)))).flat()
}

async function podsOfService(object: KubeObject, session: Session): Promise<readonly KubeObject[]> {
  const slices = await slicesOf(object, session)
  const pods = (await Promise.all(slices.map((slice) => podsOfSlice(slice, session)))).flat()
  return [...new Set(pods)]
}

async function ownersOf(object: KubeObject, session: Session): Promise<readonly KubeObject[]> {
  const owners = object.metadata.ownerReferences ?? []
  return (await Promise.all(owners.map((owner) => ownerOf(owner, namespaceOf(object), session)))).flat()
}

async function ownerOf(owner: OwnerReference, namespace: string, { loader }: Session): Promise<readonly KubeObject[]> {
  const resource = builtIn.byKind(owner.apiVersion, owner.kind)
  if (!resource) return []
  const own = resource.scope === 'cluster' ? '' : namespace
  return loader.related({
    resource,
    namespace: own,
    index: byUid,
    key: owner.uid,
    narrowing: byField('metadata.name')(owner.name),
  })
}

const all: readonly Relation[] = [
  {
    from: undefined,
    field: 'events',
    to: 'Event',
    many: true,
    description: 'What has been reported about it.',
    find: way({
      to: 'Event',
      index: byInvolved,
      keys: uidOf,
      narrowing: byField('involvedObject.uid'),
      // Events about what has no namespace are kept in this one.
      namespace: (object) => namespaceOf(object) || 'default',
    }),
  },
  {
    from: undefined,
    field: 'owners',
    to: undefined,
    many: true,
    description: 'The objects that its ownerReferences name, where they are still there.',
    find: ownersOf,
  },
  {
    from: 'Deployment',
    field: 'replicaSets',
    to: 'ReplicaSet',
    many: true,
    description: 'Its revisions.',
    find: controlled('ReplicaSet'),
  },
  {
    from: 'Deployment',
    field: 'pods',
    to: 'Pod',
    many: true,
    description: 'Pods of all its revisions.',
    find: podsOfDeployment,
  },
  {
    from: 'ReplicaSet',
    field: 'deployment',
    to: 'Deployment',
    many: false,
    description: 'The Deployment it is a revision of.',
    find: controllerIn('Deployment'),
  },
  ...['ReplicaSet', 'ReplicationController', 'StatefulSet', 'DaemonSet', 'Job'].map((from) => ({
    from,
    field: 'pods',
    to: 'Pod',
    many: true,
    description: 'Pods it controls.',
    find: controlled('Pod'),
  })),
  {
    from: 'Pod',
    field: 'node',
    to: 'Node',
    many: false,
    description: 'The node it is bound to.',
    find: way({
      to: 'Node',
      index: byName,
      // Only Pods come here.
      keys: (pod) => textsOf((pod as Pod).spec.nodeName),
      namespace: () => '',
      narrowing: byField('metadata.name'),
    }),
  },
  {
    from: 'Node',
    field: 'pods',
    to: 'Pod',
    many: true,
    description: 'Pods bound to it.',
    find: way({
      to: 'Pod',
      index: byNode,
      keys: ({ metadata }) => [metadata.name],
      namespace: () => undefined,
      narrowing: byField('spec.nodeName'),
    }),
  },
  {
    from: 'Service',
    field: 'endpointSlices',
    to: 'EndpointSlice',
    many: true,
    description: 'Where its traffic goes.',
    find: slicesOf,
  },
  {
    from: 'Service',
    field: 'endpoints',
    to: 'Endpoints',
    many: false,
    description: 'Where its traffic goes, in the older form: the Endpoints of its name.',
    find: way({
      to: 'Endpoints',
      index: byName,
      keys: ({ metadata }) => [metadata.name],
      narrowing: byField('metadata.name'),
    }),
  },
  {
    from: 'Service',
    field: 'pods',
    to: 'Pod',
    many: true,
    description: 'Pods in its EndpointSlices.',
    find: podsOfService,
  },
  {
    from: 'EndpointSlice',
    field: 'pods',
    to: 'Pod',
    many: true,
    description: 'Pods that it lists.',
    find: podsOfSlice,
  },
  {
    from: 'EndpointSlice',
    field: 'service',
    to: 'Service',
    many: false,
    description: 'The Service it is of.',
    find: way({
      to: 'Service',
      index: byName,
      keys: ({ metadata }) => textsOf(metadata.labels?.[SERVICE_NAME]),
      narrowing: byField('metadata.name'),
    }),
  },
]

/** The ways from a kind to kinds that are served. */
export const relationsOf = (from: string): readonly Relation[] =>
  all.filter(
    (relation) => (relation.from ?? from) === from && (relation.to === undefined || kind(relation.to) !== undefined),
  )
