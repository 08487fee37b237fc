import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Backoff, goDuration, RESTART_BACKOFF, retryDelay } from './backoff.ts'

describe('Backoff', () => {
  it('holds back 10 s after the second failure, then twice as long each time, at most 5 min', () => {
    const backoff = new Backoff(RESTART_BACKOFF)
    let now = 0
    const waits: number[] = []
    for (let failure = 0; failure < 8; failure++) {
      const wait = backoff.remaining('pod/main', { eventAt: now, now })
      waits.push(wait / 1000)
      now += wait
      backoff.next('pod/main', { eventAt: now, now })
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300])
  })

  it('forgets after ten minutes without a failure', () => {
    const backoff = new Backoff(RESTART_BACKOFF)
    backoff.next('a', { eventAt: 0, now: 0 })
    backoff.next('a', { eventAt: 0, now: 0 })
    expect(backoff.remaining('a', { eventAt: 600_000, now: 600_000 })).toBe(20_000)
    expect(backoff.remaining('a', { eventAt: 600_001, now: 600_001 })).toBe(0)
    backoff.next('a', { eventAt: 600_001, now: 600_001 })
    expect(backoff.delayOf('a')).toBe(10_000)
  })

  it('keeps keys apart, and forgets those of a prefix', () => {
    const backoff = new Backoff(RESTART_BACKOFF)
    backoff.next('a/x', { eventAt: 0, now: 0 })
    backoff.next('b/x', { eventAt: 0, now: 0 })
    backoff.forget('a/')
    expect([backoff.delayOf('a/x'), backoff.delayOf('b/x')]).toEqual([0, 10_000])
  })
})

describe('retryDelay', () => {
  it('lies between half and all of a ceiling that doubles up to its limit', () =>
    fc.assert(
      fc.property(fc.nat(60), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
        const delay = retryDelay(attempt, () => random, { initialMs: 500, maxMs: 30_000 })
        const ceiling = Math.min(30_000, 500 * 2 ** attempt)
        expect(delay).toBeGreaterThanOrEqual(ceiling / 2)
        expect(delay).toBeLessThanOrEqual(ceiling)
      }),
    ))
})

it.each([
  [10_000, '10s'],
  [80_000, '1m20s'],
  [300_000, '5m0s'],
  [3_600_000, '1h0m0s'],
  [1234, '1.234s'],
])('prints %i ms as Go does: %s', (ms, text) => expect(goDuration(ms)).toBe(text))
