/**
 * Relations of one request: however many objects ask for theirs, each kind is listed at most twice a namespace: once
 * narrowed, where all who ask at the same time want the same few, and once whole. Found by an index thereafter.
 * Forgotten after a mutation, so that what is read back is what is there.
 */
import type { KubeObject } from '../kube/object.ts'
import { type Resource, resourceName } from '../kube/resource.ts'
import type { Client } from './client.ts'
import { type Budget, DEFAULT_LIST } from './limits.ts'

/** A way to find objects: by owner, by node, by name. */
export interface Index {
  readonly name: string
  readonly keys: (object: KubeObject) => readonly string[]
}

/** Selectors that leave no object out that is asked for. */
export interface Narrowing {
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export interface Wanted {
  readonly resource: Resource
  /** '' for cluster-scoped kinds, undefined for all namespaces. */
  readonly namespace: string | undefined
  readonly index: Index
  readonly key: string
  readonly narrowing?: Narrowing | undefined
}

export interface Loader {
  related(wanted: Wanted): Promise<readonly KubeObject[]>
  forget(): void
}

export interface LoaderOptions {
  readonly client: Client
  readonly budget: Budget
  /** Ends when all who ask at the same time have asked. */
  readonly turn: () => Promise<void>
}

type Objects = Promise<readonly KubeObject[]>

/** What is known of a kind in a namespace. */
interface Held {
  whole: Objects | undefined
  /** The one narrowed list: the second time the whole is read. */
  narrowed: { readonly by: string; readonly list: Objects } | undefined
  /** Those who ask in this turn, by what they would be content with. */
  asking: { readonly narrowings: Map<string, Narrowing | undefined>; readonly list: Objects } | undefined
}

export function createLoader({ client, budget, turn }: LoaderOptions): Loader {
  const held = new Map<string, Held>()
  let grouped = new WeakMap<readonly KubeObject[], Map<string, Map<string, KubeObject[]>>>()

  const read = async (resource: Resource, namespace: string | undefined, narrowing: Narrowing): Objects => {
    const items: KubeObject[] = []
    let next: string | undefined
    do {
      const page = await client.list(resource, { namespace, ...narrowing, limit: DEFAULT_LIST, continue: next })
      budget.load(page.items.length)
      items.push(...page.items)
      next = page.continue
    } while (next)
    return items
  }

  const heldOf = (resource: Resource, namespace: string | undefined): Held => {
    const name = resourceName(resource)
    // What is there of all namespaces need not be asked again of one.
    const all = held.get(`${name} *`)
    if (all?.whole) return all
    const key = `${name} ${namespace ?? '*'}`
    const known = held.get(key) ?? { whole: undefined, narrowed: undefined, asking: undefined }
    held.set(key, known)
    return known
  }

  const objectsFor = ({ resource, namespace, narrowing }: Wanted): Objects => {
    const here = heldOf(resource, namespace)
    const by = narrowing ? JSON.stringify(narrowing) : ''
    if (here.whole) return here.whole
    if (narrowing && here.narrowed?.by === by) return here.narrowed.list
    here.asking ??= ask(here, resource, namespace)
    here.asking.narrowings.set(by, narrowing)
    return here.asking.list
  }

  const ask = (here: Held, resource: Resource, namespace: string | undefined): NonNullable<Held['asking']> => {
    const narrowings = new Map<string, Narrowing | undefined>()
    const decide = async (): Objects => {
      await turn()
      here.asking = undefined
      const [[by, narrowing] = ['', undefined]] = narrowings
      if (narrowings.size === 1 && narrowing && !here.narrowed) {
        here.narrowed = { by, list: read(resource, namespace, narrowing) }
        return here.narrowed.list
      }
      here.whole = read(resource, namespace, {})
      return here.whole
    }
    return { narrowings, list: decide() }
  }

  return {
    async related(wanted) {
      const { index, key, namespace } = wanted
      const objects = await objectsFor(wanted)
      const indexes = grouped.get(objects) ?? new Map<string, Map<string, KubeObject[]>>()
      grouped.set(objects, indexes)
      const groups = indexes.get(index.name) ?? groupedBy(objects, index)
      indexes.set(index.name, groups)
      const found = (groups.get(key) ?? []).filter(({ metadata }) => !namespace || metadata.namespace === namespace)
      budget.relate(found.length)
      return found
    },
    forget() {
      held.clear()
      grouped = new WeakMap()
    },
  }
}

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
