import { describe, expect, it } from 'vitest'
import { builtIn } from '../registry.ts'
import { PODS, served } from './testing.ts'
import { expressionWarnings } from './type-check.ts'

const CONFIG_MAPS = served('', 'v1', 'configmaps')

const warnings = (expression: string, rest: object = {}, rule: object = {}) =>
  expressionWarnings(
    {
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], ...rule }],
      },
      validations: [{ expression }],
      ...rest,
    },
    { resources: builtIn.resources, params: CONFIG_MAPS },
  )

describe('a policy is told of', () => {
  it('a field that its kind does not have, and where', () => {
    expect(warnings('object.replicas > 1', {}, { apiGroups: ['apps'], resources: ['deployments'] })).toEqual([
      {
        fieldRef: 'spec.validations[0].expression',
        warning: [
          "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'",
          ' | object.replicas > 1',
          ' | ......^',
        ].join('\n'),
      },
    ])
  })

  it.each([
    { expression: 'object.spec.containers.all(c, c.imagee != "")', name: 'imagee' },
    { expression: 'has(oldObject.spec.nope)', name: 'nope' },
    { expression: 'object.spec.?nope.orValue(1) == 1', name: 'nope' },
    { expression: 'object.?spec.optMap(s, s.nope).hasValue()', name: 'nope' },
    { expression: 'cel.bind(s, object.spec, s.nope == 1)', name: 'nope' },
    { expression: 'object.spec.containers[0].nope == 1', name: 'nope' },
    { expression: 'object.spec.containers.filter(c, c.name == "a").all(c, c.nope)', name: 'nope' },
    { expression: 'object.metadata.name.matches("a") && object.metadata.nope == 1', name: 'nope' },
    {
      expression: 'params.dataa.x == "1"',
      rest: { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } },
      name: 'dataa',
    },
    {
      expression: 'variables.spec.nope == 1',
      rest: { variables: [{ name: 'spec', expression: 'object.spec' }] },
      name: 'nope',
    },
  ])('$name in $expression', ({ expression, rest, name }) => {
    const [first, ...others] = warnings(expression, rest)
    expect(others).toEqual([])
    expect(first?.warning).toContain(`undefined field '${name}'\n`)
    const [, line = '', mark = ''] = first?.warning.split('\n') ?? []
    expect(line.slice(mark.indexOf('^')).replace(/^\.\??/, '')).toMatch(new RegExp(`^${name}`))
  })

  it.each([
    { expression: 'object.spec.hostNetwork == "x"', why: "'_==_' applied to '(bool, string)'" },
    { expression: 'object.spec.containers.all(c, c.name > 1)', why: "'_>_' applied to '(string, int)'" },
    { expression: 'object.metadata.labels["a"] == 1', why: "'_==_' applied to '(string, int)'" },
    { expression: 'object.spec.containers == 1', why: "'_==_' applied to '(list(io.k8s.api.core.v1.Container), int)'" },
    { expression: 'namespaceObject.metadata.name == 1', why: "'_==_' applied to '(string, int)'" },
    {
      expression: 'params.data.x == 1',
      rest: { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } },
      why: "'_==_' applied to '(string, int)'",
    },
    {
      expression: 'variables.name == 1',
      rest: { variables: [{ name: 'name', expression: 'object.metadata.name' }] },
      why: "'_==_' applied to '(string, int)'",
    },
  ])('types that do not go together in $expression', ({ expression, rest, why }) => {
    const [first, ...others] = warnings(expression, rest)
    expect(others).toEqual([])
    expect(first?.warning).toMatch(/^\/v1, Kind=Pod: ERROR: <input>:1:\d+: found no matching overload for /)
    expect(first?.warning).toContain(why)
  })

  it('a number that is compared with a text', () => {
    const [first] = warnings('object.spec.replicas == "x"', {}, { apiGroups: ['apps'], resources: ['deployments'] })
    expect(first?.warning).toBe(
      [
        "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_==_' applied to '(int, string)'",
        ' | object.spec.replicas == "x"',
        ' | .....................^',
      ].join('\n'),
    )
  })

  it('each of several kinds', () => {
    const [first] = warnings('has(object.spec)', {}, { resources: ['pods', 'configmaps'] })
    expect(first?.warning).toMatch(/^\/v1, Kind=ConfigMap: .*undefined field 'spec'/)
    expect(first?.warning).not.toContain('Kind=Pod')
  })
})

describe('a policy is told nothing of', () => {
  it.each([
    'object.metadata.labels.anything == "a" && object.metadata.annotations["b"] == "c"',
    'object.spec.containers.all(c, c.resources.limits["cpu"] == "1" && c.?image.hasValue())',
    'object.kind == "Pod" && request.name == "a" && namespaceObject.metadata.name == "b"',
    'oldObject == null || object.spec == oldObject.spec && request.operation in ["CREATE", "UPDATE"]',
    'object.spec.containers.all(c, quantity(c.resources.limits["cpu"]).isLessThan(quantity("1")))',
    'object.spec.containers.all(c, c.ports.all(p, p.hostPort == 0 || p.containerPort > 1024))',
    'object.spec.?securityContext.runAsUser.orValue(0) > 0 && request.?namespace.orValue("") == ""',
    'authorizer.group("").resource("pods").namespace("a").check("get").allowed() && authorizer.requestResource.check("get").allowed()',
    'authorizer.serviceAccount("a", "b").path("/healthz").check("get").reason() == ""',
    'has(object.spec.containers[0].resources) && !object.spec.containers.exists(c, c.image.endsWith(":latest"))',
    'request.userInfo.extra["a"][0] == "b" && "system:masters" in request.userInfo.groups && request.dryRun',
    'object.metadata.creationTimestamp == "a" && object.spec.tolerations.map(t, t.key).exists(k, k == "a")',
  ])('%s', (expression) => expect(warnings(expression)).toEqual([]))

  it('kinds that its rules do not name', () => {
    expect(warnings('object.nope == 1', {}, { resources: ['*'] })).toEqual([])
    expect(warnings('object.nope == 1', {}, { apiVersions: ['*'] })).toEqual([])
  })
})

describe('a custom kind', () => {
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          'a-b': { type: 'string' },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          steps: { type: 'array', items: { type: 'object', properties: { run: { type: 'string' } } } },
        },
      },
    },
  }
  // Only what a check looks at.
  const custom = {
    ...PODS,
    custom: { schema, origin: {}, isTerminating: false, decode: PODS.custom?.decode },
  } as typeof PODS
  const unknown = (expression: string) =>
    expressionWarnings(
      {
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['pods'] }],
        },
        validations: [{ expression }],
      },
      { resources: [custom], params: undefined },
    ).length

  it('has the fields of its schema, and those that every object has', () => {
    expect(unknown('object.spec.a__dash__b == "" && object.metadata.name == "" && object.spec.free.any == 1')).toBe(0)
    expect(unknown('object.spec.steps.all(s, s.run != "")')).toBe(0)
    expect(unknown('object.spec.steps.all(s, s.walk != "")')).toBe(1)
    expect(unknown('object.status.x == 1')).toBe(1)
  })
})
