/**
 * Gives CustomResourceDefinitions their names, so that they are served; and when one is deleted, deletes what it made
 * before it goes.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
import { CLEANUP_FINALIZER, type CustomResourceDefinition, withCondition } from '../kube/custom/definition.ts'
import { deepEqual } from '../kube/json.ts'
import { isTerminating, type KubeObject } from '../kube/object.ts'
import { type Resource, resourceName } from '../kube/resource.ts'
import { customResourceDefinitions } from '../kube/resources/apiextensions/custom-resource-definition.ts'
import {
  type ClusterView,
  controller,
  MAX_TRIES,
  type Outcome,
  on,
  onEvery,
  remove,
  settled,
  update,
  updateStatus,
  write,
} from './controller.ts'
import { withNames } from './custom-resource-definitions/names.ts'

export const customResourceDefinition = controller({
  name: 'customresourcedefinition',
  concerns: [
    on(customResourceDefinitions, keysOfGroup),
    // Only of a definition that is going does it matter what is left of it.
    onEvery((_, __, resource) => (resource?.custom?.isTerminating ? [`/${resourceName(resource)}`] : [])),
  ],
  reconcile({ cluster, key, now }): Outcome {
    const definition = cluster.get(customResourceDefinitions, key)
    if (!definition) return settled
    if (isTerminating(definition)) return cleanUp(cluster, definition, now)
    const others = cluster
      .list(customResourceDefinitions)
      .filter(({ metadata, spec }) => metadata.uid !== definition.metadata.uid && spec.group === definition.spec.group)
    const told = withNames(definition, others, now)
    return deepEqual(told, definition) ? settled : write(updateStatus(customResourceDefinitions, told))
  },
})

/** A name that one gives up is free for the others of its group. */
function keysOfGroup({ spec }: CustomResourceDefinition, cluster: ClusterView): string[] {
  return cluster
    .list(customResourceDefinitions)
    .filter((other) => other.spec.group === spec.group)
    .map(({ metadata }) => `/${metadata.name}`)
}

function cleanUp(cluster: ClusterView, definition: CustomResourceDefinition, now: number): Outcome {
  if (!definition.metadata.finalizers?.includes(CLEANUP_FINALIZER)) return settled
  const resource = cluster.resources.find((candidate) => resourceName(candidate) === definition.metadata.name)
  const left = resource?.custom ? remainsOf(cluster, resource) : undefined
  if (resource === undefined || left === undefined)
    return write(update(customResourceDefinitions, released(definition)))
  const told = withCondition(
    definition,
    {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionInProgress',
      message: 'CustomResource deletion is in progress',
    },
    now,
  )
  const groups = left.map((object) => [remove(resource, object, { propagation: 'Background' })])
  const news = deepEqual(told, definition) ? [] : [updateStatus(customResourceDefinitions, told)]
  return { writes: news, each: { groups }, more: left.length > 0 }
}

/** Of what is left as many as are tried at once, those that are going not among them; undefined if nothing is left. */
function remainsOf(cluster: ClusterView, resource: Resource): KubeObject[] | undefined {
  let isEmpty = true
  const toDelete: KubeObject[] = []
  for (const object of cluster.each(resource)) {
    isEmpty = false
    if (!isTerminating(object)) toDelete.push(object)
    if (toDelete.length === MAX_TRIES) break
  }
  return isEmpty ? undefined : toDelete
}

function released(definition: CustomResourceDefinition): CustomResourceDefinition {
  const finalizers = (definition.metadata.finalizers ?? []).filter((name) => name !== CLEANUP_FINALIZER)
  return { ...definition, metadata: { ...definition.metadata, finalizers } }
}
