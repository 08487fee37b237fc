import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ADMIN_RULES, EDIT_RULES, VIEW_RULES } from './aggregate-roles.ts'
import { compacted, type PolicyRule, type ResourceAction, ruleAllows, ruleText, uncovered } from './rules.ts'

const action = (rest: Partial<ResourceAction>): ResourceAction => ({
  verb: 'get',
  group: '',
  resource: 'pods',
  namespace: 'default',
  name: 'a',
  ...rest,
})

describe('the default roles', () => {
  it('leave it to cluster admins to say who adds containers to a Pod that runs', () => {
    const debug = action({ verb: 'patch', subresource: 'ephemeralcontainers' })
    const rules = [...VIEW_RULES, ...EDIT_RULES, ...ADMIN_RULES]
    expect(rules.some((rule) => ruleAllows(rule, debug))).toBe(false)
  })
})

describe('a rule', () => {
  const rule: PolicyRule = { apiGroups: [''], resources: ['pods', '*/scale'], verbs: ['get'] }
  it.each([
    { what: 'what it names', asked: {}, want: true },
    { what: 'another verb', asked: { verb: 'list' }, want: false },
    { what: 'another group', asked: { group: 'apps' }, want: false },
    { what: 'a subresource that it does not name', asked: { subresource: 'log' }, want: false },
    { what: 'a subresource of any kind', asked: { resource: 'widgets', subresource: 'scale' }, want: true },
    { what: 'the kind itself, of which it names a subresource only', asked: { resource: 'widgets' }, want: false },
  ])('judges $what', ({ asked, want }) => {
    expect(ruleAllows(rule, action(asked))).toBe(want)
  })

  it('of names is for no list', () => {
    const named: PolicyRule = { ...rule, resourceNames: ['a'] }
    expect([
      ruleAllows(named, action({})),
      ruleAllows(named, action({ name: 'b' })),
      ruleAllows(named, action({ name: '' })),
    ]).toEqual([true, false, false])
  })

  it.each([
    ['/metrics', '/metrics', true],
    ['/metrics', '/metrics/slis', false],
    ['/healthz/*', '/healthz/etcd', true],
    ['/healthz/*', '/healthz', false],
    ['*', '/any', true],
  ])('of the path %s judges %s', (pattern, path, want) => {
    const paths: PolicyRule = { nonResourceURLs: [pattern], verbs: ['get'] }
    expect(ruleAllows(paths, { verb: 'get', path })).toBe(want)
  })
})

const some = (...values: string[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 })
const anyRule: fc.Arbitrary<PolicyRule> = fc.record({
  verbs: some('get', 'list', '*'),
  apiGroups: some('', 'apps', '*'),
  resources: some('pods', 'pods/log', 'deployments', '*/log', '*'),
  resourceNames: fc.uniqueArray(fc.constantFrom('a', 'b')),
})
/** Everything that the rules above can speak of. */
const ACTIONS = ['get', 'list', 'delete'].flatMap((verb) =>
  ['', 'apps', 'batch'].flatMap((group) =>
    ['pods', 'deployments', 'jobs'].flatMap((resource) =>
      [undefined, 'log', 'exec'].flatMap((subresource) =>
        ['', 'a', 'b', 'c'].map((name) => action({ verb, group, resource, subresource, name })),
      ),
    ),
  ),
)

describe('covering', () => {
  it('is never claimed where something would be allowed that was not', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 3 }), fc.array(anyRule, { maxLength: 2 }), (held, wanted) => {
        if (uncovered(held, wanted).length > 0) return
        for (const each of ACTIONS)
          if (wanted.some((rule) => ruleAllows(rule, each)))
            expect(held.some((rule) => ruleAllows(rule, each))).toBe(true)
      }),
    )
  })

  it('is had by rules of themselves', () => {
    fc.assert(
      fc.property(fc.array(anyRule), (rules) => {
        expect(uncovered(rules, rules)).toEqual([])
      }),
    )
  })

  it('is total by everything', () => {
    const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
    expect(uncovered(everything, [...VIEW_RULES, ...EDIT_RULES, ...ADMIN_RULES])).toEqual([])
  })
})

describe('what is lacking', () => {
  it('is told with all verbs of a thing together', () => {
    const lacking = uncovered(
      [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      [
        { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'list'] },
        { nonResourceURLs: ['/metrics'], verbs: ['get'] },
      ],
    )
    expect(compacted(lacking).map(ruleText)).toEqual([
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
      '{APIGroups:[""], Resources:["pods"], Verbs:["list"]}',
      '{NonResourceURLs:["/metrics"], Verbs:["get"]}',
    ])
  })
})
