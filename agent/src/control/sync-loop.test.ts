import { pino } from 'pino'
import { expect, it } from 'vitest'
import { Reports } from './reports.ts'
import { SyncLoop } from './sync-loop.ts'

const loopOf = (sync: () => Promise<never>) =>
  new SyncLoop({
    reports: new Reports(),
    sync,
    rejoin: async () => {},
    onAnswer: async () => {},
    hasDoorbell: () => false,
    log: pino({ level: 'silent' }),
    // Longer than any test: only `stop` can end it.
    retry: { initialMs: 3600_000, maxMs: 3600_000 },
  })

it('stops at once, also in the middle of a back-off', async () => {
  let hasFailed = () => {}
  const failed = new Promise<void>((resolve) => {
    hasFailed = resolve
  })
  const loop = loopOf(async () => {
    hasFailed()
    throw new Error('nobody there')
  })
  const ended = loop.run()
  await failed
  // The back-off begins once the failure is seen.
  await new Promise((resolve) => setImmediate(resolve))
  loop.stop()
  await ended
  expect(await ended).toBeUndefined()
})

it('does not let a ring cut a back-off short', async () => {
  let rounds = 0
  let hasFailed = () => {}
  const failed = new Promise<void>((resolve) => {
    hasFailed = resolve
  })
  const loop = loopOf(async () => {
    rounds++
    hasFailed()
    throw new Error('struggling')
  })
  const ended = loop.run()
  await failed
  await new Promise((resolve) => setImmediate(resolve))
  loop.wake()
  await new Promise((resolve) => setImmediate(resolve))
  loop.stop()
  await ended
  expect(rounds).toBe(1)
})
