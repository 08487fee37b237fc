import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  difference,
  type FieldSet,
  hasPath,
  intersection,
  isSame,
  meets,
  pathsOf,
  setOfPath,
  union,
} from './field-set.ts'

/** Short paths of few elements, so that sets meet. */
const path = fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}'), { minLength: 1, maxLength: 3 })
const paths = fc.array(path, { maxLength: 6 })
const setOf = (members: readonly string[][]): FieldSet | undefined =>
  members.map(setOfPath).reduce<FieldSet | undefined>(union, undefined)
const texts = (members: Iterable<readonly string[]>): string[] =>
  [...new Set([...members].map((member) => member.join('/')))].sort()

describe('a set of fields', () => {
  it('has the members it was made of', () =>
    fc.assert(
      fc.property(paths, (members) => {
        const set = setOf(members)
        expect(texts(pathsOf(set))).toEqual(texts(members))
        for (const member of members) expect(hasPath(set, member)).toBe(true)
      }),
    ))

  it.each([
    ['union', union, (a: boolean, b: boolean) => a || b],
    ['difference', difference, (a: boolean, b: boolean) => a && !b],
    ['intersection', intersection, (a: boolean, b: boolean) => a && b],
  ])('has the %s that sets of paths have', (_, combine, rule) =>
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        const inA = new Set(texts(a))
        const inB = new Set(texts(b))
        const wanted = texts([...a, ...b]).filter((member) => rule(inA.has(member), inB.has(member)))
        expect(texts(pathsOf(combine(setOf(a), setOf(b))))).toEqual(wanted)
      }),
    ),
  )

  it('is the same in whatever order it was made, and meets what it shares a member with', () =>
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        expect(JSON.stringify(union(setOf(a), setOf(b)))).toBe(JSON.stringify(union(setOf(b), setOf(a))))
        expect(isSame(setOf(a), setOf([...a].reverse()))).toBe(true)
        const left = setOf(a)
        const right = setOf(b)
        if (left && right) expect(meets(left, right)).toBe(intersection(left, right) !== undefined)
      }),
    ))
})
