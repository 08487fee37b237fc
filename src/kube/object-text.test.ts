import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clone, deepEqual, JsonText, stringify } from './json.ts'
import { objectOf, textOf } from './object-text.ts'

const object = (managedFields: unknown[], rest: object = {}) =>
  objectOf(
    textOf({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'a',
        uid: 'u',
        resourceVersion: '1',
        creationTimestamp: '2026-01-01T00:00:00Z',
        managedFields: new JsonText(JSON.stringify(managedFields)),
      },
      ...rest,
    }),
  )

const ENTRY = { manager: 'x],"name":"y', fieldsV1: { 'f:data': { 'f:],"name":': {} } } }

describe('the text of an object', () => {
  it('holds managed fields unparsed, and prints them where they belong', () => {
    const read = object([ENTRY], { data: { managedFields: '"managedFields":0e0' } })
    expect(read.metadata.managedFields).toBeInstanceOf(JsonText)
    expect(JSON.parse(textOf(read))).toEqual(JSON.parse(JSON.stringify(read)))
    expect(JSON.parse(stringify({ items: [read, read] })).items[1].metadata.managedFields).toEqual([ENTRY])
    expect(JSON.parse(textOf(read)).data).toEqual({ managedFields: '"managedFields":0e0' })
  })

  it('is read back as it was, whatever is in it', () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (inside, data) => {
        const read = object([{ manager: JSON.stringify(inside), fieldsV1: {} }], { data })
        expect(textOf(objectOf(textOf(read)))).toBe(textOf(read))
        expect(JSON.parse(textOf(read)).metadata.managedFields[0].manager).toBe(JSON.stringify(inside))
      }),
    ))

  it('is one value to copies and comparisons', () => {
    const read = object([ENTRY])
    expect(deepEqual(clone(read), read)).toBe(true)
    expect(deepEqual(object([]), read)).toBe(false)
  })
})
