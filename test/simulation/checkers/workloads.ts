/** At rest every workload has what it asks for: its number of Pods, all of them available, and a status that says so. */
import { type KubeObject, keyOf, keyText } from '../../../src/kube/object.ts'
import { deployments } from '../../../src/kube/resources/apps/deployment.ts'
import { replicaSets } from '../../../src/kube/resources/apps/replica-set.ts'
import { nodes } from '../../../src/kube/resources/core/node.ts'
import { pods } from '../../../src/kube/resources/core/pod.ts'
import { replicationControllers } from '../../../src/kube/resources/core/replication-controller.ts'
import type { Deployment, Pod, ReplicaSet, ReplicationController } from '../../../src/kube/types.ts'
import type { State } from '../history.ts'
import { BROKEN_IMAGE } from '../users/drafts.ts'
import { promise } from '../violation.ts'
import { refusal } from './bindings.ts'
import type { Checker } from './checker.ts'
import { isAvailable, isLive, podsOf, setsOf } from './owners.ts'

export function workloads(): Checker {
  return {
    rest({ history, timeline }) {
      const now = timeline.now()
      pendingOnlyWhereNothingFits(history)
      for (const set of history.all(replicaSets)) hasItsPods(set, history, now)
      for (const controller of history.all(replicationControllers)) hasItsPods(controller, history, now)
      for (const deployment of history.all(deployments)) isRolledOut(deployment, history)
    },
  }
}

function pendingOnlyWhereNothingFits(state: State): void {
  for (const pod of state.all(pods)) {
    if (pod.spec.nodeName || !isLive(pod)) continue
    const fitting = state.all(nodes).find((node) => refusal(pod, node, state) === undefined)
    promise(
      'a Pod waits only while no node takes it',
      fitting === undefined,
      () => `${keyText(keyOf(pod))} would fit on ${fitting?.metadata.name}: ${JSON.stringify(pod.status)}`,
    )
  }
}

function hasItsPods(workload: ReplicaSet | ReplicationController, state: State, now: number): void {
  const own = podsOf(state, workload.metadata.uid).filter(isLive)
  const wanted = workload.spec.replicas ?? 1
  const told = () => `${titleOf(workload)} wants ${wanted}, has ${own.length}: ${JSON.stringify(workload.status)}`
  promise('a workload has its number of Pods', own.length === wanted, told)
  const { status } = workload
  const available = own.filter((pod) => isAvailable(pod, workload.spec.minReadySeconds ?? 0, now)).length
  promise('a status counts what there is', (status.replicas ?? 0) === wanted, told)
  promise('a status counts what is available', (status.availableReplicas ?? 0) === available, told)
  promise('a workload has been seen', status.observedGeneration === workload.metadata.generation, told)
  const sound = own.filter(({ spec }) => spec.nodeName && imageOf(spec) !== BROKEN_IMAGE)
  promise('what runs is available', available === sound.length, told)
}

function isRolledOut(deployment: Deployment, state: State): void {
  const sets = setsOf(state, deployment.metadata.uid)
  const active = sets.filter(({ spec }) => (spec.replicas ?? 1) > 0)
  const { status, spec, metadata } = deployment
  const wanted = spec.replicas ?? 1
  const own = sets.flatMap((set) => podsOf(state, set.metadata.uid)).filter(isLive)
  const told = () => `${titleOf(deployment)} wants ${wanted}: ${JSON.stringify(status)}, ${active.length} active sets`
  promise('a Deployment has been seen', status.observedGeneration === metadata.generation, told)
  // Where Pods wait for room a rollout stands still, within its limits.
  if (own.some(({ spec: { nodeName } }) => !nodeName)) return
  promise('a Deployment has one active set', active.length === (wanted === 0 ? 0 : 1), told)
  promise('a Deployment has its Pods', own.length === wanted, told)
  promise(
    'all are of the present template',
    own.every((pod) => imageOf(pod.spec) === imageOf(spec.template.spec)),
    told,
  )
  promise('all are updated', (status.updatedReplicas ?? 0) === wanted && (status.replicas ?? 0) === wanted, told)
  promise('all are available', (status.availableReplicas ?? 0) === wanted && !status.unavailableReplicas, told)
  const reason = status.conditions?.find(({ type }) => type === 'Progressing')?.reason
  promise('it says that it is done', reason === 'NewReplicaSetAvailable', told)
}

const imageOf = (spec: Pod['spec'] | undefined): string | undefined => spec?.containers[0]?.image

const titleOf = (object: KubeObject): string => `${object.kind} ${keyText(keyOf(object))}`
