/** What users do to Deployments, ReplicaSets and ReplicationControllers. */
import { keyOf } from '../../../src/kube/object.ts'
import { deployments } from '../../../src/kube/resources/apps/deployment.ts'
import { replicaSets } from '../../../src/kube/resources/apps/replica-set.ts'
import { replicationControllers } from '../../../src/kube/resources/core/replication-controller.ts'
import type { ReplicaSet } from '../../../src/kube/types.ts'
import { ownerOf } from '../checkers/owners.ts'
import type { Cluster } from '../cluster.ts'
import type { Chance } from '../random.ts'
import { type Act, creation, type DraftOf, deletion, oneOf } from './act.ts'
import * as drafts from './drafts.ts'

/** Beside Deployments of the same app they would fight for its Pods: a name of their own. */
const bare =
  (draftOf: DraftOf): DraftOf =>
  (name, chance) =>
    draftOf(`${name}-bare`, chance)

export const workloadActs: readonly Act[] = [
  { weight: 10, what: 'creates a Deployment', run: creation(deployments, drafts.deploymentOf) },
  { weight: 3, what: 'creates a ReplicaSet', run: creation(replicaSets, bare(drafts.replicaSetOf)) },
  {
    weight: 3,
    what: 'creates a ReplicationController',
    run: creation(replicationControllers, bare(drafts.replicationControllerOf)),
  },
  { weight: 12, what: 'scales a Deployment', run: scale },
  { weight: 14, what: 'rolls a Deployment out', run: rollOut },
  { weight: 4, what: 'pauses or resumes', run: pause },
  { weight: 6, what: 'rolls back', run: rollBack },
  { weight: 2, what: 'scales a ReplicaSet', run: scaleBare },
  { weight: 4, what: 'deletes a Deployment', run: deletion(deployments) },
  { weight: 2, what: 'deletes a ReplicaSet', run: deletion(replicaSets) },
  { weight: 1, what: 'deletes a ReplicationController', run: deletion(replicationControllers) },
]

function scale(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, deployments)
  // Now and then so many that one slice of work does not do.
  const replicas = chance.percent(3) ? chance.between(26, 40) : chance.int(chance.percent(10) ? 14 : 7)
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

/** A Deployment may have adopted it since it was looked at: then its size is no longer the user's to choose. */
function scaleBare(cluster: Cluster, chance: Chance): void {
  const found = chance.some(cluster.history.all(replicaSets).filter((set) => ownerOf(set) === undefined))
  const replicas = chance.int(5)
  if (found)
    cluster.client.patch(replicaSets, keyOf(found), (draft) => {
      if (ownerOf(draft) === undefined) draft.spec.replicas = replicas
    })
}
