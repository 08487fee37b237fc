import { describe, expect, it } from 'vitest'
import type { Version } from '../../store/snapshots.ts'
import { pagesOf } from './reads.ts'

const versions = Array.from({ length: 1000 }, (_, rv) => rv)

/** A store whose objects are all of one size, and the pages it is read in. */
function read(size: number) {
  const text = 'x'.repeat(size)
  const rows = (wanted: readonly Version[]) =>
    wanted.map((rv) => ({ namespace: 'n', name: `m-${rv}`, rv: Number(rv), text }))
  return [...pagesOf({ rows }, versions)]
}

describe('pagesOf', () => {
  it.each([{ size: 100 }, { size: 50_000 }, { size: 1_500_000 }])(
    'has each version once, in order: $size',
    ({ size }) => {
      expect(read(size).flatMap((page) => page.map(({ rv }) => rv))).toEqual(versions)
    },
  )

  it('holds few large objects at once, and many small ones', () => {
    const charactersOf = (size: number) =>
      Math.max(
        ...read(size)
          .slice(1)
          .map((page) => page.length),
      ) * size
    expect(charactersOf(1_500_000)).toBeLessThanOrEqual(6_000_000)
    expect(charactersOf(50_000)).toBeLessThanOrEqual(3_200_000)
    expect(Math.max(...read(1000).map((page) => page.length))).toBe(256)
  })
})
