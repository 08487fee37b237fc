/** What holds of patches whatever the documents are: made from two documents, each leads from one to the other. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clone, deepEqual, isRecord, ownValue, setKey } from '../json.ts'
import { applyJsonPatch } from './json.ts'
import { mergePatch } from './merge.ts'

type Fields = Record<string, unknown>

const key = fc.constantFrom('a', 'b', 'a/b', '~', '', '__proto__', '0', '-')
const { document } = fc.letrec<{ value: unknown; document: Fields }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constantFrom('x', ''), fc.boolean()),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('document'),
  ),
  document: fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((entries) => {
    const made: Fields = {}
    for (const [name, value] of entries) setKey(made, name, value)
    return made
  }),
}))

/** RFC 7386 can say everything of documents without nulls. */
function mergeDiff(from: Fields, to: Fields): Fields {
  const patch: Fields = {}
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) setKey(patch, name, null)
  for (const name of Object.keys(to)) {
    const [was, is] = [ownValue(from, name), ownValue(to, name)]
    if (deepEqual(was, is)) continue
    setKey(patch, name, isRecord(was) && isRecord(is) ? mergeDiff(was, is) : clone(is))
  }
  return patch
}

const escaped = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1')

/** Of lists the common length is gone through item by item, from the end what is too much is taken off. */
function jsonDiff(from: unknown, to: unknown, path = ''): object[] {
  if (deepEqual(from, to)) return []
  if (Array.isArray(from) && Array.isArray(to)) {
    const shared = Math.min(from.length, to.length)
    return [
      ...from.slice(0, shared).flatMap((item, index) => jsonDiff(item, to[index], `${path}/${index}`)),
      ...from.slice(shared).map(() => ({ op: 'remove', path: `${path}/-1` })),
      ...to.slice(shared).map((value) => ({ op: 'add', path: `${path}/-`, value })),
    ]
  }
  if (isRecord(from) && isRecord(to)) {
    const gone = Object.keys(from).filter((name) => !Object.hasOwn(to, name))
    return [
      ...gone.map((name) => ({ op: 'remove', path: `${path}/${escaped(name)}` })),
      ...Object.keys(to).flatMap((name) =>
        Object.hasOwn(from, name)
          ? jsonDiff(ownValue(from, name), ownValue(to, name), `${path}/${escaped(name)}`)
          : [{ op: 'add', path: `${path}/${escaped(name)}`, value: ownValue(to, name) }],
      ),
    ]
  }
  return [{ op: 'replace', path, value: to }]
}

describe.each<{
  kind: string
  diff: (from: Fields, to: Fields) => unknown
  apply: (from: unknown, patch: unknown) => unknown
}>([
  { kind: 'a merge patch', diff: mergeDiff, apply: mergePatch },
  {
    kind: 'a JSON patch',
    diff: jsonDiff,
    apply: (from, patch) => applyJsonPatch(from, patch as readonly unknown[]),
  },
])('$kind', ({ diff, apply }) => {
  it('made of two documents leads from one to the other', () =>
    fc.assert(
      fc.property(document, document, (from, to) => {
        expect(deepEqual(apply(clone(from), diff(from, to)), to)).toBe(true)
      }),
    ))

  it('leaves itself as it was, and shares nothing with what it made', () =>
    fc.assert(
      fc.property(document, document, (from, to) => {
        const patch = diff(from, to)
        const kept = clone(patch)
        const made = apply(clone(from), patch)
        apply(made, diff(made as Fields, {}))
        expect(deepEqual(patch, kept)).toBe(true)
      }),
    ))

  it('of another part goes before or after another', () =>
    fc.assert(
      fc.property(document, document, document, document, (left, right, nextLeft, nextRight) => {
        const from = { left, right }
        const one = diff(from, { left: nextLeft, right })
        const two = diff(from, { left, right: nextRight })
        const oneFirst = apply(apply(clone(from), one), two)
        const twoFirst = apply(apply(clone(from), two), one)
        expect(deepEqual(oneFirst, { left: nextLeft, right: nextRight })).toBe(true)
        expect(deepEqual(oneFirst, twoFirst)).toBe(true)
      }),
    ))
})
