/** What a definition's schema must be, and what is said where it is not. */
import { describe, expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import type { JsonSchema } from './json-schema.ts'
import { structuralErrors } from './structural.ts'

const text: JsonSchema = { type: 'string' }
const saidOf = (schema: JsonSchema): string[] =>
  structuralErrors(schema, new FieldPath('s')).map(({ field, message }) => `${field}: ${message}`)
const ofRoot = (rest: JsonSchema) => saidOf({ type: 'object', ...rest })
const ofField = (schema: JsonSchema) => ofRoot({ properties: { a: schema } })
const items = (rest: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties: { k: text },
  required: ['k'],
  ...rest,
})
const map = (of: JsonSchema, keys = ['k']): JsonSchema => ({
  type: 'array',
  items: of,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
})
const A = 's.properties[a]'

describe('a structural schema', () => {
  it.each<[string, string[], string[]]>([
    ['a list without items', ofField({ type: 'array' }), [`${A}.items: Required value: must be specified`]],
    [
      'a map of the root',
      ofRoot({ additionalProperties: text }),
      ['s.additionalProperties: Forbidden: must not be used at the root'],
    ],
    [
      'a kind that is a number',
      ofRoot({ properties: { kind: { type: 'integer' } } }),
      ['s.properties[kind].type: Invalid value: "integer": must be string'],
    ],
    [
      'an embedded object of no type',
      ofField({ 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true }),
      [`${A}.type: Required value: must be object if x-kubernetes-embedded-resource is true`],
    ],
    [
      'an embedded object that is a map',
      ofField({
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
        additionalProperties: text,
      }),
      [`${A}.additionalProperties: Forbidden: must not be used if x-kubernetes-embedded-resource is set`],
    ],
    [
      'an integer or text with unknown fields',
      ofField({ 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true }),
      [
        `${A}.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true`,
      ],
    ],
    [
      'fields beside what else there may be',
      ofField({ type: 'object', properties: { b: text }, additionalProperties: true }),
      [],
    ],
    [
      'a default within a junctor',
      ofField({ ...text, anyOf: [{ default: 'x' }, { nullable: true }] }),
      [
        `${A}.anyOf[0].default: Forbidden: must be undefined to be structural`,
        `${A}.anyOf[1].nullable: Forbidden: must be false to be structural`,
      ],
    ],
    [
      'metadata within a junctor',
      ofRoot({ properties: { metadata: { type: 'object' } }, allOf: [{ properties: { metadata: {} } }] }),
      ['s.allOf[0].properties[metadata]: Forbidden: must not be specified in a nested context'],
    ],
  ])('is told of %s', (_, said, expected) => expect(said).toEqual(expected))

  it.each<[string, JsonSchema, string[]]>([
    [
      'keys and no type',
      { type: 'array', items: items(), 'x-kubernetes-list-map-keys': ['k'] },
      ['x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty'],
    ],
    [
      'a type and no list',
      { 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-list-type': 'set' },
      ['type: Required value: must be array if x-kubernetes-list-type is specified'],
    ],
    [
      'a map of texts',
      map(text),
      ['items.type: Invalid value: "string": must be object if parent array\'s x-kubernetes-list-type is map'],
    ],
    [
      'a key that is no field',
      map(items(), ['k', 'b']),
      ['x-kubernetes-list-map-keys: Invalid value: ["k","b"]: entries must all be names of item properties'],
    ],
    [
      'a key twice',
      map(items(), ['k', 'k']),
      ['x-kubernetes-list-map-keys: Invalid value: ["k","k"]: must not contain duplicate entries'],
    ],
    [
      'a key that is a list',
      map(items({ properties: { k: { type: 'array', items: text } } })),
      [
        'items.properties[k].type: Invalid value: "object": must be a scalar type if parent array\'s x-kubernetes-list-type is map',
      ],
    ],
    [
      'a key that may be null',
      map(items({ properties: { k: { ...text, nullable: true } } })),
      [
        'items.properties[k].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
      ],
    ],
    [
      'a set of what may be null',
      { type: 'array', items: { ...text, nullable: true }, 'x-kubernetes-list-type': 'set' },
      ['items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set'],
    ],
    [
      'a set of sets',
      {
        type: 'array',
        items: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        'x-kubernetes-list-type': 'set',
      },
      [
        'items.x-kubernetes-list-type: Invalid value: "set": must be atomic as item of a list with x-kubernetes-list-type=set',
      ],
    ],
  ])('is told of a list with %s', (_, schema, expected) =>
    expect(ofField(schema)).toEqual(expected.map((each) => `${A}.${each}`)),
  )
})
