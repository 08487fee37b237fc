/**
 * Relations of one request: each kind is listed at most once a namespace, however many objects ask for theirs, and
 * found by an index. Forgotten after a mutation, so that what is read back is what is there.
 */
import { StatusError } from '../kube/errors.ts'
import type { KubeObject } from '../kube/object.ts'
import { type Resource, resourceName } from '../kube/resource.ts'
import type { Client } from './client.ts'
import { DEFAULT_LIST, MAX_LOADED, MAX_RELATED } from './limits.ts'

/** A way to find objects: by owner, by node, by name. */
export interface Index {
  readonly name: string
  readonly keys: (object: KubeObject) => readonly string[]
}

export interface Loader {
  /** The objects of a kind under a key of an index. `namespace` is '' for cluster-scoped kinds, undefined for all. */
  related(resource: Resource, namespace: string | undefined, index: Index, key: string): Promise<readonly KubeObject[]>
  forget(): void
}

interface Held {
  readonly list: Promise<readonly KubeObject[]>
  readonly indexes: Map<string, Promise<Map<string, KubeObject[]>>>
}

export function createLoader(client: Client): Loader {
  const held = new Map<string, Held>()
  let loaded = 0
  let related = 0

  const readAll = async (resource: Resource, namespace: string | undefined): Promise<readonly KubeObject[]> => {
    const items: KubeObject[] = []
    let next: string | undefined
    do {
      const page = await client.list(resource, { namespace, limit: DEFAULT_LIST, continue: next })
      items.push(...page.items)
      loaded += page.items.length
      if (loaded > MAX_LOADED) throw tooMuch(`reads more than ${MAX_LOADED} objects`)
      next = page.continue
    } while (next)
    return items
  }

  const hold = (resource: Resource, namespace: string | undefined): Held => {
    const name = resourceName(resource)
    // What is there of all namespaces need not be asked again of one.
    const all = held.get(`${name} *`)
    if (all && namespace !== undefined) return all
    const key = `${name} ${namespace ?? '*'}`
    const known = held.get(key)
    if (known) return known
    const made = { list: readAll(resource, namespace), indexes: new Map() }
    held.set(key, made)
    return made
  }

  return {
    async related(resource, namespace, index, key) {
      const { list, indexes } = hold(resource, namespace)
      const grouped = indexes.get(index.name) ?? list.then((objects) => groupedBy(objects, index))
      indexes.set(index.name, grouped)
      const found = (await grouped).get(key) ?? []
      const isOf = (object: KubeObject) => !namespace || object.metadata.namespace === namespace
      const own = found.filter(isOf)
      related += own.length
      if (related > MAX_RELATED) throw tooMuch(`answers more than ${MAX_RELATED} related objects`)
      return own
    },
    forget: () => held.clear(),
  }
}

const tooMuch = (what: string) =>
  new StatusError(413, 'RequestEntityTooLarge', `the query ${what}: ask for fewer objects, or for one namespace`)

function groupedBy(objects: readonly KubeObject[], { keys }: Index): Map<string, KubeObject[]> {
  const groups = new Map<string, KubeObject[]>()
  for (const object of objects) {
    for (const key of keys(object)) {
      const group = groups.get(key)
      if (group) group.push(object)
      else groups.set(key, [object])
    }
  }
  return groups
}
