/**
 * Empties a namespace that was deleted, tells what still holds it, and lets it go when nothing is left.
 * https://kubernetes.io/docs/tasks/administer-cluster/namespaces/#deleting-a-namespace
 */
import { deepEqual } from '../kube/json.ts'
import { isTerminating, type KubeObject } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import { namespaces } from '../kube/resources/core/namespace.ts'
import type { Namespace } from '../kube/types.ts'
import {
  type ClusterView,
  controller,
  each,
  MAX_TRIES,
  type Outcome,
  on,
  onEvery,
  type Refusal,
  remove,
  settled,
  update,
  updateStatus,
  type Write,
  write,
} from './controller.ts'
import { type Remains, withConditions } from './namespace/conditions.ts'

const FINALIZER = 'kubernetes'

export const namespace = controller({
  name: 'namespace',
  concerns: [on(namespaces, ({ metadata }) => [`/${metadata.name}`]), onEvery(keysOfContent)],
  reconcile({ cluster, key, now }): Outcome {
    const stored = cluster.get(namespaces, key)
    if (!stored || !isTerminating(stored) || !stored.spec.finalizers?.includes(FINALIZER)) return settled
    const { toDelete, held } = contentOf(cluster, key.name)
    // Most are gone with the delete: what then is left is looked at in the next round.
    if (toDelete.length > 0) {
      const deletes = toDelete.map(({ resource, object }) => [remove(resource, object, { propagation: 'Background' })])
      return { ...each(deletes, (refusals) => told(cluster, stored, refusals, now)), more: true }
    }
    if (held.length === 0) return write(update(namespaces, released(stored)))
    return write(...told(cluster, stored, [], now))
  },
})

/** What is left, and which deletes were refused; nothing where that is told already. */
function told(cluster: ClusterView, stored: Namespace, refusals: readonly Refusal[], now: number): Write[] {
  const { toDelete, held } = contentOf(cluster, stored.metadata.name)
  const next = withConditions(stored, { remains: [...toDelete, ...held].map(remainsOf), refusals }, now)
  return deepEqual(next, stored) ? [] : [updateStatus(namespaces, next)]
}

/** Content matters only to a namespace that is going. */
function keysOfContent({ metadata }: KubeObject, cluster: ClusterView): string[] {
  const name = metadata.namespace ?? ''
  if (name === '') return []
  const found = cluster.get(namespaces, { namespace: '', name })
  return found && isTerminating(found) ? [`/${name}`] : []
}

interface Content {
  readonly resource: Resource
  readonly object: KubeObject
}

/** What is still to be deleted, at most MAX_TRIES of it, and what is being deleted and held by grace or finalizers. */
function contentOf(cluster: ClusterView, namespace: string): { toDelete: Content[]; held: Content[] } {
  const toDelete: Content[] = []
  const held: Content[] = []
  for (const resource of cluster.resources) {
    if (resource.scope !== 'namespaced' || !resource.verbs.includes('delete')) continue
    for (const object of cluster.each(resource, { namespace })) {
      if (isTerminating(object)) held.push({ resource, object })
      else toDelete.push({ resource, object })
      if (toDelete.length === MAX_TRIES) return { toDelete, held }
    }
  }
  return { toDelete, held }
}

const remainsOf = ({ resource, object }: Content): Remains => ({
  resource: `${resource.plural}.${resource.group}`,
  object,
})

/** Of the finalizers only ours is taken: another controller may still be at work. */
function released(stored: Namespace): Namespace {
  const finalizers = (stored.spec.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER)
  return { ...stored, spec: { ...stored.spec, finalizers } }
}
