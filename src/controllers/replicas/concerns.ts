/** Which ReplicaSets or ReplicationControllers a change of a Pod touches. */
import { controllerOf, keyOf, keyText } from '../../kube/object.ts'
import { apiVersionOf } from '../../kube/resource.ts'
import { matches } from '../../kube/selectors.ts'
import type { Pod } from '../../kube/types.ts'
import type { ClusterView } from '../controller.ts'
import type { ReplicasKind } from './replicas.ts'
import type { Workload } from './status.ts'

/** Its owner; of an orphan all that might adopt it. */
export const keysOfPod =
  <T extends Workload>({ resource, selectorOf }: Pick<ReplicasKind<T>, 'resource' | 'selectorOf'>) =>
  (pod: Pod, cluster: ClusterView): string[] => {
    const namespace = pod.metadata.namespace ?? ''
    const owner = controllerOf(pod)
    if (owner)
      return owner.kind === resource.kind && owner.apiVersion === apiVersionOf(resource)
        ? [keyText({ namespace, name: owner.name })]
        : []
    return cluster
      .list(resource, { namespace })
      .filter((workload) => {
        const selector = selectorOf(workload)
        return selector !== undefined && matches(selector, pod.metadata.labels ?? {})
      })
      .map((workload) => keyText(keyOf(workload)))
  }
