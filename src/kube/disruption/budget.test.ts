import { describe, expect, it } from 'vitest'
import type { Pod, PodDisruptionBudget } from '../types.ts'
import { spent } from './budget.ts'

const NOW = Date.parse('2026-01-01T10:00:00Z')
const labels = { app: 'web' }

const pod = (phase = 'Running', ready = 'True') =>
  ({
    metadata: { name: 'web-1', namespace: 'default', labels },
    spec: { containers: [] },
    status: { phase, conditions: [{ type: 'Ready', status: ready }] },
  }) as unknown as Pod

const budget = (status: object, spec: object = {}) =>
  ({
    metadata: { name: 'b', generation: 2 },
    spec: { selector: { matchLabels: labels }, ...spec },
    status: { observedGeneration: 2, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, ...status },
  }) as unknown as PodDisruptionBudget

describe('a budget whose Pod is evicted', () => {
  it('has one disruption less, and notes whose; with the last one its condition turns', () => {
    expect(spent([budget({ disruptionsAllowed: 2 })], pod(), NOW)?.status).toMatchObject({
      disruptionsAllowed: 1,
      disruptedPods: { 'web-1': '2026-01-01T10:00:00Z' },
    })
    expect(spent([budget({ disruptionsAllowed: 1 })], pod(), NOW)?.status).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    })
  })

  it('that nobody has counted since it was changed says when to come again', () => {
    expect(() => spent([budget({ observedGeneration: 1, disruptionsAllowed: 5 })], pod(), NOW)).toThrow(
      expect.objectContaining({
        code: 429,
        reason: 'TooManyRequests',
        details: {
          retryAfterSeconds: 10,
          causes: [
            { reason: 'DisruptionBudget', message: 'The disruption budget b is still being processed by the server.' },
          ],
        },
      }),
    )
  })

  it('that waits for too many others to go is closed', () => {
    const disruptedPods = Object.fromEntries(
      Array.from({ length: 2001 }, (_, at) => [`p-${at}`, '2026-01-01T10:00:00Z']),
    )
    expect(() => spent([budget({ disruptionsAllowed: 1, disruptedPods })], pod(), NOW)).toThrow(
      expect.objectContaining({ code: 403 }),
    )
  })

  it.each([
    { what: 'has not begun', of: pod('Pending') },
    { what: 'has ended', of: pod('Failed') },
    { what: 'serves nobody, where the others serve enough', of: pod('Running', 'False') },
  ])('is not asked of a Pod that $what', ({ of }) => {
    expect(spent([budget({ disruptionsAllowed: 0 })], of, NOW)).toBeUndefined()
  })
})
