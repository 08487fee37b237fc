import { describe, expect, it } from 'vitest'
import { definitions } from '../kube/generated/schema.ts'
import { resources } from '../kube/registry.ts'
import { fieldNames, lowered, resourceCalled, typeNames } from './names.ts'
import { relationsOf } from './relations.ts'

describe('names', () => {
  it.each([
    { kind: 'Pod', plural: 'pods', many: 'pods', one: 'pod' },
    { kind: 'ConfigMap', plural: 'configmaps', many: 'configMaps', one: 'configMap' },
    { kind: 'NetworkPolicy', plural: 'networkpolicies', many: 'networkPolicies', one: 'networkPolicy' },
    { kind: 'Ingress', plural: 'ingresses', many: 'ingresses', one: 'ingress' },
    { kind: 'CSIDriver', plural: 'csidrivers', many: 'csiDrivers', one: 'csiDriver' },
    { kind: 'Endpoints', plural: 'endpoints', many: 'endpoints', one: 'endpointsByName' },
  ])('of $kind are $many and $one', ({ kind, plural, many, one }) =>
    expect(fieldNames({ kind, plural })).toEqual({ many, one }),
  )

  it('begin in lower case', () =>
    expect(['APIService', 'HTTPRoute', 'IP', 'Pod'].map(lowered)).toEqual(['apiService', 'httpRoute', 'iP', 'pod']))

  it('of types are the short ones, and never two alike', () => {
    const names = typeNames(Object.keys(definitions))
    expect(names.get('io.k8s.api.core.v1.PodSpec')).toBe('PodSpec')
    expect(names.get('io.k8s.api.core.v1.EndpointPort')).toBe('EndpointPort')
    expect(names.get('io.k8s.api.discovery.v1.EndpointPort')).toBe('DiscoveryEndpointPort')
    expect(new Set(names.values()).size).toBe(names.size)
  })

  it.each(['Deployment', 'deployment', 'deployments', 'deploy', 'deployments.apps', 'DEPLOY'])(
    '%s means Deployments',
    (name) => expect(resourceCalled(resources, name)?.kind).toBe('Deployment'),
  )

  it('that mean nothing find nothing', () => expect(resourceCalled(resources, 'unheard')).toBeUndefined())

  it.each(resources.map(({ kind, schema }) => ({ kind, schema })))(
    'of relations are no fields of $kind',
    ({ kind, schema }) => {
      const fields = Object.keys(definitions[schema]?.fields ?? {})
      for (const name of ['manifest', ...relationsOf(kind).map(({ field }) => field)])
        expect(fields).not.toContain(name)
    },
  )
})
