import { describe, expect, it } from 'vitest'
import { annotated, fitted } from './capacity.ts'
import type { Subset } from './subsets.ts'

const addresses = (count: number, network = 0) =>
  Array.from({ length: count }, (_, at) => ({ ip: `10.${network}.${at >> 8}.${at & 255}` }))

const subset = (ready: number, notReady = 0): Subset => ({
  ...(ready > 0 ? { addresses: addresses(ready) } : {}),
  ...(notReady > 0 ? { notReadyAddresses: addresses(notReady, 1) } : {}),
  ports: [{ port: 80 }],
})

const sizes = (subsets: readonly Subset[]) =>
  subsets.map((each) => [each.addresses?.length ?? 0, each.notReadyAddresses?.length ?? 0])

describe('Endpoints', () => {
  it.each([
    { of: [subset(1000)], want: [[1000, 0]], isTruncated: false },
    { of: [subset(700, 300)], want: [[700, 300]], isTruncated: false },
    { of: [subset(900, 300)], want: [[900, 100]], isTruncated: true },
    { of: [subset(1500, 300)], want: [[1000, 0]], isTruncated: true },
    {
      of: [subset(1200), subset(300, 5)],
      want: [
        [800, 0],
        [200, 0],
      ],
      isTruncated: true,
    },
    {
      of: [subset(333), subset(333), subset(335)],
      want: [
        [333, 0],
        [333, 0],
        [334, 0],
      ],
      isTruncated: true,
    },
  ])('of $want addresses, truncated: $isTruncated', ({ of, want, isTruncated }) => {
    const result = fitted(of)
    expect(sizes(result.subsets)).toEqual(want)
    expect(result.isTruncated).toBe(isTruncated)
  })

  it('say that they are truncated, and no longer once they are not', () => {
    const told = annotated({ mine: 'x' }, true)
    expect(told).toEqual({ mine: 'x', 'endpoints.kubernetes.io/over-capacity': 'truncated' })
    expect(annotated(told, false)).toEqual({ mine: 'x' })
    expect(annotated(annotated(undefined, true), false)).toBeUndefined()
  })
})
