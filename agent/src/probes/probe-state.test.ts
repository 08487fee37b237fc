import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterResult, initialState, type ProbeKind } from './probe-state.ts'

const verdicts = (kind: ProbeKind, results: string, thresholds: { success: number; failure: number }) => {
  let state = initialState(kind)
  return [...results].map((result) => {
    state = afterResult(state, result === '+' ? 'success' : 'failure', thresholds)
    return state.verdict
  })
}

describe('a probe', () => {
  it('begins unready, alive, and not yet started', () => {
    expect([
      initialState('readiness').verdict,
      initialState('liveness').verdict,
      initialState('startup').verdict,
    ]).toEqual(['failure', 'success', 'unknown'])
  })

  it.each([
    ['liveness', '--+---', { success: 1, failure: 3 }, 'success success success success success failure'],
    ['readiness', '++-+', { success: 2, failure: 1 }, 'failure success failure failure'],
    ['startup', '--+', { success: 1, failure: 3 }, 'unknown unknown success'],
    ['startup', '---', { success: 1, failure: 3 }, 'unknown unknown failure'],
  ] as const)('%s %s with %j: %s', (kind, results, thresholds, want) =>
    expect(verdicts(kind, results, thresholds).join(' ')).toBe(want),
  )

  it('turns only after as many equal results in a row as its threshold says', () =>
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (results, failure) => {
        const text = results.map((result) => (result ? '+' : '-')).join('')
        const has = verdicts('liveness', text, { success: 1, failure }).includes('failure')
        expect(has).toBe(text.includes('-'.repeat(failure)))
      }),
    ))
})
