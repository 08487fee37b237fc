import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clone, deepEqual, parseJson, stringify } from '../json.ts'
import { mergePatch } from './merge.ts'

/** The examples of RFC 7386, appendix A. */
const EXAMPLES: readonly [string, string, string][] = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', 'null', 'null'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
]

const withoutNulls = (value: unknown): unknown => mergePatch({}, value)

describe('mergePatch', () => {
  it.each(EXAMPLES)('%s + %s = %s', (document, patch, want) => {
    expect(stringify(mergePatch(parseJson(document), parseJson(patch)))).toBe(want)
  })

  it('changes nothing when applied again', () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (document, patch) => {
        const once = mergePatch(clone(document), patch)
        expect(deepEqual(mergePatch(clone(once), patch), once)).toBe(true)
      }),
    ))

  it('answers the patch itself on an empty document', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (patch) => {
        expect(deepEqual(withoutNulls(patch), patch)).toBe(true)
      }),
    ))

  it('keeps integers beyond 2^53 and __proto__', () => {
    const patch = parseJson('{"n":9223372036854775807,"__proto__":{"a":1}}')
    expect(stringify(mergePatch({}, patch))).toBe('{"n":9223372036854775807,"__proto__":{"a":1}}')
  })
})
