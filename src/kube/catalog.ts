/**
 * The kinds that a cluster serves: those that are built in and those that its CustomResourceDefinitions made. Where both
 * claim a path, what is built in has it.
 */
import { apiVersionOf, type Resource, resourceName } from './resource.ts'

export interface Catalog {
  /** What is served; those built in first. A kind with several versions stands here once for each. */
  readonly resources: readonly Resource[]
  /** Each kind once, in the version that it is stored in. */
  readonly stored: readonly Resource[]
  /** The stored version: `pods`, `deployments.apps`. */
  byName(name: string): Resource | undefined
  byPath(group: string, version: string, plural: string): Resource | undefined
  byKind(apiVersion: string, kind: string): Resource | undefined
}

/** The resources of one CustomResourceDefinition. */
export interface CustomResources {
  /** None before its names are accepted. */
  readonly served: readonly Resource[]
  /** The storage version, be it served or not; none of a definition that never was established. */
  readonly stored: readonly Resource[]
}

export function catalogOf(builtIn: readonly Resource[], custom: readonly CustomResources[] = []): Catalog {
  const resources = [...builtIn, ...custom.flatMap(({ served }) => served)]
  const unserved = custom.flatMap(({ stored }) => stored)
  const byName = index([...resources, ...unserved].filter(isStored), resourceName)
  const byPath = index(resources, ({ group, version, plural }) => pathOf(group, version, plural))
  const byKind = index(resources, (resource) => kindOf(apiVersionOf(resource), resource.kind))
  return {
    resources,
    stored: [...byName.values()],
    byName: (name) => byName.get(name),
    byPath: (group, version, plural) => byPath.get(pathOf(group, version, plural)),
    byKind: (apiVersion, kind) => byKind.get(kindOf(apiVersion, kind)),
  }
}

const isStored = ({ isStorageVersion }: Resource): boolean => isStorageVersion

/** Of two with the same key the first is kept. */
function index(resources: readonly Resource[], key: (resource: Resource) => string): Map<string, Resource> {
  const found = new Map<string, Resource>()
  for (const resource of resources) if (!found.has(key(resource))) found.set(key(resource), resource)
  return found
}

const pathOf = (group: string, version: string, plural: string): string => `${group}/${version}/${plural}`
const kindOf = (apiVersion: string, kind: string): string => `${apiVersion}/${kind}`
