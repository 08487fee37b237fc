/** Rules in CEL of CustomResourceDefinitions: which definitions are taken, and what their rules refuse. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { type Answer, type Client, expectRefusal, type Json, MERGE, newClient } from './client.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

let client: Client
let number = 0

beforeAll(async () => {
  client = await newClient('custom-rules')
})

const define = (plural: string, openAPIV3Schema: object): Promise<Answer> =>
  client.ask(DEFINITIONS, {
    method: 'POST',
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.rules.example.com` },
      spec: {
        group: 'rules.example.com',
        scope: 'Namespaced',
        names: { plural, kind: `Kind${plural}` },
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, subresources: { status: {} } },
        ],
      },
    },
  })

const rules = (...all: object[]) => ({ 'x-kubernetes-validations': all })

/** A kind with a spec of its own; its path and an object of it. */
async function kind(spec: object, rest: object = {}) {
  number += 1
  const plural = `rule${number}s`
  const made = await define(plural, { type: 'object', properties: { spec: { type: 'object', ...spec } }, ...rest })
  expect(made.code, made.text).toBe(201)
  const path = `/apis/rules.example.com/v1/namespaces/default/${plural}`
  await eventually('the kind', async () => (await client.ask(path)).code === 200)
  const object = (given: object, name = 'one') => ({
    apiVersion: 'rules.example.com/v1',
    kind: `Kind${plural}`,
    metadata: { name },
    spec: given,
  })
  return {
    create: (given: object, name?: string) => client.ask(path, { method: 'POST', body: object(given, name) }),
    patch: (given: object, sub = '') => client.ask(`${path}/one${sub}`, { method: 'PATCH', type: MERGE, body: given }),
  }
}

const causes = ({ body }: Answer): [string, string, string][] =>
  body.details.causes.map(({ reason, field, message }: Json) => [reason, field, message])

const integer = { type: 'integer' }

describe('a rule', () => {
  it('is kept by creates and updates, and says why not', async () => {
    const { create, patch } = await kind({
      properties: { min: integer, max: integer, name: { type: 'string' } },
      ...rules(
        { rule: 'self.min <= self.max', message: 'min must not be above max' },
        { rule: '!has(self.name) || self.name.startsWith("a")' },
      ),
    })
    const refused = await create({ min: 3, max: 2, name: 'b' })
    expectRefusal(refused, { code: 422, reason: 'Invalid' })
    expect(causes(refused)).toEqual([
      ['FieldValueInvalid', 'spec', 'Invalid value: "object": min must not be above max'],
      [
        'FieldValueInvalid',
        'spec',
        'Invalid value: "object": failed rule: !has(self.name) || self.name.startsWith("a")',
      ],
    ])
    expect((await create({ min: 1, max: 2 })).code).toBe(201)
    expect((await patch({ spec: { min: 5 } })).code).toBe(422)
    expect((await patch({ spec: { min: 2 } })).code).toBe(200)
  })

  it('says it as it is told: by an expression, for a reason, at a field', async () => {
    const { create } = await kind({
      properties: {
        replicas: {
          ...integer,
          ...rules({ rule: 'self <= 5', messageExpression: '"at most 5, not " + string(self)' }),
        },
        mode: { type: 'string' },
      },
      ...rules({ rule: 'has(self.mode)', message: 'mode is needed', reason: 'FieldValueRequired', fieldPath: '.mode' }),
    })
    expect(causes(await create({ replicas: 7 }))).toEqual([
      ['FieldValueRequired', 'spec.mode', 'Required value: mode is needed'],
      ['FieldValueInvalid', 'spec.replicas', 'Invalid value: 7: at most 5, not 7'],
    ])
  })

  it('may compare with what was', async () => {
    const { create, patch } = await kind({
      properties: {
        fixed: { type: 'string', ...rules({ rule: 'self == oldSelf', message: 'is immutable' }) },
        count: {
          ...integer,
          ...rules({
            rule: 'oldSelf.hasValue() ? self >= oldSelf.value() : self == 1',
            optionalOldSelf: true,
            message: 'grows from 1',
          }),
        },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, port: { ...integer, ...rules({ rule: 'self == oldSelf' }) } },
          },
        },
      },
    })
    expect(causes(await create({ count: 2 }))).toEqual([
      ['FieldValueInvalid', 'spec.count', 'Invalid value: 2: grows from 1'],
    ])
    expect((await create({ fixed: 'a', count: 1, ports: [{ name: 'web', port: 80 }] })).code).toBe(201)
    expect(causes(await patch({ spec: { fixed: 'b', count: 0 } }))).toEqual([
      ['FieldValueInvalid', 'spec.fixed', 'Invalid value: "b": is immutable'],
      ['FieldValueInvalid', 'spec.count', 'Invalid value: 0: grows from 1'],
    ])
    const moved = await patch({
      spec: {
        ports: [
          { name: 'new', port: 1 },
          { name: 'web', port: 81 },
        ],
      },
    })
    expect(causes(moved)).toEqual([
      ['FieldValueInvalid', 'spec.ports[1].port', 'Invalid value: 81: failed rule: self == oldSelf'],
    ])
    expect(
      (
        await patch({
          spec: {
            count: 4,
            ports: [
              { name: 'new', port: 1 },
              { name: 'web', port: 80 },
            ],
          },
        })
      ).code,
    ).toBe(200)
  })

  it('is asked of the status, of maps, and of the whole object', async () => {
    const { create, patch } = await kind(
      {
        properties: {
          labels: { type: 'object', additionalProperties: { type: 'string', ...rules({ rule: 'self.size() < 3' }) } },
        },
      },
      {
        properties: {
          spec: {
            type: 'object',
            properties: {
              labels: {
                type: 'object',
                additionalProperties: { type: 'string', ...rules({ rule: 'self.size() < 3' }) },
              },
            },
          },
          status: {
            type: 'object',
            properties: { phase: { type: 'string' } },
            ...rules({ rule: 'self.phase in ["Up", "Down"]', message: 'no such phase' }),
          },
        },
        ...rules({ rule: 'self.metadata.name != "forbidden"', message: 'another name' }),
      },
    )
    expect(causes(await create({}, 'forbidden'))).toEqual([
      ['FieldValueInvalid', '<nil>', 'Invalid value: "object": another name'],
    ])
    expect(causes(await create({ labels: { a: 'long', b: 'ok' } }))).toEqual([
      ['FieldValueInvalid', 'spec.labels[a]', 'Invalid value: "long": failed rule: self.size() < 3'],
    ])
    expect((await create({})).code).toBe(201)
    expect(causes(await patch({ status: { phase: 'Left' } }, '/status'))).toEqual([
      ['FieldValueInvalid', 'status', 'Invalid value: "object": no such phase'],
    ])
    expect((await patch({ status: { phase: 'Up' } }, '/status')).code).toBe(200)
  })

  it('is refused where it would take for ever', async () => {
    // Of what has no schema nobody can tell beforehand how long it gets.
    const list = { 'x-kubernetes-preserve-unknown-fields': true }
    const { create } = await kind({
      properties: { list },
      ...rules({ rule: 'self.list.all(a, self.list.all(b, self.list.all(c, a + b + c >= 0)))' }),
    })
    expect((await create({ list: [1, 2, 3] }, 'small')).code).toBe(201)
    const refused = await create({ list: Array.from({ length: 1000 }, (_, index) => index) }, 'large')
    expect(causes(refused)[0]?.[2]).toMatch(/call cost exceeds limit/)
  })
})

