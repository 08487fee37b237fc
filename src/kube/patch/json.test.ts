import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatusError } from '../errors.ts'
import { clone, deepEqual, parseJson, stringify } from '../json.ts'
import { applyJsonPatch } from './json.ts'

const document = () => ({ a: { b: [1, 2, 3], 'c/d': 1, 'e~f': 2 }, n: null })

describe('applyJsonPatch', () => {
  it.each([
    { patch: [{ op: 'add', path: '/a/x', value: 1 }], at: 'a.x', want: 1 },
    { patch: [{ op: 'add', path: '/a/b/1', value: 9 }], at: 'a.b', want: [1, 9, 2, 3] },
    { patch: [{ op: 'add', path: '/a/b/-', value: 9 }], at: 'a.b', want: [1, 2, 3, 9] },
    { patch: [{ op: 'remove', path: '/a/b/0' }], at: 'a.b', want: [2, 3] },
    { patch: [{ op: 'remove', path: '/a/b/-1' }], at: 'a.b', want: [1, 2] },
    { patch: [{ op: 'replace', path: '/a/c~1d', value: 7 }], at: 'a.c/d', want: 7 },
    { patch: [{ op: 'replace', path: '/a/e~0f', value: 7 }], at: 'a.e~f', want: 7 },
    { patch: [{ op: 'move', from: '/a/b', path: '/m' }], at: 'm', want: [1, 2, 3] },
    { patch: [{ op: 'copy', from: '/a/b/2', path: '/a/b/0' }], at: 'a.b', want: [3, 1, 2, 3] },
    { patch: [{ op: 'test', path: '/missing', value: null }], at: 'n', want: null },
  ])('$patch', ({ patch, at, want }) => {
    const result = applyJsonPatch(document(), patch)
    expect(at.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], result)).toEqual(want)
  })

  it.each([
    [{ op: 'remove', path: '/missing' }],
    [{ op: 'replace', path: '/missing', value: 1 }],
    [{ op: 'add', path: '/missing/deep', value: 1 }],
    [{ op: 'add', path: '/a/b/9', value: 1 }],
    [{ op: 'add', path: '/a/b/x', value: 1 }],
    [{ op: 'test', path: '/a/b/0', value: 2 }],
    [{ op: 'move', from: '/a', path: '/a/b' }],
    [{ op: 'add', path: 'a', value: 1 }],
    [{ op: 'add', path: '/a' }],
    [{ op: 'jump', path: '/a' }],
  ])('refuses %o with 422', (operation) => {
    expect(() => applyJsonPatch(document(), [operation])).toThrow(
      expect.objectContaining({
        code: 422,
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
      }),
    )
  })

  it('refuses copies that double and double again', () => {
    const grow = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a/b', path: '/a/b/-' }))
    expect(() => applyJsonPatch(document(), grow)).toThrow(StatusError)
  })

  it('takes __proto__ for a key like others', () => {
    const result = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }])
    expect(stringify(result)).toBe('{"__proto__":{"polluted":true}}')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('leaves patch and document apart', () => {
    const value = { list: [1] }
    const patch = [
      { op: 'add', path: '/a', value },
      { op: 'add', path: '/a/list/-', value: 2 },
    ]
    applyJsonPatch({}, patch)
    expect(value).toEqual({ list: [1] })
  })

  it('undoes an addition by a removal', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.jsonValue(), (given, key, value) => {
        const start = parseJson(stringify(given))
        fc.pre(!Object.hasOwn(start as object, key))
        const path = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
        const result = applyJsonPatch(clone(start), [
          { op: 'add', path, value },
          { op: 'test', path, value },
          { op: 'remove', path },
        ])
        expect(deepEqual(result, start)).toBe(true)
      }),
    ))
})
