/** Rules that the largest objects of their schema would make too dear are refused when they are defined. */
import { describe, expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import type { JsonSchema } from './json-schema.ts'
import { structuralErrors } from './structural.ts'

const AT = 'spec.validation.openAPIV3Schema'
const BEYOND =
  / exceeds budget by factor of (more than 100|[\d.]+)x \(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared\)$/

const withRule = (schema: JsonSchema, rule: string, rest: object = {}): JsonSchema => ({
  ...schema,
  'x-kubernetes-validations': [{ rule, ...rest }],
})
const faults = (properties: Record<string, JsonSchema>) =>
  structuralErrors(
    { type: 'object', properties },
    new FieldPath('spec').child('validation').child('openAPIV3Schema'),
  ).map(({ field, message }) => [field, message])

const listOf = (items: JsonSchema, maxItems?: number): JsonSchema => ({
  type: 'array',
  items,
  ...(maxItems === undefined ? {} : { maxItems }),
})
const integer: JsonSchema = { type: 'integer' }
const string = (maxLength?: number): JsonSchema => ({
  type: 'string',
  ...(maxLength === undefined ? {} : { maxLength }),
})

const NESTED = 'self.all(a, a.all(b, b.all(c, c.all(d, d > 0))))'
const nested = (maxItems?: number) => listOf(listOf(listOf(listOf(integer, maxItems), maxItems), maxItems), maxItems)

describe('a rule is refused', () => {
  it.each<[string, JsonSchema]>([
    ['that goes through lists in lists without limits', withRule(nested(), NESTED)],
    ['that compares each item with each', withRule(listOf(string()), 'self.all(a, self.exists(b, a == b))')],
    ['that goes through the letters of long texts', withRule(listOf(string()), 'self.all(a, a.contains(self[0]))')],
    [
      'of the items of a list without limit',
      listOf(withRule(string(1000), 'self.matches("^[a-z]([-a-z0-9]*[a-z0-9])?$")')),
    ],
    [
      'of a map without limit',
      withRule({ type: 'object', additionalProperties: string() }, 'self.all(k, self.all(l, k != l))'),
    ],
  ])('%s', (_, f) => {
    const found = faults({ f })
    const [[field, message] = []] = found
    expect(field).toMatch(/x-kubernetes-validations\[0\]\.rule$/)
    expect(message).toMatch(/^Forbidden: estimated rule cost exceeds/)
    expect(message).toMatch(BEYOND)
    expect(found.every(([, one]) => /^Forbidden: /.test(one ?? ''))).toBe(true)
  })

  it('and so is a message', () => {
    const f = withRule(listOf(string()), 'true', {
      messageExpression: 'self.all(a, self.all(b, a == b)) ? "a" : "b"',
    })
    const [[field, message] = []] = faults({ f })
    expect(field).toBe(`${AT}.properties[f].x-kubernetes-validations[0].messageExpression`)
    expect(message).toMatch(/^Forbidden: estimated messageExpression cost exceeds budget by factor of more than 100x/)
  })

  it('together with others, where each alone is not too dear', () => {
    const each = withRule(listOf(integer, 3000), 'self.all(a, a in self)')
    const found = faults(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, each])))
    expect(found).toHaveLength(5)
    expect(found.slice(0, 4).map(([, message]) => message)).toEqual(
      Array(4).fill(
        'Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
      ),
    )
    expect(found[4]?.[0]).toBe(AT)
    expect(found[4]?.[1]).toMatch(
      /^Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget/,
    )
  })
})

describe('a rule is taken', () => {
  it.each<[string, JsonSchema]>([
    ['that goes through lists in lists with limits', withRule(nested(10), NESTED)],
    ['that goes once through a list without limit', withRule(listOf(integer), 'self.all(a, a > 0)')],
    ['of a text without limit', withRule(string(), 'self.startsWith("a") && self.matches("^[a-z]+$")')],
    ['of each item of a list without limit', listOf(withRule(integer, 'self > 0'))],
    [
      'that compares each item with each of a short list',
      withRule(listOf(string(63), 64), 'self.all(a, self.exists_one(b, a == b))'),
    ],
    [
      'whose texts are among few',
      withRule(listOf({ type: 'string', enum: ['a', 'b'] }, 100), 'self.all(a, self.exists(b, a == b))'),
    ],
  ])('%s', (_, f) => expect(faults({ f })).toEqual([]))
})
