import { describe, expect, it } from 'vitest'
import { aggregated, apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.ts'

describe('discovery', () => {
  it('lists groups with their version', () => {
    expect(apiVersions('host').versions).toEqual(['v1'])
    expect(apiGroupList().groups.map(({ name }) => name)).toEqual([
      'apps',
      'coordination.k8s.io',
      'discovery.k8s.io',
      'apiextensions.k8s.io',
    ])
    expect(apiGroup('apps')).toMatchObject({ preferredVersion: { groupVersion: 'apps/v1', version: 'v1' } })
    expect(apiGroup('')).toBeUndefined()
    expect(apiGroup('nope')).toBeUndefined()
    expect(apiResourceList('apps', 'v2')).toBeUndefined()
  })

  it('names subresources by their own group, version and kind: kubectl drain looks for Eviction so', () => {
    expect(apiResourceList('', 'v1')?.resources).toContainEqual({
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    })
    expect(apiResourceList('apps', 'v1')?.resources).toContainEqual(
      expect.objectContaining({ name: 'deployments/scale', group: 'autoscaling', version: 'v1', kind: 'Scale' }),
    )
  })

  it.each(['v2', 'v2beta1'] as const)('says in aggregated %s what the lists say', (version) => {
    for (const root of ['api', 'apis'] as const)
      for (const { metadata, versions } of aggregated(version, root).items)
        for (const { version: served, resources } of versions) {
          const listed = apiResourceList(metadata.name ?? '', served)?.resources.map(({ name }) => name)
          const names = resources.flatMap((resource) => [
            resource.resource,
            ...(resource.subresources ?? []).map((each) => `${resource.resource}/${each.subresource}`),
          ])
          expect(names).toEqual(listed)
        }
  })
})
