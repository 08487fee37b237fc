/** What users do to a cluster: one act after the other, drawn from the seed, on few names, so that acts meet. */

import { isTerminating, type KubeObject, keyOf } from '../../src/kube/object.ts'
import type { Resource } from '../../src/kube/resource.ts'
import { deployments } from '../../src/kube/resources/apps/deployment.ts'
import { replicaSets } from '../../src/kube/resources/apps/replica-set.ts'
import { leases } from '../../src/kube/resources/coordination/lease.ts'
import { namespaces } from '../../src/kube/resources/core/namespace.ts'
import { nodes } from '../../src/kube/resources/core/node.ts'
import { pods } from '../../src/kube/resources/core/pod.ts'
import { replicationControllers } from '../../src/kube/resources/core/replication-controller.ts'
import { services } from '../../src/kube/resources/core/service.ts'
import type { Node, Pod, ReplicaSet } from '../../src/kube/types.ts'
import { ownerOf } from './checkers/owners.ts'
import type { Cluster } from './cluster.ts'
import * as drafts from './drafts.ts'
import type { Chance } from './random.ts'

interface Act {
  /** How often, beside the others. */
  readonly weight: number
  readonly what: string
  readonly run: (cluster: Cluster, chance: Chance) => void
}

const NAMESPACES = ['default', 'default', 'team-a', 'team-b'] as const
const APPS = ['web', 'api', 'db'] as const
const MAX_NODES = 6
const MIN_NODES = 2

const ACTS: readonly Act[] = [
  { weight: 10, what: 'creates a Deployment', run: (c, chance) => create(c, chance, deployments, drafts.deploymentOf) },
  {
    weight: 3,
    what: 'creates a ReplicaSet',
    run: (c, chance) => create(c, chance, replicaSets, bare(drafts.replicaSetOf)),
  },
  {
    weight: 3,
    what: 'creates a ReplicationController',
    run: (c, chance) => create(c, chance, replicationControllers, bare(drafts.replicationControllerOf)),
  },
  { weight: 8, what: 'creates a Service', run: (c, chance) => create(c, chance, services, drafts.serviceOf) },
  { weight: 4, what: 'creates a Namespace', run: createNamespace },
  { weight: 12, what: 'scales a Deployment', run: scale },
  { weight: 14, what: 'rolls a Deployment out', run: rollOut },
  { weight: 4, what: 'pauses or resumes', run: pause },
  { weight: 6, what: 'rolls back', run: rollBack },
  { weight: 2, what: 'scales a ReplicaSet', run: scaleBare },
  { weight: 4, what: 'deletes a Deployment', run: (c, chance) => remove(c, chance, deployments) },
  { weight: 2, what: 'deletes a ReplicaSet', run: (c, chance) => remove(c, chance, replicaSets) },
  { weight: 1, what: 'deletes a ReplicationController', run: (c, chance) => remove(c, chance, replicationControllers) },
  { weight: 3, what: 'deletes a Service', run: (c, chance) => remove(c, chance, services) },
  { weight: 2, what: 'changes a Service', run: changeService },
  { weight: 1, what: 'deletes a Namespace', run: removeNamespace },
  { weight: 4, what: 'deletes a Pod', run: removePod },
  { weight: 2, what: 'takes a Pod from its set', run: relabelPod },
  { weight: 3, what: 'cordons or uncordons', run: cordon },
  { weight: 1, what: 'drains a node', run: drain },
  { weight: 2, what: 'adds a node', run: addNode },
  { weight: 1, what: 'takes a node away', run: removeNode },
  { weight: 3, what: 'renews a Lease', run: renew },
]

/** Gaps between acts, in milliseconds: from all at once to long enough for a rollout. */
const GAPS = [0, 0, 30, 100, 300, 1000, 4000, 15_000] as const

export interface Workload {
  stop(): void
}

export function startWorkload(cluster: Cluster, chance: Chance): Workload {
  let isStopped = false
  const total = ACTS.reduce((sum, { weight }) => sum + weight, 0)
  const drawn = (): Act => {
    let lot = chance.int(total)
    const found = ACTS.find(({ weight }) => {
      lot -= weight
      return lot < 0
    })
    return found ?? (ACTS[0] as Act)
  }
  const next = (): void => {
    cluster.timeline.after(chance.pick(GAPS), 'a user acts', () => {
      if (isStopped) return
      const act = drawn()
      cluster.note(`  someone ${act.what}`)
      act.run(cluster, chance)
      next()
    })
  }
  next()
  return {
    stop: () => {
      isStopped = true
    },
  }
}

/** So that the cluster can come to rest: what stands still by a user's wish goes on, and what can't run is replaced. */
export function putRight({ client, history, agents }: Cluster): void {
  const names = new Set(agents.map(({ machine }) => machine.name))
  for (const node of history.all(nodes)) if (!names.has(node.metadata.name)) client.remove(nodes, keyOf(node))
  for (const node of history.all(nodes)) if (node.spec.unschedulable) client.patch(nodes, keyOf(node), uncordoned)
  for (const found of history.all(deployments))
    client.patch(deployments, keyOf(found), (draft) => {
      delete draft.spec.paused
      mend(draft.spec.template.spec)
    })
  for (const [resource, all] of [
    [replicaSets, history.all(replicaSets)],
    [replicationControllers, history.all(replicationControllers)],
  ] as const)
    for (const found of all)
      if (ownerOf(found) === undefined) client.remove(resource as unknown as Resource, keyOf(found))
}

function mend(spec: Pod['spec'] | undefined): void {
  const container = spec?.containers[0]
  if (container?.image === drafts.BROKEN_IMAGE) container.image = drafts.IMAGES[0]
}

