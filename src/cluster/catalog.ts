/**
 * What this cluster serves: the kinds that are built in, and those of its CustomResourceDefinitions, read when first
 * asked for. A definition that is served as before keeps its resources: who holds one can tell by it.
 */
import { type Catalog, type CustomResources, catalogOf } from '../kube/catalog.ts'
import type { Compat } from '../kube/compat.ts'
import { type CustomResourceDefinition, conditionOf, isTrue } from '../kube/custom/definition.ts'
import { type Converter, customResources, withTerminating } from '../kube/custom/resource.ts'
import { deepEqual } from '../kube/json.ts'
import { builtInFor } from '../kube/registry.ts'
import { resourceName } from '../kube/resource.ts'
import { customResourceDefinitions } from '../kube/resources/apiextensions/custom-resource-definition.ts'
import type { Change } from '../store/log.ts'
import type { Store } from '../store/store.ts'

export interface ClusterCatalog extends Catalog {
  /** The definitions that are served, and what tells them from others; without them where `known` is still true. */
  published(known: string | undefined): Published
  /** Hears of committed changes; answers whether what is served may have changed. */
  heed(changes: readonly Change[]): boolean
}

export interface Published {
  readonly version: string
  readonly definitions: readonly CustomResourceDefinition[] | undefined
}

interface Known {
  readonly shape: unknown
  readonly isTerminating: boolean
  readonly resources: CustomResources
}

const DEFINITIONS = resourceName(customResourceDefinitions)

/** `compat`: what the cluster was made for; asked each time, for it is not known before the cluster is made. */
export function createCatalog(store: Store, converter: Converter, compat: () => Compat | undefined): ClusterCatalog {
  const builtIn = () => builtInFor(compat())
  let known = new Map<string, Known>()
  let whole: Catalog | undefined

  function load(): Catalog {
    if (whole) return whole
    const next = new Map<string, Known>()
    for (const definition of store.list(customResourceDefinitions)) {
      const shape = shapeOf(definition)
      const former = known.get(definition.metadata.name)
      const isTerminating = isTrue(definition, 'Terminating')
      next.set(
        definition.metadata.name,
        former !== undefined && deepEqual(former.shape, shape)
          ? toldTerminating(former, isTerminating)
          : { shape, isTerminating, resources: customResources(definition, converter) },
      )
    }
    known = next
    whole = catalogOf(
      builtIn().resources,
      [...next.values()].map(({ resources }) => resources),
    )
    return whole
  }

  return {
    get resources() {
      return load().resources
    },
    get stored() {
      return load().stored
    },
    byName: (name) => builtIn().byName(name) ?? load().byName(name),
    byPath: (group, version, plural) =>
      builtIn().byPath(group, version, plural) ?? load().byPath(group, version, plural),
    byKind: (apiVersion, kind) => builtIn().byKind(apiVersion, kind) ?? load().byKind(apiVersion, kind),
    published(earlier) {
      const definitions = store
        .list(customResourceDefinitions)
        .filter((definition) => isTrue(definition, 'Established'))
      // One that changes gets a version above all others; one that goes makes them fewer.
      const version = `${Math.max(0, ...definitions.map(({ metadata }) => Number(metadata.resourceVersion)))}-${definitions.length}`
      return { version, definitions: version === earlier ? undefined : definitions.map(bare) }
    },
    heed(changes) {
      if (!changes.some(({ resource }) => resource === DEFINITIONS)) return false
      whole = undefined
      return true
    },
  }
}

/** What resources are made of; managed fields and annotations are not. */
const bare = ({ apiVersion, kind, metadata, spec, status }: CustomResourceDefinition): CustomResourceDefinition => {
  const { name, uid, resourceVersion, creationTimestamp } = metadata
  return { apiVersion, kind, metadata: { name, uid, resourceVersion, creationTimestamp }, spec, status }
}

const toldTerminating = (known: Known, isTerminating: boolean): Known =>
  known.isTerminating === isTerminating
    ? known
    : { ...known, isTerminating, resources: withTerminating(known.resources, isTerminating) }

/** All of a definition that its resources are made of, but that it is going: then they are told so. */
const shapeOf = (definition: CustomResourceDefinition): unknown => [
  definition.metadata.uid,
  definition.spec,
  definition.status.acceptedNames,
  conditionOf(definition, 'Established')?.status,
]