describe('a definition', () => {
  const list = { type: 'array', items: { ...integer, ...rules({ rule: 'self == oldSelf' }) } }
  it.each<{ what: string; spec: object; field: RegExp; message: RegExp }>([
    {
      what: 'a rule that is none',
      spec: rules({ rule: 'self.' }),
      field: /x-kubernetes-validations\[0\]\.rule$/,
      message: /compilation failed/,
    },
    {
      what: 'an unknown variable',
      spec: rules({ rule: 'other == 1' }),
      field: /rule$/,
      message: /undeclared reference to 'other'/,
    },
    {
      what: 'a field that its schema does not have',
      spec: { properties: { x: integer }, ...rules({ rule: 'self.y == 1' }) },
      field: /x-kubernetes-validations\[0\]\.rule$/,
      message: /compilation failed: ERROR: <input>:1:5: undefined field 'y'\n \| self\.y == 1\n \| \.{4}\^$/,
    },
    {
      what: 'values of two types',
      spec: { properties: { x: integer }, ...rules({ rule: 'self.x == "a"' }) },
      field: /rule$/,
      message: /found no matching overload for '_==_' applied to '\(int, string\)'/,
    },
    {
      what: 'a pattern that is none',
      spec: { properties: { x: { type: 'string', ...rules({ rule: 'self.matches("(")' }) } } },
      field: /properties\[x\]\.x-kubernetes-validations\[0\]\.rule$/,
      message: /invalid matches argument/,
    },
    {
      what: 'a message of a field that is not there',
      spec: rules({ rule: 'true', messageExpression: 'self.zz' }),
      field: /messageExpression$/,
      message: /messageExpression compilation failed: .*undefined field 'zz'/,
    },
    {
      what: 'a path that leads nowhere',
      spec: rules({ rule: 'true', fieldPath: '.nope' }),
      field: /fieldPath$/,
      message: /fieldPath must be a valid path/,
    },
    {
      what: 'a rule that could be too dear',
      spec: {
        properties: { l: { type: 'array', items: integer } },
        ...rules({ rule: 'self.l.all(a, self.l.all(b, a != b))' }),
      },
      field: /rule$/,
      message: /^Forbidden: estimated rule cost exceeds budget by factor of more than 100x \(try simplifying the rule/,
    },
    { what: 'no rule', spec: rules({ rule: ' ' }), field: /rule$/, message: /Required value: rule is not specified/ },
    {
      what: 'a rule that answers a number',
      spec: rules({ rule: '1 + 1' }),
      field: /rule$/,
      message: /must evaluate to a bool/,
    },
    {
      what: 'a message of lines',
      spec: rules({ rule: 'true', message: 'a\nb' }),
      field: /message$/,
      message: /line breaks/,
    },
    {
      what: 'an unknown reason',
      spec: rules({ rule: 'true', reason: 'Wrong' }),
      field: /reason$/,
      message: /Unsupported value/,
    },
    {
      what: 'the past of what nobody can tell',
      spec: { properties: { list } },
      field: /items\.x-kubernetes-validations\[0\]\.rule$/,
      message: /uncorrelatable portion/,
    },
  ])('is refused with $what', async ({ spec, field, message }) => {
    const refused = await define('wrongs', { type: 'object', properties: { spec: { type: 'object', ...spec } } })
    expectRefusal(refused, { code: 422, reason: 'Invalid' })
    expect(refused.body.details.causes[0].field).toMatch(field)
    expect(refused.body.details.causes[0].message).toMatch(message)
  })
})
