import { describe, expect, it } from 'vitest'
import { FLOW_SCHEMAS, PRIORITY_LEVELS } from '../../flow-control/default-objects.ts'
import { clone, deepEqual } from '../../json.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../types.ts'
import { refusals } from '../testing.ts'
import { flowSchemas } from './flow-schema.ts'
import { priorityLevelConfigurations } from './priority-level-configuration.ts'

describe('what every cluster begins with', () => {
  it.each(Object.entries(FLOW_SCHEMAS))('FlowSchema %s is valid and has no more to be defaulted', (name, spec) => {
    const draft = { metadata: { name }, spec: clone(spec) } as unknown as FlowSchema
    expect(refusals(flowSchemas, draft)).toEqual([])
    flowSchemas.defaults(draft)
    expect(deepEqual(draft.spec, spec)).toBe(true)
    expect(PRIORITY_LEVELS).toHaveProperty([spec.priorityLevelConfiguration.name])
  })

  it.each(Object.entries(PRIORITY_LEVELS))('level %s is valid and has no more to be defaulted', (name, spec) => {
    const draft = { metadata: { name }, spec: clone(spec) } as unknown as PriorityLevelConfiguration
    expect(refusals(priorityLevelConfigurations, draft)).toEqual([])
    priorityLevelConfigurations.defaults(draft)
    expect(deepEqual(draft.spec, spec)).toBe(true)
  })
})

const everybody = [{ kind: 'Group', group: { name: 'system:authenticated' } }]
const urls = (...nonResourceURLs: string[]) => ({
  subjects: everybody,
  nonResourceRules: [{ verbs: ['get'], nonResourceURLs }],
})
const resources = (rule: object) => ({
  subjects: everybody,
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], ...rule }],
})
const schema = (spec: object, name = 'a') =>
  refusals(flowSchemas, { metadata: { name }, spec: { priorityLevelConfiguration: { name: 'system' }, ...spec } })

describe('a FlowSchema', () => {
  it.each([
    { what: 'no level', spec: { priorityLevelConfiguration: {} }, field: 'spec.priorityLevelConfiguration.name' },
    { what: 'a precedence below 1', spec: { matchingPrecedence: -1 }, field: 'spec.matchingPrecedence' },
    { what: 'a precedence above 10000', spec: { matchingPrecedence: 10_001 }, field: 'spec.matchingPrecedence' },
    { what: 'the precedence of another', spec: { matchingPrecedence: 1 }, field: 'spec.matchingPrecedence' },
    {
      what: 'an unknown method',
      spec: { distinguisherMethod: { type: 'ByMood' } },
      field: 'spec.distinguisherMethod.type',
    },
    { what: 'a rule of nothing', spec: { rules: [{ subjects: everybody }] }, field: 'spec.rules[0]' },
    { what: 'a rule of nobody', spec: { rules: [{ ...urls('*'), subjects: [] }] }, field: 'spec.rules[0].subjects' },
    {
      what: 'a subject that is none',
      spec: { rules: [{ ...urls('*'), subjects: [{ kind: 'User' }] }] },
      field: 'spec.rules[0].subjects[0].user',
    },
    {
      what: 'a subject of two kinds',
      spec: { rules: [{ ...urls('*'), subjects: [{ kind: 'User', user: { name: 'a' }, group: { name: 'b' } }] }] },
      field: 'spec.rules[0].subjects[0].group',
    },
    {
      what: 'an account without a namespace',
      spec: { rules: [{ ...urls('*'), subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*' } }] }] },
      field: 'spec.rules[0].subjects[0].serviceAccount.namespace',
    },
    {
      what: 'an unknown verb',
      spec: { rules: [resources({ verbs: ['look'] })] },
      field: 'spec.rules[0].resourceRules[0].verbs',
    },
    {
      what: 'all and more',
      spec: { rules: [resources({ resources: ['*', 'pods'] })] },
      field: 'spec.rules[0].resourceRules[0].resources',
    },
    {
      what: 'neither namespaces nor the cluster',
      spec: { rules: [resources({ namespaces: [] })] },
      field: 'spec.rules[0].resourceRules[0].namespaces',
    },
    {
      what: 'a star in the middle of a path',
      spec: { rules: [urls('/a*')] },
      field: 'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]',
    },
  ])('is refused with $what', ({ spec, field }) =>
    expect(schema(spec).map((refusal) => refusal.slice(0, refusal.indexOf(': ')))).toEqual([field]),
  )

  it('may be of the cluster alone, and of paths below one', () =>
    expect(
      schema({ rules: [resources({ namespaces: [], clusterScope: true }), urls('/', '/healthz', '/apis/*')] }),
    ).toEqual([]))

  it('is fixed where it is mandatory', () => {
    const { rules: _, ...spec } = FLOW_SCHEMAS['exempt'] ?? {}
    expect(schema(spec, 'exempt')[0]).toContain("spec of 'exempt' must equal the fixed value")
  })
})

const level = (spec: object, name = 'a') => refusals(priorityLevelConfigurations, { metadata: { name }, spec })
const queue = (queuing: object) => ({ type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing } } })

describe('a PriorityLevelConfiguration', () => {
  it.each([
    {
      what: 'no type',
      spec: {},
      field: 'spec.type: Unsupported value: "": supported values: "Exempt", "Limited"',
    },
    { what: 'a limit that is not said', spec: { type: 'Limited' }, field: 'spec.limited: Required value' },
    {
      what: 'a negative share',
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: -1, limitResponse: { type: 'Reject' } } },
      field: 'spec.limited.nominalConcurrencyShares: ',
    },
    {
      what: 'more to lend than it has',
      spec: { type: 'Limited', limited: { lendablePercent: 101, limitResponse: { type: 'Reject' } } },
      field: 'spec.limited.lendablePercent: ',
    },
    {
      what: 'queues for what it rejects',
      spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject', queuing: {} } } },
      field: 'spec.limited.limitResponse.queuing: Forbidden',
    },
    {
      what: 'a hand larger than its queues',
      spec: queue({ queues: 4 }),
      field: 'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)',
    },
    {
      what: 'a hand that takes more than a hash has',
      spec: queue({ queues: 256 }),
      field: 'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 256',
    },
  ])('is refused with $what', ({ spec, field }) => expect(level(spec)).toEqual([expect.stringContaining(field)]))

  it('is exempt by its name, and by nothing else', () => {
    expect(level({ type: 'Exempt' })[0]).toContain("must be 'Exempt' if and only if `name` is 'exempt'")
    expect(level({ type: 'Exempt', exempt: { nominalConcurrencyShares: 10 } }, 'exempt')).toEqual([])
  })

  it('is fixed where it is mandatory', () =>
    expect(level(queue({}), 'catch-all')[0]).toContain("spec of 'catch-all' must equal the fixed value"))
})
