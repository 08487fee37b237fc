import { describe, expect, it } from 'vitest'
import type { Node } from '../../kube/types.ts'
import type { Change } from '../../store/log.ts'
import type { Timer } from '../../store/timers.ts'
import type { Operations } from '../apiserver/operations.ts'
import { createLiveness, GRACE_MS, isUnknown } from './liveness.ts'
import { createNodeMonitor } from './node-monitor.ts'

const SECOND = 1000

/** One node, the durable timers, and an object that can sleep; the alarm goes off at the earliest timer. */
function world({ hasSocket = false } = {}) {
  let now = 1_000_000
  let node = { metadata: { name: 'a' }, spec: {}, status: { conditions: [{ type: 'Ready', status: 'True' }] } } as Node
  let ping: number | undefined
  const durable = new Map<string, Timer>()
  let rows = 0
  const timers = {
    set(owner: string, key: string, at: number | undefined) {
      const id = `${owner}/${key}`
      if (durable.get(id)?.at === at) return
      rows += 1
      if (at === undefined) durable.delete(id)
      else durable.set(id, { owner, key, at })
    },
    at: (owner: string, key: string) => durable.get(`${owner}/${key}`)?.at,
    due: (until: number) => [...durable.values()].filter(({ at }) => at <= until),
    earliest: () => [...durable.values()].map(({ at }) => at).sort((a, b) => a - b)[0],
    reload() {},
  }
  const operations = {
    update: ((_resource: unknown, _key: unknown, draft: Node) => {
      node = draft
      return draft
    }) as unknown as Operations['update'],
  }
  const wake = () => {
    const liveness = createLiveness(() => (hasSocket ? ping : undefined))
    const store = { timers, list: (() => [node]) as never, get: (() => node) as never }
    return { liveness, monitor: createNodeMonitor({ store, operations, liveness, clock: { now: () => now } }) }
  }
  let object = wake()
  const heed = (type: Change['type'], previous?: Node) =>
    object.monitor.heed([
      { rv: 1, type, resource: 'nodes', namespace: '', name: 'a', object: node, previous, text: '' },
    ])
  heed('ADDED')

  return {
    isUnknown: () => isUnknown(node),
    rows: () => rows,
    hasTimer: () => timers.earliest() !== undefined,
    poll() {
      object.liveness.heard('a', now)
      if (object.monitor.isOnProbation('a')) object.monitor.acquit('a')
    },
    ping() {
      ping = now
    },
    hangUp() {
      object.monitor.lost('a', ping)
      ping = undefined
    },
    sleep() {
      object = wake()
    },
    comesBack() {
      const previous = node
      node = { ...node, status: { conditions: [{ type: 'Ready', status: 'True' }] } } as Node
      heed('MODIFIED', previous)
    },
    /** Time passes; the alarm goes off when it is due, and wakes an object that sleeps whenever it may. */
    pass(ms: number, { isSleepy = false } = {}) {
      const end = now + ms
      for (let at = timers.earliest(); at !== undefined && at <= end; at = timers.earliest()) {
        now = Math.max(now, at)
        if (isSleepy) object = wake()
        object.monitor.look(now)
      }
      now = end
    },
  }
}

describe('nodeMonitor', () => {
  it('marks a node Unknown when it was silent for the grace period, and not before', () => {
    const { pass, isUnknown } = world()
    pass(GRACE_MS - 1)
    expect(isUnknown()).toBe(false)
    pass(1)
    expect(isUnknown()).toBe(true)
  })

  it('leaves a node alone that polls', () => {
    const { pass, poll, isUnknown } = world()
    for (let seconds = 0; seconds < 300; seconds += 2) {
      pass(2 * SECOND)
      poll()
    }
    expect(isUnknown()).toBe(false)
  })

  it('leaves a node alone whose doorbell pings while the object sleeps', () => {
    const { pass, ping, isUnknown } = world({ hasSocket: true })
    for (let seconds = 0; seconds < 300; seconds += 10) {
      pass(10 * SECOND, { isSleepy: true })
      ping()
    }
    expect(isUnknown()).toBe(false)
  })

  it('leaves a node alone that polls though the object sleeps between any two polls', () => {
    const { pass, poll, isUnknown, sleep } = world()
    for (let seconds = 0; seconds < 300; seconds += 15) {
      pass(15 * SECOND, { isSleepy: true })
      poll()
      sleep()
    }
    expect(isUnknown()).toBe(false)
  })

  it('finds out that a node is silent though the object sleeps all the time', () => {
    const { pass, isUnknown } = world()
    pass(2 * GRACE_MS, { isSleepy: true })
    expect(isUnknown()).toBe(true)
  })

  it('finds out within the grace period of the last ping where the socket closed, though the object sleeps', () => {
    const { pass, ping, hangUp, isUnknown } = world({ hasSocket: true })
    pass(30 * SECOND)
    ping()
    pass(5 * SECOND)
    hangUp()
    pass(GRACE_MS - 5 * SECOND - 1, { isSleepy: true })
    expect(isUnknown()).toBe(false)
    pass(1, { isSleepy: true })
    expect(isUnknown()).toBe(true)
  })

  it('leaves a node alone whose socket closed and that polls on', () => {
    const { pass, ping, poll, hangUp, isUnknown } = world({ hasSocket: true })
    ping()
    hangUp()
    for (let seconds = 0; seconds < 200; seconds += 10) {
      poll()
      pass(10 * SECOND, { isSleepy: true })
    }
    expect(isUnknown()).toBe(false)
  })

  it('has no timer while no node can fall silent, and watches over one that is back', () => {
    const { pass, isUnknown, hasTimer, comesBack } = world()
    pass(GRACE_MS)
    expect(hasTimer()).toBe(false)
    comesBack()
    pass(GRACE_MS - 1)
    expect(isUnknown()).toBe(false)
    pass(1)
    expect(isUnknown()).toBe(true)
  })

  it('writes no row for a heartbeat, only for the timer of the next look', () => {
    const { pass, poll, rows } = world()
    const before = rows()
    for (let seconds = 0; seconds < 400; seconds += 2) {
      pass(2 * SECOND)
      poll()
    }
    expect(rows() - before).toBeLessThanOrEqual(400 / (GRACE_MS / SECOND) + 2)
  })
})
