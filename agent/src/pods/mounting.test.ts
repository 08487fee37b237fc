import { describe, expect, it } from 'vitest'
import type { AgentEvent } from '../../../src/protocol/agent.ts'
import { MountError } from '../volumes/volumes.ts'
import { Mounting } from './mounting.ts'
import { podOf } from './testing.ts'
import type { World } from './world.ts'

/** A volume that can't be set up, and a Pod that is looked at whenever the test says. */
function world() {
  let now = 0
  let problem = 'configmap "a" not found'
  const events: AgentEvent[] = []
  const parts = {
    now: () => now,
    node: () => ({}),
    sources: {},
    tokens: { renewalOf: () => undefined },
    volumes: {
      setUp: async () => {
        throw new MountError('v', problem)
      },
    },
    event: (event: AgentEvent) => void events.push(event),
  }
  // Only what setting up volumes uses is there.
  const mounting = new Mounting(parts as unknown as World)
  return {
    events,
    async lookEvery(stepMs: number, forMs: number) {
      for (const end = now + forMs; now < end; now += stepMs) await mounting.setUp(podOf(), undefined, () => undefined)
    },
    fail(message: string) {
      problem = message
    },
  }
}

describe('mounting', () => {
  it('says ever more rarely what keeps it, however often it looks', async () => {
    const { events, lookEvery } = world()
    await lookEvery(100, 10 * 60_000)
    // After 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 63.5 s, then with at most 122 s between.
    expect(events.length).toBeLessThan(15)
    expect(events.length).toBeGreaterThan(8)
  })

  it('says something new at once', async () => {
    const { events, lookEvery, fail } = world()
    await lookEvery(100, 60_000)
    const before = events.length
    fail('secret "b" not found')
    await lookEvery(100, 100)
    expect(events.slice(before).map(({ message }) => message)).toEqual([
      expect.stringContaining('secret "b" not found'),
    ])
  })
})
