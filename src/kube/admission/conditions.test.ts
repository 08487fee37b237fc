import { describe, expect, it } from 'vitest'
import type { Decide } from '../cel/authorizer.ts'
import type { KubeObject } from '../object.ts'
import { Budget } from './budget.ts'
import { compileConditions } from './conditions.ts'
import { type Situation, sightOf } from './situation.ts'
import { situationOf, writeOf } from './testing.ts'

const SCOPE = { hasParams: true, hasAuthorizer: true }

const outcome = (expressions: readonly string[], situation: Situation = situationOf(writeOf())) =>
  compileConditions(
    expressions.map((expression, index) => ({ name: `c${index}`, expression })),
    SCOPE,
  ).evaluate(sightOf(situation), new Budget())

const holds = (expression: string, situation?: Situation) => outcome([expression], situation)

describe('match conditions', () => {
  it('match where all hold, and where there are none', () => {
    expect(outcome([])).toEqual({ result: 'match' })
    expect(outcome(['true', 'request.operation == "CREATE"'])).toEqual({ result: 'match' })
  })

  it('do not match where one is false, even if another failed', () => {
    expect(outcome(['object.spec.nope == 1', 'false', 'true'])).toEqual({ result: 'no match', condition: 'c1' })
  })

  it('fail where one could not be told and none is false', () => {
    expect(outcome(['true', 'object.nope == 1'])).toEqual({
      result: 'error',
      message: "expression 'object.nope == 1' resulted in error: no such key: nope",
    })
  })

  it('fail rather than take more steps than a write may', () => {
    const items = Array.from({ length: 4000 }, (_, index) => index)
    const wide = situationOf(writeOf({ object: { items } }))
    const loops = 'object.items.all(a, object.items.all(b, object.items.all(c, a + b + c >= 0)))'
    expect(holds(loops, wide)).toMatchObject({ result: 'error', message: expect.stringContaining('cost budget') })
  })
})

describe('what they see', () => {
  const pod = {
    spec: { containers: [{ name: 'a', image: 'a:1', resources: { limits: { cpu: '500m' } } }], priority: 5 },
    metadata: {
      name: 'web',
      namespace: 'default',
      labels: { app: 'web', 'example.com/x-y': 'z' },
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
  }

  it.each([
    'object.metadata.name == "web" && object.kind == "Pod" && object.apiVersion == "v1"',
    'object.metadata.labels["example.com/x-y"] == "z" && "app" in object.metadata.labels',
    'object.spec.containers.all(c, quantity(c.resources.limits.cpu).isLessThan(quantity("1")))',
    'type(object.spec.priority) == int && object.spec.priority + 1 == 6',
    'type(object.metadata.creationTimestamp) == string',
    'timestamp(object.metadata.creationTimestamp) < timestamp("2026-01-02T00:00:00Z")',
    '!has(object.spec.nodeName) && object.spec.?nodeName.orValue("none") == "none"',
    'oldObject == null && params == null && namespaceObject == null',
    'request.kind.kind == "Pod" && request.resource.resource == "pods" && request.requestKind.version == "v1"',
    '!has(request.subResource) && request.name == "web" && request.namespace == "default" && !request.dryRun',
    'request.userInfo.username == "ann" && "system:authenticated" in request.userInfo.groups',
    '!has(request.userInfo.uid) && !has(request.userInfo.extra)',
    'request.options.kind == "CreateOptions"',
  ])('%s', (expression) => {
    expect(holds(expression, situationOf(writeOf({ object: pod })))).toEqual({ result: 'match' })
  })

  it('is what was there too, of an update or a delete', () => {
    const update = situationOf(writeOf({ operation: 'UPDATE', subresource: 'status' }))
    expect(holds('oldObject.metadata.name == object.metadata.name && request.subResource == "status"', update)).toEqual(
      {
        result: 'match',
      },
    )
    expect(holds('object == null && oldObject.kind == "Pod"', situationOf(writeOf({ operation: 'DELETE' })))).toEqual({
      result: 'match',
    })
  })

  it('is the namespace and the parameters', () => {
    const labelled = { kind: 'Namespace', metadata: { name: 'default', labels: { a: 'b' } } } as unknown as KubeObject
    const params = { kind: 'ConfigMap', data: { most: '3' } } as unknown as KubeObject
    const situation = situationOf(writeOf(), { namespaceObject: labelled, params })
    expect(holds('namespaceObject.metadata.labels.a == "b" && int(params.data.most) == 3', situation)).toEqual({
      result: 'match',
    })
  })
})

describe('authorizer', () => {
  /** Who may do what, as `user verb group/resource/subresource namespace/name` or `user verb path`. */
  const asking =
    (allowed: string): Decide =>
    (user, action) => {
      const asked =
        'path' in action
          ? `${user.username} ${action.verb} ${action.path}`
          : `${user.username} ${action.verb} ${action.group}/${action.resource}/${action.subresource ?? ''} ${action.namespace}/${action.name}`
      return asked === allowed ? { allowed: true, reason: 'so be it' } : { allowed: false, reason: asked }
    }

  it.each([
    {
      expression: 'authorizer.group("apps").resource("deployments").namespace("a").name("b").check("get").allowed()',
      allowed: 'ann get apps/deployments/ a/b',
    },
    {
      expression: 'authorizer.group("").resource("pods").subresource("exec").check("create").reason() == "so be it"',
      allowed: 'ann create /pods/exec /',
    },
    { expression: 'authorizer.path("/healthz").check("get").allowed()', allowed: 'ann get /healthz' },
    { expression: 'authorizer.requestResource.check("delete").allowed()', allowed: 'ann delete /pods/ default/web' },
    {
      expression: 'authorizer.serviceAccount("a", "b").group("").resource("pods").check("list").allowed()',
      allowed: 'system:serviceaccount:a:b list /pods/ /',
    },
    { expression: '!authorizer.path("/healthz").check("post").allowed()', allowed: 'ann get /healthz' },
    { expression: '!authorizer.path("/").check("get").errored()', allowed: '' },
  ])('$expression', ({ expression, allowed }) => {
    expect(holds(expression, situationOf(writeOf(), { decide: asking(allowed) }))).toEqual({ result: 'match' })
  })

  it.each([
    { expression: 'authorizer.path(" ").check("get").allowed()', says: 'path must not be empty' },
    { expression: 'authorizer.group("").resource("").check("get").allowed()', says: 'resource must not be empty' },
    {
      expression: 'authorizer.serviceAccount("a", "B!").path("/").check("get").allowed()',
      says: 'Invalid service account name',
    },
  ])('refuses $expression', ({ expression, says }) => {
    expect(holds(expression)).toMatchObject({ result: 'error', message: expect.stringContaining(says) })
  })
})
