/** Objects of a kind that admission looks at with every write: kept by namespace until one of them changes. */
import type { KubeObject } from '../../../kube/object.ts'
import { type Resource, resourceName } from '../../../kube/resource.ts'
import type { Change } from '../../../store/log.ts'
import type { Store } from '../../../store/store.ts'

export interface Held<T> {
  /** In order of names. '' for cluster-scoped kinds. */
  in(namespace: string): readonly T[]
  /** Before the commit: what this transaction has written is to be seen by the next. */
  forget(namespace: string): void
  /** Hears of committed changes. */
  heed(changes: readonly Change[]): void
}

export function heldBy<T extends KubeObject>(store: Store, resource: Resource<T>): Held<T> {
  const name = resourceName(resource)
  const held = new Map<string, readonly T[]>()
  return {
    in(namespace) {
      const known = held.get(namespace)
      if (known) return known
      const found = store.list(resource, { namespace })
      held.set(namespace, found)
      return found
    },
    forget: (namespace) => void held.delete(namespace),
    heed(changes) {
      for (const change of changes) if (change.resource === name) held.delete(change.namespace)
    },
  }
}
