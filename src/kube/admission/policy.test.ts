import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../object.ts'
import { Budget } from './budget.ts'
import { compilePolicy } from './policy.ts'
import type { Situation } from './situation.ts'
import { situationOf, writeOf } from './testing.ts'

type Spec = Parameters<typeof compilePolicy>[0]

const replicas = (count: number) => writeOf({ object: { spec: { replicas: count } } })

const messages = (spec: Spec, situation: Situation = situationOf(replicas(5))): string[] =>
  compilePolicy(spec)
    .objections(situation, new Budget())
    .map(({ message }) => message)

const few = { expression: 'object.spec.replicas <= 3' }

describe('a validation', () => {
  it('has nothing against what keeps it', () => {
    expect(messages({ validations: [few] }, situationOf(replicas(3)))).toEqual([])
  })

  it.each([
    { validation: few, says: 'failed expression: object.spec.replicas <= 3' },
    { validation: { ...few, message: ' too many ' }, says: 'too many' },
    {
      validation: { ...few, message: 'too many', messageExpression: '"got " + string(object.spec.replicas)' },
      says: 'got 5',
    },
    { validation: { ...few, message: 'too many', messageExpression: 'string(object.spec.nope)' }, says: 'too many' },
    { validation: { ...few, message: 'too many', messageExpression: '"  "' }, says: 'too many' },
    { validation: { ...few, messageExpression: '"a\\nb"' }, says: 'failed expression: object.spec.replicas <= 3' },
  ])('says why not: $validation', ({ validation, says }) => {
    expect(messages({ validations: [validation] })).toEqual([says])
  })

  it('gives its reason', () => {
    const policy = compilePolicy({ validations: [few, { ...few, reason: 'Forbidden' }] })
    const objections = policy.objections(situationOf(replicas(5)), new Budget())
    expect(objections.map(({ reason }) => reason)).toEqual([undefined, 'Forbidden'])
  })

  it.each([
    { failurePolicy: 'Fail' as const, says: ["expression 'object.spec.nope' resulted in error: no such key: nope"] },
    { failurePolicy: 'Ignore' as const, says: [] },
  ])('that could not be told is judged by the failure policy $failurePolicy', ({ failurePolicy, says }) => {
    expect(messages({ failurePolicy, validations: [{ expression: 'object.spec.nope' }] })).toEqual(says)
  })

  it('is not asked where the conditions do not match', () => {
    const conditions = (expression: string): Spec => ({
      validations: [few],
      matchConditions: [{ name: 'a', expression }],
    })
    expect(messages(conditions('request.userInfo.username == "bob"'))).toEqual([])
    expect(messages(conditions('object.nope'))).toEqual([
      "expression 'object.nope' resulted in error: no such key: nope",
    ])
    expect(messages({ ...conditions('object.nope'), failurePolicy: 'Ignore' })).toEqual([])
  })

  it('knows parameters, and that there are none', () => {
    const spec: Spec = {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [{ expression: 'params == null || object.spec.replicas <= int(params.data.most)' }],
    }
    const most = (text: string) =>
      situationOf(replicas(5), { params: { data: { most: text } } as unknown as KubeObject })
    expect(messages(spec, most('5'))).toEqual([])
    expect(messages(spec, most('4'))).toHaveLength(1)
    expect(messages(spec)).toEqual([])
  })
})

describe('variables', () => {
  it('are made of those before them, and known by their types', () => {
    const spec: Spec = {
      variables: [
        { name: 'replicas', expression: 'object.spec.?replicas.orValue(1)' },
        { name: 'most', expression: '1 + 2' },
        { name: 'names', expression: '["a", "b"]' },
        { name: 'fits', expression: 'variables.replicas <= variables.most' },
      ],
      validations: [{ expression: 'variables.fits || variables.names.size() != 2' }],
    }
    expect(messages(spec, situationOf(replicas(3)))).toEqual([])
    expect(messages(spec)).toHaveLength(1)
  })

  it('are not evaluated before something asks, and once only', () => {
    let asked = 0
    const decide = () => {
      asked += 1
      return { allowed: true, reason: '' }
    }
    const spec: Spec = {
      variables: [
        { name: 'broken', expression: 'object.nope' },
        { name: 'may', expression: 'authorizer.path("/").check("get").allowed()' },
      ],
      validations: [
        { expression: 'true || variables.broken' },
        { expression: 'variables.may' },
        { expression: 'variables.may' },
      ],
    }
    expect(messages(spec, situationOf(replicas(1), { decide }))).toEqual([])
    expect(asked).toBe(1)
  })

  it('that fail are named', () => {
    const spec: Spec = {
      variables: [{ name: 'broken', expression: 'object.nope' }],
      validations: [{ expression: 'variables.broken' }],
    }
    expect(messages(spec)).toEqual([
      'expression \'variables.broken\' resulted in error: composited variable "broken" fails to evaluate: no such key: nope',
    ])
  })

  it('cannot be made longer and longer until nothing goes on', () => {
    const doubled = Array.from({ length: 40 }, (_, at) => ({
      name: `v${at + 1}`,
      expression: `variables.v${at} + variables.v${at}`,
    }))
    const spec: Spec = {
      variables: [{ name: 'v0', expression: '[1, 2, 3, 4]' }, ...doubled],
      validations: [{ expression: 'variables.v40.all(x, x > 0)' }],
    }
    expect(messages(spec)).toEqual([expect.stringContaining('cost budget')])
  })
})

describe('an audit annotation', () => {
  it('is no objection, but refuses where it could not be told', () => {
    const annotated = (valueExpression: string): Spec => ({ auditAnnotations: [{ key: 'a', valueExpression }] })
    expect(messages(annotated('"b"'))).toEqual([])
    expect(messages(annotated('null'))).toEqual([])
    const objections = compilePolicy(annotated('object.nope')).objections(situationOf(replicas(1)), new Budget())
    expect(objections).toEqual([
      { message: "expression 'object.nope' resulted in error: no such key: nope", reason: undefined, isFatal: true },
    ])
  })
})
