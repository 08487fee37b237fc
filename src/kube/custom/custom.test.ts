import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import { clone, parseJson } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { finalizerWarnings } from './finalizer-warnings.ts'
import { findAll, keysOf, parseJsonPath, shownText } from './json-path.ts'
import type { JsonSchema } from './json-schema.ts'
import { applyDefaults, dropNulls, hasDefaults, prune } from './normalize.ts'
import { structuralErrors } from './structural.ts'
import { schemaErrors } from './validate.ts'

const text = (value: string): JsonSchema => ({ type: value })
const object = (properties: Record<string, JsonSchema>, rest: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...rest,
})
const messages = (schema: JsonSchema, value: unknown, previous?: unknown): string[] =>
  schemaErrors(schema, value, previous, 'spec').map(({ field, message }) => `${field}: ${message}`)

describe('validation by a schema', () => {
  it.each<[string, JsonSchema, unknown, string[]]>([
    ['a type', text('string'), 1, ['spec: Invalid value: "integer": spec in body must be of type string: "integer"']],
    ['an integer for a number', text('number'), 1, []],
    [
      'a fraction for an integer',
      text('integer'),
      1.5,
      ['spec: Invalid value: "number": spec in body must be of type integer: "number"'],
    ],
    ['null', text('string'), null, ['spec: Invalid value: "null": spec in body must be of type string: "null"']],
    ['null where it may be', { type: 'string', nullable: true }, null, []],
    [
      'int or string',
      { 'x-kubernetes-int-or-string': true },
      true,
      ['spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean"'],
    ],
    ['too long', { type: 'string', maxLength: 2 }, 'äöü', ['spec: Too long: may not be more than 2 bytes']],
    ['characters, not units', { type: 'string', maxLength: 1 }, '😀', []],
    [
      'too short',
      { type: 'string', minLength: 1 },
      '',
      ['spec: Invalid value: "": spec in body should be at least 1 chars long'],
    ],
    ['pattern, anywhere', { type: 'string', pattern: 'b+' }, 'abbc', []],
    [
      'exclusive bounds',
      { type: 'integer', minimum: 1, exclusiveMinimum: true },
      1,
      ['spec: Invalid value: 1: spec in body should be greater than 1'],
    ],
    ['multiples', { type: 'number', multipleOf: 0.1 }, 0.3, []],
    [
      'a set',
      { type: 'array', 'x-kubernetes-list-type': 'set', items: text('string') },
      ['a', 'b', 'a'],
      ['spec[2]: Duplicate value: "a"'],
    ],
    ['required', object({ a: text('string') }, { required: ['a'] }), {}, ['spec.a: Required value']],
    [
      'not',
      { type: 'integer', not: { minimum: 5 } },
      6,
      ['spec: Invalid value: "": "spec" must not validate the schema (not)'],
    ],
    [
      'one of',
      { type: 'integer', oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      ['spec: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    ],
  ])('%s', (_, schema, value, expected) => expect(messages(schema, value)).toEqual(expected))

  it('holds for integers beyond 2^53', () => {
    expect(messages(text('integer'), parseJson('9223372036854775807'))).toEqual([])
    expect(messages(text('string'), parseJson('9223372036854775807'))).toHaveLength(1)
  })

  it('takes what an update leaves as it was', () => {
    const schema = object({
      kept: { type: 'string', maxLength: 1 },
      list: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: object({ name: text('string'), size: { type: 'integer', maximum: 1 } }),
      },
    })
    const before = { kept: 'long', list: [{ name: 'a', size: 5 }] }
    expect(messages(schema, before)).toHaveLength(2)
    const moved = {
      kept: 'long',
      list: [
        { name: 'b', size: 1 },
        { name: 'a', size: 5 },
      ],
    }
    expect(messages(schema, moved, before)).toEqual([])
    expect(messages(schema, { ...moved, kept: 'longer' }, before)).toHaveLength(1)
  })
})

describe('bringing an object into shape', () => {
  const schema = object({
    spec: object({
      a: { type: 'string', default: 'x' },
      deep: object({ n: { type: 'integer', default: 1 } }),
      filled: object({ n: { type: 'integer', default: 1 } }, { default: {} }),
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: object({}) } },
      map: { type: 'object', additionalProperties: object({ v: text('string') }) },
      list: { type: 'array', items: object({ v: text('string') }) },
      maybe: { type: 'string', nullable: true, default: 'd' },
    }),
  })

  it('prunes what no schema knows, and names it', () => {
    const unknown: string[] = []
    const value = {
      apiVersion: 'v1',
      kind: 'K',
      metadata: { name: 'n' },
      x: 1,
      spec: { free: { y: { z: 1 }, known: { gone: 1 } }, map: { k: { v: 'a', w: 1 } }, list: [{ v: 'a' }, { w: 1 }] },
    }
    prune(schema, value, '', unknown)
    expect(unknown).toEqual(['x', 'spec.free.known.gone', 'spec.map.k.w', 'spec.list[1].w'])
    expect(value.spec).toEqual({ free: { y: { z: 1 }, known: {} }, map: { k: { v: 'a' } }, list: [{ v: 'a' }, {}] })
  })

  it('gives defaults where the parent is there, and drops nulls that may not be', () => {
    const value = { spec: { a: null, maybe: null, deep: {}, map: null } }
    dropNulls(schema, value)
    applyDefaults(schema, value)
    expect(value).toEqual({ spec: { a: 'x', maybe: null, deep: { n: 1 }, filled: { n: 1 } } })
    expect(hasDefaults(schema)).toBe(true)
    expect(hasDefaults(object({ a: text('string') }))).toBe(false)
  })

  it('twice is once, and keeps keys like __proto__', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        const value = { spec: { free: { __proto__: null, value: parseJson(JSON.stringify(any)) } } }
        const first = clone(value)
        prune(schema, first, '', [])
        dropNulls(schema, first)
        applyDefaults(schema, first)
        const second = clone(first)
        prune(schema, second, '', [])
        dropNulls(schema, second)
        applyDefaults(schema, second)
        expect(second).toEqual(first)
      }),
    )
  })
})

