/** Whether a namespace still takes new objects; nothing, Events included, is created in one that is going. */
import { isTerminating } from '../kube/object.ts'
import { namespaces } from '../kube/resources/core/namespace.ts'
import type { ClusterView } from './controller.ts'

export function isNamespaceGoing(cluster: ClusterView, name: string | undefined): boolean {
  const namespace = cluster.get(namespaces, { namespace: '', name: name ?? '' })
  return namespace === undefined || isTerminating(namespace)
}
