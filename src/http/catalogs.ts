/**
 * What each cluster serves, as the edge remembers it: asked anew each time, but made and sent only where it has changed.
 */
import type { Cluster } from '../cluster/cluster.ts'
import { type Catalog, type CustomResources, catalogOf } from '../kube/catalog.ts'
import type { Compat } from '../kube/compat.ts'
import type { CustomResourceDefinition } from '../kube/custom/definition.ts'
import { customResources } from '../kube/custom/resource.ts'
import { parseJson } from '../kube/json.ts'
import { builtInFor } from '../kube/registry.ts'

export interface Catalogs {
  of(cluster: string, stub: DurableObjectStub<Cluster>): Promise<Catalog>
}

interface Known {
  readonly version: string
  readonly catalog: Catalog
}

/** A catalogue holds its documents, some MB where many kinds are defined. */
const MAX_KNOWN = 20

export function createCatalogs(): Catalogs {
  const known = new Map<string, Known>()
  return {
    async of(cluster, stub) {
      const former = known.get(cluster)
      const { version, definitions, compat } = await stub.publishedDefinitions(former?.version)
      const found = former && definitions === '' ? former : { version, catalog: read(definitions, compat) }
      // Those asked for last stay.
      known.delete(cluster)
      known.set(cluster, found)
      const [oldest] = known.keys()
      if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest)
      return found.catalog
    },
  }
}

/** The edge shows what there is, and holds no objects. */
const served = (definition: CustomResourceDefinition): CustomResources =>
  customResources(definition, () => {
    throw new Error('objects are converted where they are stored')
  })

function read(text: string, compat: Compat | undefined): Catalog {
  const builtIn = builtInFor(compat)
  // The object's own list.
  const definitions = parseJson(text) as CustomResourceDefinition[]
  return definitions.length === 0 ? builtIn : catalogOf(builtIn.resources, definitions.map(served))
}
