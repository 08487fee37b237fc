import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duplicateFields } from './duplicate-fields.ts'

describe('duplicateFields', () => {
  it.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"b":{"a":1}}', []],
    ['{"spec":{"x":[{"n":1},{"n":1,"n":2,"n":3}]}}', ['spec.x[1].n']],
    ['{"a":"\\"a\\":","b":"{","a":[]}', ['a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['[["a","a"],{"a":{},"a":{}}]', ['[1].a']],
    ['"a"', []],
    [' { "a" : [ 1 , 2 ] , "a" : null } ', ['a']],
  ])('%s: %j', (text, want) => expect(duplicateFields(text)).toEqual(want))

  it('finds none in what JSON.stringify writes', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(duplicateFields(JSON.stringify(value))).toEqual([])
      }),
    ))
})
