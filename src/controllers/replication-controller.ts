/** Keeps a ReplicationController's Pods at its number: a ReplicaSet whose selector is a plain set of labels. */
import { keyOf, keyText } from '../kube/object.ts'
import { pods } from '../kube/resources/core/pod.ts'
import { replicationControllers } from '../kube/resources/core/replication-controller.ts'
import { fromSet } from '../kube/selectors.ts'
import type { ReplicationController } from '../kube/types.ts'
import { controller, on } from './controller.ts'
import { keysOfPod } from './replicas/concerns.ts'
import { type ReplicasKind, reconcileReplicas } from './replicas/replicas.ts'

const kind: ReplicasKind<ReplicationController> = {
  resource: replicationControllers,
  component: 'replication-controller',
  selectorOf: ({ spec }) => (Object.keys(spec.selector ?? {}).length > 0 ? fromSet(spec.selector ?? {}) : undefined),
  related: (_, own) => own,
}

export const replicationController = controller({
  name: 'replicationcontroller',
  concerns: [on(replicationControllers, (rc) => [keyText(keyOf(rc))]), on(pods, keysOfPod(kind))],
  reconcile: (input) => reconcileReplicas(kind, input),
})
