/**
 * Which groups, versions and resources a cluster serves, in the three forms clients ask for: legacy lists, and
 * aggregated discovery v2 and v2beta1 (KEP-3352). Derived from its catalogue.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
import type { Catalog } from './catalog.ts'
import { apiVersionOf, type Resource, resourceName, type Subresource } from './resource.ts'
import { storageVersionHash } from './storage-version-hash.ts'
import { comparePriority } from './version-priority.ts'

interface GroupVersion {
  readonly group: string
  readonly version: string
  readonly resources: readonly Resource[]
}

const byName = (a: { readonly plural: string }, b: { readonly plural: string }): number =>
  a.plural < b.plural ? -1 : 1

/** Groups in the catalogue's order, each with its versions: the one that clients should prefer first. */
export function groupsOf({ resources }: Catalog): readonly (readonly GroupVersion[])[] {
  const groups = Map.groupBy(resources, ({ group }) => group)
  return [...groups.values()].map((members) => {
    const versions = Map.groupBy(members, ({ version }) => version)
    return [...versions]
      .map(([version, kinds]) => ({ group: kinds[0]?.group ?? '', version, resources: kinds.toSorted(byName) }))
      .sort((a, b) => comparePriority(a.version, b.version))
  })
}

const isNamed = ([first]: readonly GroupVersion[]): boolean => first?.group !== ''

/** `/api`. */
export const apiVersions = (host = '') => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
})

function groupEntry(versions: readonly GroupVersion[]) {
  const entries = versions.map((of) => ({ groupVersion: apiVersionOf(of), version: of.version }))
  return { name: versions[0]?.group ?? '', versions: entries, preferredVersion: entries[0] }
}

/** `/apis`. */
export const apiGroupList = (catalog: Catalog) => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsOf(catalog).filter(isNamed).map(groupEntry),
})

/** `/apis/<group>`; undefined where it is not served. */
export function apiGroup(catalog: Catalog, group: string) {
  const found = groupsOf(catalog)
    .filter(isNamed)
    .find(([first]) => first?.group === group)
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(found) }
}

/** `/api/v1`, `/apis/<group>/<version>`; undefined where it is not served. */
export function apiResourceList(catalog: Catalog, group: string, version: string) {
  const found = groupsOf(catalog)
    .flat()
    .find((one) => one.group === group && one.version === version)
  if (!found) return undefined
  return {
    kind: 'APIResourceList',
    // Left out in the core group's answer, as kube-apiserver does.
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(found),
    resources: found.resources.flatMap((resource) => listed(catalog, resource)),
  }
}

const listed = (catalog: Catalog, resource: Resource) => [
  {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.scope === 'namespaced',
    kind: resource.kind,
    verbs: resource.verbs,
    ...shortNamesOf(resource),
    ...(catalog.byName(resourceName(resource)) ? { storageVersionHash: storageVersionHash(catalog, resource) } : {}),
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
export const aggregated = (catalog: Catalog, version: 'v2' | 'v2beta1', root: 'api' | 'apis') => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: `apidiscovery.k8s.io/${version}`,
  metadata: {},
  items: groupsOf(catalog)
    .filter((versions) => isNamed(versions) === (root === 'apis'))
    .map((versions) => ({
      metadata: { ...(root === 'api' ? {} : { name: versions[0]?.group }), creationTimestamp: null },
      versions: versions.map((one) => ({
        version: one.version,
        resources: one.resources.map(discovered),
        freshness: 'Current',
      })),
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
