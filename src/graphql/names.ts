/**
 * What Kubernetes' names are called in GraphQL: `io.k8s.api.core.v1.PodSpec` is `PodSpec`, `configmaps` is
 * `configMaps`. Names must not change when a kind is added, so the core group has the short ones.
 */
import type { Resource } from '../kube/resource.ts'

const lastOf = (definition: string): string => definition.slice(definition.lastIndexOf('.') + 1)
const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** `io.k8s.api.discovery.v1.EndpointPort` is of `discovery`. */
const groupOf = (definition: string): string => definition.split('.').at(-3) ?? ''

/** `CSIDriver` becomes `csiDriver`, `Pod` becomes `pod`. */
export const lowered = (kind: string): string =>
  kind.replace(/^([A-Z]+)(?=[A-Z][a-z])|^[A-Z]/, (letters) => letters.toLowerCase())

/**
 * Definition to type name. A name that several groups use is the core group's; others get their group before it, and
 * where a group has several versions of it, all but one their version as well.
 */
export function typeNames(definitions: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set(RESERVED)
  const coreFirst = [...definitions].sort((a, b) => Number(isCore(b)) - Number(isCore(a)))
  for (const definition of coreFirst) {
    const short = lastOf(definition)
    const version = definition.split('.').at(-2) ?? ''
    const group = capitalized(groupOf(definition))
    const name = [short, group + short, group + capitalized(version) + short].find((free) => !taken.has(free))
    if (name === undefined) throw new Error(`no name is left for ${definition}`)
    taken.add(name)
    names.set(definition, name)
  }
  return names
}

const isCore = (definition: string): boolean => definition.includes('.core.v1.') || definition.includes('.meta.v1.')

/** Ours, and GraphQL's own. */
const RESERVED = [
  'Query',
  'Mutation',
  'Subscription',
  'Cluster',
  'KubernetesObject',
  'Change',
  'ApplyResult',
  'Deletion',
]

export interface FieldNames {
  /** `pods`, `configMaps`, `endpoints`. */
  readonly many: string
  /** `pod`, `configMap`; `endpointsByName` where one and many are called the same. */
  readonly one: string
}

export function fieldNames(resource: Pick<Resource, 'kind' | 'plural'>): FieldNames {
  const kind = lowered(resource.kind)
  let common = 0
  while (common < kind.length && kind.charAt(common).toLowerCase() === resource.plural.charAt(common)) common++
  const many = kind.slice(0, common) + resource.plural.slice(common)
  return { many, one: many === kind ? `${kind}ByName` : kind }
}

/** A kind as people name it: `Deployment`, `deployments`, `deployment`, `deploy` or `deployments.apps`. */
export function resourceCalled(resources: readonly Resource[], name: string): Resource | undefined {
  const wanted = name.toLowerCase()
  const calls: ((resource: Resource) => readonly string[])[] = [
    (resource) => [resource.kind.toLowerCase(), resource.plural, resource.singular],
    (resource) => [`${resource.plural}.${resource.group}`, `${resource.kind.toLowerCase()}.${resource.group}`],
    (resource) => resource.shortNames,
  ]
  for (const names of calls) {
    const found = resources.find((resource) => names(resource).includes(wanted))
    if (found) return found
  }
  return undefined
}
