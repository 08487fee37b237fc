/** Keeps a ReplicaSet's Pods at its number. The work is done in replicas/. */
import { controllerOf, type KubeObject, keyOf, keyText } from '../kube/object.ts'
import { isPodActive } from '../kube/pod/readiness.ts'
import { replicaSets } from '../kube/resources/apps/replica-set.ts'
import { pods } from '../kube/resources/core/pod.ts'
import { fromLabelSelector } from '../kube/selectors.ts'
import type { Pod, ReplicaSet } from '../kube/types.ts'
import { type ClusterView, controller, on } from './controller.ts'
import { keysOfPod } from './replicas/concerns.ts'
import { type ReplicasKind, reconcileReplicas } from './replicas/replicas.ts'

const kind: ReplicasKind<ReplicaSet> = {
  resource: replicaSets,
  component: 'replicaset-controller',
  selectorOf: (set) => fromLabelSelector(set.spec.selector),
  related: relatedPods,
}

export const replicaSet = controller({
  name: 'replicaset',
  concerns: [on(replicaSets, (set) => [keyText(keyOf(set))]), on(pods, keysOfPod(kind))],
  reconcile: (input) => reconcileReplicas(kind, input),
})

/** Those of all ReplicaSets of the same Deployment: an old and a new Pod on one node are doubled up as well. */
function relatedPods(set: ReplicaSet, own: readonly Pod[], cluster: ClusterView): readonly Pod[] {
  const owner = controllerOf(set)
  if (!owner) return own
  return cluster
    .ownedBy(replicaSets, owner.uid)
    .flatMap((sibling: KubeObject) => cluster.ownedBy(pods, sibling.metadata.uid))
    .filter(isPodActive)
}
