import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  byteLength,
  clone,
  deepEqual,
  isRaw,
  isRecord,
  MAX_DEPTH,
  parseJson,
  parseSent,
  setKey,
  stringify,
} from './json.ts'

const keys = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'rawJSON', 'hasOwnProperty'))
/** JSON text with integers of any size and keys of any name. */
const texts = fc
  .letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.bigInt().map(String),
      fc.string().map((text) => JSON.stringify(text)),
      fc.constantFrom('true', 'false', 'null', '0.5', '-1'),
      fc.array(tie('value').map(String), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
      fc
        .uniqueArray(fc.tuple(keys, tie('value').map(String)), { maxLength: 3, selector: ([key]) => key })
        // Keys that are numbers come first in JavaScript: order is not kept for them.
        .map((entries) => entries.filter(([key]) => !/^\d+$/.test(key)))
        .map((entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
    ),
  }))
  .value.map(String)

describe('JSON', () => {
  it('comes back byte for byte: integers of any size, keys of any name', () =>
    fc.assert(
      fc.property(texts, (text) => {
        expect(stringify(parseJson(text))).toBe(text)
      }),
    ))

  it('is the same after cloning, and shares nothing that can change', () =>
    fc.assert(
      fc.property(texts, (text) => {
        const value = parseJson(text)
        const copy = clone(value)
        expect(deepEqual(copy, value)).toBe(true)
        expect(stringify(copy)).toBe(text)
        if (isRecord(value)) expect(copy).not.toBe(value)
      }),
    ))

  it('equals just what has the same canonical text', () =>
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(deepEqual(parseJson(a), parseJson(b))).toBe(canonical(parseJson(a)) === canonical(parseJson(b)))
      }),
    ))

  it('equals whatever the order of keys and with undefined for absent', () => {
    expect(deepEqual({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true)
    expect(deepEqual({ a: 1, b: undefined }, { a: 1 })).toBe(true)
    expect(deepEqual({ a: 1 }, { a: 1, b: null })).toBe(false)
    expect(deepEqual({}, { toString: 1 })).toBe(false)
  })

  it('holds large integers as leaves', () => {
    const value = parseJson('{"n":9223372036854775807,"m":9007199254740991}') as Record<string, unknown>
    expect(isRaw(value['n'])).toBe(true)
    expect(isRecord(value['n'])).toBe(false)
    expect(value['m']).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('sets __proto__ as an own key', () => {
    const target: Record<string, unknown> = {}
    setKey(target, '__proto__', { a: 1 })
    expect(Object.keys(target)).toEqual(['__proto__'])
  })

  it('refuses what is malformed with 400', () => {
    expect(() => parseJson('{')).toThrow(expect.objectContaining({ code: 400, reason: 'BadRequest' }))
  })

  it('refuses what is nested deeper than anything here can walk through, and counts no brackets in texts', () => {
    const nested = (depth: number) => `${'{"a":['.repeat(depth / 2)}1${']}'.repeat(depth / 2)}`
    expect(parseSent(nested(MAX_DEPTH))).toBeTypeOf('object')
    expect(() => parseSent(nested(MAX_DEPTH + 2))).toThrow(
      expect.objectContaining({ code: 400, message: 'json: exceeded max depth' }),
    )
    const text = JSON.stringify({ a: '['.repeat(3000), b: `\\"${'{'.repeat(3000)}`, c: '\\\\' })
    expect(parseSent(text)).toEqual(JSON.parse(text))
  })

  it('counts bytes in UTF-8', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(byteLength(text)).toBe(Buffer.byteLength(text))
      }),
    ))
})

/** Text with keys in order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isRecord(value)) return stringify(value)
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, item]) => `${stringify(key)}:${canonical(item)}`).join(',')}}`
}