/** Beside Deployments of the same app they would fight for its Pods: a name of their own. */
const bare = (draftOf: typeof drafts.replicaSetOf) => (name: string, chance: Chance) => draftOf(`${name}-bare`, chance)

function create<T extends KubeObject>(
  { client }: Cluster,
  chance: Chance,
  resource: Resource<T>,
  draftOf: (name: string, chance: Chance) => object,
): void {
  client.create(resource, chance.pick(NAMESPACES), draftOf(chance.pick(APPS), chance))
}

function createNamespace({ client }: Cluster, chance: Chance): void {
  client.create(namespaces, '', { metadata: { name: chance.pick(['team-a', 'team-b']) }, spec: {}, status: {} })
}

/** One that the user can see; its server may know better. */
const oneOf = <T extends KubeObject>({ history }: Cluster, chance: Chance, resource: Resource<T>): T | undefined =>
  chance.some(history.all(resource).filter((object) => !isTerminating(object)))

function scale(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, deployments)
  const replicas = chance.int(chance.percent(10) ? 14 : 7)
  if (found)
    cluster.client.patch(deployments, keyOf(found), (draft) => {
      draft.spec.replicas = replicas
    })
}

function rollOut(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, deployments)
  const image = drafts.imageOf(chance)
  const replicas = chance.percent(20) ? chance.int(7) : undefined
  if (found)
    cluster.client.patch(deployments, keyOf(found), (draft) => {
      const container = draft.spec.template.spec?.containers[0]
      if (container) container.image = image
      if (replicas !== undefined) draft.spec.replicas = replicas
    })
}

function pause(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, deployments)
  if (found)
    cluster.client.patch(deployments, keyOf(found), (draft) => {
      if (draft.spec.paused) delete draft.spec.paused
      else draft.spec.paused = true
    })
}

/** `kubectl rollout undo`: the template of another of its ReplicaSets. */
function rollBack(cluster: Cluster, chance: Chance): void {
  const set = chance.some(cluster.history.all(replicaSets).filter((found) => ownerOf(found) !== undefined))
  const owner = set?.metadata.ownerReferences?.[0]
  if (!set || !owner) return
  const template = templateOf(set)
  cluster.client.patch(deployments, { namespace: set.metadata.namespace ?? '', name: owner.name }, (draft) => {
    draft.spec.template = structuredClone(template)
  })
}

function templateOf({ spec }: ReplicaSet) {
  const template = structuredClone(spec.template) ?? {}
  delete template.metadata?.labels?.['pod-template-hash']
  return template
}

function scaleBare(cluster: Cluster, chance: Chance): void {
  const found = chance.some(cluster.history.all(replicaSets).filter((set) => ownerOf(set) === undefined))
  const replicas = chance.int(5)
  if (found)
    cluster.client.patch(replicaSets, keyOf(found), (draft) => {
      draft.spec.replicas = replicas
    })
}

/** A user deletes what is his: what a Deployment made is left to it. */
function remove<T extends KubeObject>(cluster: Cluster, chance: Chance, resource: Resource<T>): void {
  const own = cluster.history.all(resource).filter((object) => ownerOf(object) === undefined)
  const found = chance.some(own.filter(({ metadata }) => metadata.name !== 'kubernetes'))
  const propagationPolicy = chance.pick(['Background', 'Background', 'Foreground', 'Orphan'])
  if (found) cluster.client.remove(resource, keyOf(found), { propagationPolicy })
}

function changeService(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, services)
  if (!found?.spec.selector) return
  const app = chance.pick(APPS)
  const type = found.spec.clusterIP === 'None' ? 'ClusterIP' : chance.pick(['ClusterIP', 'NodePort'])
  cluster.client.patch(services, keyOf(found), (draft) => {
    draft.spec.selector = { app }
    draft.spec.type = type
  })
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

const uncordoned = (draft: Node): void => {
  delete draft.spec.unschedulable
}

function cordon(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, nodes)
  if (found)
    cluster.client.patch(nodes, keyOf(found), (draft) => {
      if (draft.spec.unschedulable) uncordoned(draft)
      else draft.spec.unschedulable = true
    })
}

function drain(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, nodes)
  if (!found) return
  cluster.excuse()
  cluster.client.patch(nodes, keyOf(found), (draft) => {
    draft.spec.unschedulable = true
  })
  for (const pod of cluster.history.all(pods))
    if (pod.spec.nodeName === found.metadata.name) cluster.client.remove(pods, keyOf(pod))
}

function addNode(cluster: Cluster): void {
  if (cluster.agents.length < MAX_NODES) cluster.join()
}

/** The machine is switched off, and its Node deleted. */
function removeNode(cluster: Cluster, chance: Chance): void {
  const agent = chance.some(cluster.agents)
  if (!agent || cluster.agents.length <= MIN_NODES) return
  cluster.excuse()
  cluster.leave(agent)
}

function renew({ client, timeline }: Cluster, chance: Chance): void {
  const name = chance.pick(['leader', 'other'])
  const renewTime = new Date(timeline.now()).toISOString().replace('Z', '000Z')
  client.write(`renew ${name}`, ({ operations, store }) => {
    const key = { namespace: 'default', name }
    const found = store.get(leases, key)
    const draft = structuredClone(found) ?? { metadata: { name }, spec: { holderIdentity: 'me' } }
    const next = { ...draft, spec: { ...draft.spec, renewTime } }
    if (found) operations.update(leases, key, next as never)
    else operations.create(leases, 'default', next as never)
    // What is written in place has no change of its own in the log.
    return []
  })
}
