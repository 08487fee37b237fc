/** Whether a namespace still takes new objects; nothing, Events included, is created in one that is going. */
import { isTerminating } from '../kube/object.ts'
import { namespaces } from '../kube/resources/core/namespace.ts'
import { type ClusterView, type RecordedEvent, record, type Write } from './controller.ts'

export function isNamespaceGoing(cluster: ClusterView, name: string | undefined): boolean {
  const namespace = cluster.get(namespaces, { namespace: '', name: name ?? '' })
  return namespace === undefined || isTerminating(namespace)
}

/** An Event; none about what stands in a namespace that is going, whose refusal would undo all that is written with it. */
export const told = (cluster: ClusterView, event: RecordedEvent): Write[] =>
  event.about.metadata.namespace !== undefined && isNamespaceGoing(cluster, event.about.metadata.namespace)
    ? []
    : [record(event)]
