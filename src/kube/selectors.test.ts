import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatLabelSelector,
  fromLabelSelector,
  fromSet,
  type LabelRequirement,
  matches,
  parseFieldSelector,
  parseLabelSelector,
} from './selectors.ts'

const KEYS = ['a', 'b', 'example.com/c'] as const
const VALUES = ['', 'x', 'y', '1', '2'] as const
const labels = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES))
const key = fc.constantFrom(...KEYS)
const values = fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 3 })
const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
  fc.record({ op: fc.constantFrom('in' as const, 'notIn' as const), key, values }),
  fc.record({ op: fc.constantFrom('exists' as const, 'notExists' as const), key }),
  fc.record({ op: fc.constantFrom('greater' as const, 'less' as const), key, value: fc.integer({ min: 0, max: 3 }) }),
)

describe('parseLabelSelector', () => {
  it.each([
    ['a=b', [{ op: 'in', key: 'a', values: ['b'] }]],
    ['a==b', [{ op: 'in', key: 'a', values: ['b'] }]],
    ['a != b', [{ op: 'notIn', key: 'a', values: ['b'] }]],
    [
      'a in (x, y),b',
      [
        { op: 'in', key: 'a', values: ['x', 'y'] },
        { op: 'exists', key: 'b' },
      ],
    ],
    ['a notin (x)', [{ op: 'notIn', key: 'a', values: ['x'] }]],
    ['!a', [{ op: 'notExists', key: 'a' }]],
    [
      'a>1,b<2',
      [
        { op: 'greater', key: 'a', value: 1 },
        { op: 'less', key: 'b', value: 2 },
      ],
    ],
    ['a=', [{ op: 'in', key: 'a', values: [''] }]],
    ['example.com/a=b', [{ op: 'in', key: 'example.com/a', values: ['b'] }]],
    ['', []],
  ])('%s', (text, want) => expect(parseLabelSelector(text).requirements).toEqual(want))

  it.each(['=a', 'a b', 'a=b c', 'a in b', 'a in (x', 'a,,b', '!', 'a>x', 'a=-b', ','])('refuses %j', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ code: 400, reason: 'BadRequest' }))
  })

  it('reads what it writes', () =>
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), labels, (requirements, given) => {
        const selector = { requirements }
        const read = parseLabelSelector(formatLabelSelector(selector))
        expect(matches(read, given)).toBe(matches(selector, given))
      }),
      { numRuns: 500 },
    ))
})

describe('matches', () => {
  it('holds where each requirement does', () =>
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), labels, (requirements, given) => {
        const each = requirements.map((one) => {
          const has = Object.hasOwn(given, one.key)
          const value = given[one.key] ?? ''
          if (one.op === 'in') return has && one.values.includes(value)
          if (one.op === 'notIn') return !(has && one.values.includes(value))
          if (one.op === 'exists') return has
          if (one.op === 'notExists') return !has
          if (!('value' in one)) return false
          const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
          return one.op === 'greater' ? number > one.value : number < one.value
        })
        expect(matches({ requirements }, given)).toBe(each.every(Boolean))
      }),
      { numRuns: 500 },
    ))

  it('takes a label named toString only where it is', () => {
    expect(matches(parseLabelSelector('toString'), {})).toBe(false)
    expect(matches(parseLabelSelector('!constructor'), undefined)).toBe(true)
  })
})

describe('fromLabelSelector', () => {
  it('selects nothing without a selector, everything with an empty one', () => {
    expect(fromLabelSelector(undefined)).toBeUndefined()
    expect(fromLabelSelector(null)).toBeUndefined()
    const everything = fromLabelSelector({})
    expect(everything && matches(everything, undefined)).toBe(true)
  })

  it('joins labels and expressions', () => {
    const selector = fromLabelSelector({
      matchLabels: { a: 'x' },
      matchExpressions: [{ key: 'b', operator: 'NotIn', values: ['y'] }],
    })
    expect(selector && formatLabelSelector(selector)).toBe('a=x,b!=y')
    expect(formatLabelSelector(fromSet({ a: 'x' }))).toBe('a=x')
  })
})

describe('parseFieldSelector', () => {
  it.each([
    ['metadata.name=a', [{ field: 'metadata.name', op: '=', value: 'a' }]],
    [
      'a==b,c!=d',
      [
        { field: 'a', op: '=', value: 'b' },
        { field: 'c', op: '!=', value: 'd' },
      ],
    ],
    ['a=', [{ field: 'a', op: '=', value: '' }]],
    ['a=b\\,c\\=d', [{ field: 'a', op: '=', value: 'b,c=d' }]],
    ['', []],
  ])('%s', (text, want) => expect(parseFieldSelector(text)).toEqual(want))

  it('refuses what has no operator', () => {
    expect(() => parseFieldSelector('abc')).toThrow(expect.objectContaining({ code: 400 }))
  })
})
