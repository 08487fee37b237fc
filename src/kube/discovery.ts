/**
 * Which groups, versions and resources are served, in the three forms clients ask for: legacy lists, and aggregated
 * discovery v2 and v2beta1 (KEP-3352). Derived from the registry.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
import { resources } from './registry.ts'
import { apiVersionOf, type Resource, type Subresource } from './resource.ts'

interface GroupVersion {
  readonly group: string
  readonly version: string
  readonly resources: readonly Resource[]
}

const byName = (a: { readonly plural: string }, b: { readonly plural: string }): number =>
  a.plural < b.plural ? -1 : 1

/** Each group has one version here. */
function groupVersions(): GroupVersion[] {
  const groups = Map.groupBy(resources, (resource) => `${resource.group}/${resource.version}`)
  return [...groups.values()].map((members) => {
    const [{ group, version } = { group: '', version: '' }] = members
    return { group, version, resources: members.toSorted(byName) }
  })
}

const namedGroups = (): GroupVersion[] => groupVersions().filter(({ group }) => group !== '')

/** `/api`. */
export const apiVersions = (host = '') => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
})

const groupEntry = (of: GroupVersion) => {
  const entry = { groupVersion: apiVersionOf(of), version: of.version }
  return { name: of.group, versions: [entry], preferredVersion: entry }
}

/** `/apis`. */
export const apiGroupList = () => ({ kind: 'APIGroupList', apiVersion: 'v1', groups: namedGroups().map(groupEntry) })

/** `/apis/<group>`; undefined where it is not served. */
export function apiGroup(group: string) {
  const found = namedGroups().find((one) => one.group === group)
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(found) }
}

/** `/api/v1`, `/apis/<group>/<version>`; undefined where it is not served. */
export function apiResourceList(group: string, version: string) {
  const found = groupVersions().find((one) => one.group === group && one.version === version)
  if (!found) return undefined
  return {
    kind: 'APIResourceList',
    // Left out in the core group's answer, as kube-apiserver does.
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(found),
    resources: found.resources.flatMap(listed),
  }
}

const listed = (resource: Resource) => [
  {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.scope === 'namespaced',
    kind: resource.kind,
    verbs: resource.verbs,
    ...shortNamesOf(resource),
  },
  ...resource.subresources.map((subresource) => ({
    name: `${resource.plural}/${subresource.name}`,
    singularName: '',
    namespaced: resource.scope === 'namespaced',
    ...(subresource.version === undefined ? {} : { group: subresource.group ?? '', version: subresource.version }),
    kind: subresource.kind ?? resource.kind,
    verbs: subresource.verbs,
  })),
]

const shortNamesOf = ({ shortNames, categories }: Resource) => ({
  ...(shortNames.length > 0 ? { shortNames } : {}),
  ...(categories.length > 0 ? { categories } : {}),
})

/** Every group of `/api` or `/apis` with its resources, in one document. */
export const aggregated = (version: 'v2' | 'v2beta1', root: 'api' | 'apis') => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: `apidiscovery.k8s.io/${version}`,
  metadata: {},
  items: groupVersions()
    .filter(({ group }) => (group === '') === (root === 'api'))
    .map((one) => ({
      metadata: { ...(one.group === '' ? {} : { name: one.group }), creationTimestamp: null },
      versions: [{ version: one.version, resources: one.resources.map(discovered), freshness: 'Current' }],
    })),
})

const discovered = (resource: Resource) => ({
  resource: resource.plural,
  responseKind: { group: resource.group, version: resource.version, kind: resource.kind },
  scope: resource.scope === 'namespaced' ? 'Namespaced' : 'Cluster',
  singularResource: resource.singular,
  verbs: resource.verbs,
  ...shortNamesOf(resource),
  ...(resource.subresources.length > 0
    ? { subresources: resource.subresources.map((one) => discoveredSubresource(resource, one)) }
    : {}),
})

const discoveredSubresource = (resource: Resource, subresource: Subresource) => ({
  subresource: subresource.name,
  responseKind: {
    group: subresource.group ?? resource.group,
    version: subresource.version ?? resource.version,
    kind: subresource.kind ?? resource.kind,
  },
  verbs: subresource.verbs,
})
