import { describe, expect, it } from 'vitest'
import { aggregated, apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.ts'
import { builtIn } from './registry.ts'

describe('discovery', () => {
  it('lists groups with their version', () => {
    expect(apiVersions('host').versions).toEqual(['v1'])
    const groups = apiGroupList(builtIn).groups.map(({ name }) => name)
    expect(groups).toEqual(expect.arrayContaining(['apps', 'batch', 'policy', 'authentication.k8s.io']))
    expect(new Set(groups).size).toBe(groups.length)
    expect(apiGroup(builtIn, 'apps')).toMatchObject({ preferredVersion: { groupVersion: 'apps/v1', version: 'v1' } })
    expect(apiGroup(builtIn, '')).toBeUndefined()
    expect(apiGroup(builtIn, 'nope')).toBeUndefined()
    expect(apiResourceList(builtIn, 'apps', 'v2')).toBeUndefined()
  })

  it('names subresources by their own group, version and kind: kubectl drain looks for Eviction so', () => {
    expect(apiResourceList(builtIn, '', 'v1')?.resources).toContainEqual({
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    })
    expect(apiResourceList(builtIn, 'apps', 'v1')?.resources).toContainEqual(
      expect.objectContaining({ name: 'deployments/scale', group: 'autoscaling', version: 'v1', kind: 'Scale' }),
    )
  })

  it.each(['v2', 'v2beta1'] as const)('says in aggregated %s what the lists say', (version) => {
    for (const root of ['api', 'apis'] as const)
      for (const { metadata, versions } of aggregated(builtIn, version, root).items)
        for (const { version: served, resources } of versions) {
          const listed = apiResourceList(builtIn, metadata.name ?? '', served)?.resources.map(({ name }) => name)
          const names = resources.flatMap((resource) => [
            resource.resource,
            ...(resource.subresources ?? []).map((each) => `${resource.resource}/${each.subresource}`),
          ])
          expect(names).toEqual(listed)
        }
  })
})
