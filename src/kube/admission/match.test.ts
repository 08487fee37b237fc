import { describe, expect, it } from 'vitest'
import { builtIn } from '../registry.ts'
import { type Resource, resourceName } from '../resource.ts'
import type { NamedRule } from '../resources/admissionregistration/rules.ts'
import type { Labels } from '../selectors.ts'
import { compileMatch, type Matched, matchedIn } from './match.ts'
import { served, writeOf } from './testing.ts'

const NAMESPACES: Readonly<Record<string, Labels>> = { default: { tier: 'low' }, prod: { tier: 'high' } }
const surroundings = {
  versionsOf: (resource: Resource) =>
    builtIn.resources.filter((other) => resourceName(other) === resourceName(resource)),
  labelsOf: (namespace: string) => NAMESPACES[namespace],
}
const pods: NamedRule = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }
const matched = (criteria: Partial<Matched>, write: Parameters<typeof writeOf>[0] = {}) =>
  matchedIn(compileMatch({ rules: [pods], ...criteria }), writeOf(write), surroundings)

const deployments = served('apps', 'v1', 'deployments')
const namespaces = served('', 'v1', 'namespaces')
const nodes = served('', 'v1', 'nodes')

describe('a rule', () => {
  it.each([
    { resources: ['pods'], subresource: undefined, fits: true },
    { resources: ['pods'], subresource: 'status', fits: false },
    { resources: ['pods/status'], subresource: 'status', fits: true },
    { resources: ['pods/status'], subresource: undefined, fits: false },
    { resources: ['pods/*'], subresource: 'status', fits: true },
    { resources: ['pods/*'], subresource: undefined, fits: true },
    { resources: ['*'], subresource: undefined, fits: true },
    { resources: ['*'], subresource: 'status', fits: false },
    { resources: ['*/*'], subresource: 'status', fits: true },
    { resources: ['*/*'], subresource: undefined, fits: true },
    { resources: ['*/scale'], subresource: 'scale', fits: true },
    { resources: ['*/scale'], subresource: undefined, fits: false },
    { resources: ['services', 'pods'], subresource: undefined, fits: true },
    { resources: ['services'], subresource: undefined, fits: false },
  ])('of $resources names pods with the subresource $subresource: $fits', ({ resources, subresource, fits }) => {
    expect(matched({ rules: [{ ...pods, resources }] }, { subresource }) !== undefined).toBe(fits)
  })

  it.each<{ change: Partial<NamedRule>; fits: boolean }>([
    { change: { operations: ['UPDATE'] }, fits: false },
    { change: { operations: ['CREATE', 'UPDATE'] }, fits: true },
    { change: { apiGroups: ['apps'] }, fits: false },
    { change: { apiVersions: ['v2'] }, fits: false },
    { change: { scope: 'Namespaced' }, fits: true },
    { change: { scope: 'Cluster' }, fits: false },
    { change: { resourceNames: ['web'] }, fits: true },
    { change: { resourceNames: ['other'] }, fits: false },
  ])('with $change fits a new Pod: $fits', ({ change, fits }) => {
    expect(matched({ rules: [{ ...pods, ...change }] }) !== undefined).toBe(fits)
  })

  it('takes a Namespace for what it is: of the scope of the cluster', () => {
    const of = (scope: 'Cluster' | 'Namespaced') =>
      matched({ rules: [{ ...pods, resources: ['*'], scope }] }, { resource: namespaces, namespace: 'web' })
    expect([of('Cluster'), of('Namespaced')]).toEqual([namespaces, undefined])
  })

  it('is outdone by one that excludes', () => {
    const excluded = [{ ...pods, resourceNames: ['web'] }]
    expect(matched({ excluded })).toBeUndefined()
    expect(matched({ excluded }, { name: 'other' })).toBeDefined()
  })

  it('is not needed: a binding has those of its policy', () => {
    expect(matched({ rules: undefined }, { resource: deployments })).toBe(deployments)
  })
})

describe('another version', () => {
  const [v1, v2] = ['v1', 'v2'].map((version) => served('autoscaling', version, 'horizontalpodautoscalers'))
  const ofV1 = [{ ...pods, apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'] }]

  it('of the same objects is named too, and is the one to be shown', () => {
    expect(matched({ rules: ofV1, matchPolicy: 'Equivalent' }, { resource: v2 })).toBe(v1)
    expect(matched({ rules: ofV1, matchPolicy: 'Equivalent' }, { resource: v1 })).toBe(v1)
  })

  it('is another thing where the rules are meant exactly', () => {
    expect(matched({ rules: ofV1, matchPolicy: 'Exact' }, { resource: v2 })).toBeUndefined()
  })

  it('may be in another group', () => {
    const events = [{ ...pods, apiGroups: ['events.k8s.io'], resources: ['events'] }]
    const core = served('', 'v1', 'events')
    expect(matched({ rules: events, matchPolicy: 'Equivalent' }, { resource: core })).toBe(
      served('events.k8s.io', 'v1', 'events'),
    )
  })
})

describe('labels', () => {
  const high = { matchLabels: { tier: 'high' } }

  it.each([
    { what: 'a Pod in a namespace that has them', write: { namespace: 'prod' }, fits: true },
    { what: 'a Pod in one that has not', write: { namespace: 'default' }, fits: false },
    { what: 'a Node, which lies in none', write: { resource: nodes, namespace: '' }, fits: true },
    {
      what: 'a Namespace that is given them',
      write: {
        resource: namespaces,
        namespace: 'new',
        object: { metadata: { name: 'new', labels: { tier: 'high' } } },
      },
      fits: true,
    },
    {
      what: 'a Namespace that has them when it is deleted',
      write: { resource: namespaces, namespace: 'prod', operation: 'DELETE' as const },
      fits: true,
    },
  ])('of the namespace select $what: $fits', ({ write, fits }) => {
    const rules = [{ ...pods, resources: ['*'] }]
    expect(matched({ rules, namespaceSelector: high }, write) !== undefined).toBe(fits)
  })

  it('of the object select it, as it was or as it is to be', () => {
    const labelled = { metadata: { name: 'web', labels: { tier: 'high' } } }
    expect(matched({ objectSelector: high })).toBeUndefined()
    expect(matched({ objectSelector: high }, { object: labelled })).toBeDefined()
    expect(matched({ objectSelector: high }, { operation: 'DELETE', object: labelled })).toBeDefined()
  })
})

describe('nobody judges', () => {
  it.each([
    'validatingwebhookconfigurations',
    'mutatingwebhookconfigurations',
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
  ])('%s', (plural) => {
    const match = compileMatch({ rules: [{ ...pods, apiGroups: ['*'], resources: ['*/*'] }] })
    const resource = served('admissionregistration.k8s.io', 'v1', plural)
    expect(matchedIn(match, writeOf({ resource }), surroundings)).toBeUndefined()
    expect(match.mayConcern(resource, surroundings.versionsOf)).toBe(false)
  })
})

describe('whether a resource could be matched', () => {
  it.each([
    { change: {}, resource: deployments, may: false },
    { change: { apiGroups: ['apps'], resources: ['deployments/scale'] }, resource: deployments, may: true },
    { change: { apiGroups: ['*'], resources: ['*'] }, resource: deployments, may: true },
  ])('is told by $change: $may', ({ change, resource, may }) => {
    expect(compileMatch({ rules: [{ ...pods, ...change }] }).mayConcern(resource, surroundings.versionsOf)).toBe(may)
  })
})
