/** What users do to Namespaces, Pods, Leases, and to objects that own each other. */
import { clone } from '../../../src/kube/json.ts'
import { type KubeObject, keyOf } from '../../../src/kube/object.ts'
import { leases } from '../../../src/kube/resources/coordination/lease.ts'
import { configMaps } from '../../../src/kube/resources/core/config-map.ts'
import { namespaces } from '../../../src/kube/resources/core/namespace.ts'
import { pods } from '../../../src/kube/resources/core/pod.ts'
import type { Cluster } from '../cluster.ts'
import type { Chance } from '../random.ts'
import { type Act, APPS, NAMESPACES, oneOf, PROPAGATIONS } from './act.ts'

export const objectActs: readonly Act[] = [
  { weight: 4, what: 'creates a Namespace', run: createNamespace },
  { weight: 1, what: 'deletes a Namespace', run: removeNamespace },
  { weight: 4, what: 'deletes a Pod', run: removePod },
  { weight: 2, what: 'takes a Pod from its set', run: relabelPod },
  { weight: 3, what: 'renews a Lease', run: renew },
  { weight: 4, what: 'creates a ConfigMap', run: createConfigMap },
  { weight: 3, what: 'makes a ConfigMap own another', run: own },
  { weight: 3, what: 'deletes a ConfigMap', run: removeConfigMap },
]

function createNamespace({ client }: Cluster, chance: Chance): void {
  client.create(namespaces, '', { metadata: { name: chance.pick(['team-a', 'team-b']) }, spec: {}, status: {} })
}

function removeNamespace(cluster: Cluster, chance: Chance): void {
  cluster.excuse()
  cluster.client.remove(namespaces, { namespace: '', name: chance.pick(['team-a', 'team-b']) })
}

function removePod(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, pods)
  if (!found) return
  cluster.excuse()
  cluster.client.remove(pods, keyOf(found), chance.percent(20) ? { gracePeriodSeconds: 0 } : {})
}

function relabelPod(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, pods)
  if (!found) return
  cluster.excuse()
  const app = chance.pick([...APPS, 'nobody'])
  cluster.client.patch(pods, keyOf(found), (draft) => {
    draft.metadata.labels = { ...draft.metadata.labels, app }
  })
}

function renew({ client, timeline }: Cluster, chance: Chance): void {
  const name = chance.pick(['leader', 'other'])
  const renewTime = new Date(timeline.now()).toISOString().replace('Z', '000Z')
  client.write(`renew ${name}`, ({ operations, store }) => {
    const key = { namespace: 'default', name }
    const found = store.get(leases, key)
    const draft = clone(found) ?? { metadata: { name }, spec: { holderIdentity: 'me' } }
    const next = { ...draft, spec: { ...draft.spec, renewTime } }
    if (found) operations.update(leases, key, next as never)
    else operations.create(leases, 'default', next as never)
    // What is written in place has no change of its own in the log.
    return []
  })
}

const ROOT_CA = 'kube-root-ca.crt'
const NAMES = ['a', 'b', 'c', 'd', 'e'] as const

function createConfigMap({ client }: Cluster, chance: Chance): void {
  client.create(configMaps, chance.pick(NAMESPACES), { metadata: { name: chance.pick(NAMES) } })
}

/** Of the same namespace; circles come of it too. */
function own(cluster: Cluster, chance: Chance): void {
  const owned = chance.some(cluster.history.all(configMaps).filter(isUsers))
  const namespace = owned?.metadata.namespace
  const owner = chance.some(
    cluster.history.all(configMaps).filter((each) => isUsers(each) && each.metadata.namespace === namespace),
  )
  if (!owned || !owner) return
  const { name, uid } = owner.metadata
  const blockOwnerDeletion = chance.percent(70)
  cluster.client.patch(configMaps, keyOf(owned), ({ metadata }) => {
    const others = (metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid)
    metadata.ownerReferences = [...others, { apiVersion: 'v1', kind: 'ConfigMap', name, uid, blockOwnerDeletion }]
  })
}

function removeConfigMap({ client, history }: Cluster, chance: Chance): void {
  const found = chance.some(history.all(configMaps).filter(isUsers))
  const propagationPolicy = chance.pick(PROPAGATIONS)
  if (found) client.remove(configMaps, keyOf(found), { propagationPolicy })
}

const isUsers = ({ metadata }: KubeObject): boolean => metadata.name !== ROOT_CA