describe('a structural schema', () => {
  const errors = (schema: JsonSchema): string[] =>
    structuralErrors(schema, new FieldPath('s')).map(({ field, message }) => `${field}: ${message}`)

  it.each<[string, JsonSchema, string]>([
    ['a root without type', { properties: {} }, 's.type: Required value: must not be empty at the root'],
    [
      'a field without type',
      object({ a: {} }),
      's.properties[a].type: Required value: must not be empty for specified object fields',
    ],
    [
      'an item without type',
      object({ a: { type: 'array', items: {} } }),
      's.properties[a].items.type: Required value: must not be empty for specified array items',
    ],
    [
      'a type inside a junctor',
      object({ a: { type: 'string', anyOf: [{ type: 'string' }] } }),
      's.properties[a].anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      'a field that only a junctor knows',
      object({}, { anyOf: [{ properties: { a: { minimum: 1 } } }] }),
      's.properties[a]: Required value: because it is defined in s.anyOf[0].properties[a]',
    ],
    [
      'a default that would be pruned',
      object({ a: object({}, { default: { b: 1 } }) }),
      's.properties[a].default.b: Invalid value: must not have unknown fields',
    ],
    [
      'metadata',
      object({ metadata: object({ labels: text('object') }) }),
      's.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
    ],
    [
      'a pattern that is none',
      object({ a: { type: 'string', pattern: '(' } }),
      's.properties[a].pattern: Invalid value: "(": must be a valid regular expression',
    ],
    [
      'a reference',
      object({ a: { type: 'object', $ref: '#/x' } as JsonSchema }),
      's.properties[a].$ref: Forbidden: $ref is not supported',
    ],
  ])('%s', (_, schema, expected) => expect(errors(schema)).toContain(expected))

  it('may have int-or-string in its written form', () => {
    const anyOf = [text('integer'), text('string')]
    expect(errors(object({ port: { anyOf, 'x-kubernetes-int-or-string': true } }))).toEqual([])
  })
})

describe('JSON paths', () => {
  const value = {
    spec: {
      hosts: ['a', 'b'],
      ports: [
        { name: 'x', port: 1 },
        { name: 'y', port: 2 },
      ],
    },
    metadata: { labels: { 'app.kubernetes.io/name': 'web' } },
  }
  it.each<[string, unknown[]]>([
    ['.spec.hosts[1]', ['b']],
    ['.spec.hosts[-1]', ['b']],
    ['.spec.hosts[*]', ['a', 'b']],
    ['.spec.ports[?(@.name=="y")].port', [2]],
    ['.spec.ports[?(@.port>1)].name', ['y']],
    ['.metadata.labels.app\\.kubernetes\\.io/name', ['web']],
    [".metadata.labels['app.kubernetes.io/name']", ['web']],
    ['{.spec.hosts[0]}', ['a']],
    ['.spec.nothing.here', []],
  ])('%s', (path, expected) => {
    const parsed = parseJsonPath(path)
    expect(parsed && findAll(parsed, value)).toEqual(expected)
  })
  it('are refused where they are none, and tell their keys', () => {
    expect(parseJsonPath('.spec[')).toBeUndefined()
    expect(keysOf(parseJsonPath('.spec.replicas') ?? [])).toEqual(['spec', 'replicas'])
    expect(keysOf(parseJsonPath('.spec[0]') ?? [])).toBeUndefined()
    expect(shownText({ a: 1 })).toBe('{"a":1}')
  })
})

describe('finalizers of custom objects', () => {
  const held = (...finalizers: string[]) => ({ metadata: { finalizers } }) as unknown as KubeObject

  it.each([
    { finalizer: 'example.com/one', want: [] },
    { finalizer: 'foregroundDeletion', want: [] },
    {
      finalizer: 'one.example.com',
      want: [
        'metadata.finalizers: "one.example.com": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers',
      ],
    },
    {
      finalizer: 'one',
      want: [
        'metadata.finalizers: "one": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers',
      ],
    },
  ])('are warned of once: $finalizer', ({ finalizer, want }) => {
    expect(finalizerWarnings(held(finalizer), undefined)).toEqual(want)
    expect(finalizerWarnings(held(finalizer), held(finalizer))).toEqual([])
  })
})
