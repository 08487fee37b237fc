/** The log's window and Events' time to live, on a real database under a clock of the test's own. */
import { describe, expect, it } from 'vitest'
import { createRetention, WINDOW_MS } from '../../src/cluster/retention.ts'
import { configMaps } from '../../src/kube/resources/core/config-map.ts'
import { events } from '../../src/kube/resources/core/event.ts'
import type { ConfigMap, Event } from '../../src/kube/types.ts'
import { Store } from '../../src/store/store.ts'
import { createDatabase } from './database.ts'

const MINUTE = 60_000

function world(windowMs?: number) {
  let now = 1_000_000
  const { sql } = createDatabase()
  const store = new Store({ sql, now: () => now })
  const retention = createRetention(store, windowMs)
  const metadata = (name: string) => ({
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: '',
    creationTimestamp: '',
  })
  const written = () => {
    const changes = store.takeChanges()
    retention.heed(changes.length > 0, now)
    return changes.map(({ type, name }) => `${type} ${name}`)
  }
  return {
    store,
    put(name: string, text = '') {
      store.put<ConfigMap>(configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: metadata(name),
        data: { text },
      })
      return written()
    },
    event(name: string) {
      const involvedObject = { kind: 'Pod' }
      store.put<Event>(events, { apiVersion: 'v1', kind: 'Event', metadata: metadata(name), involvedObject })
      return written()
    },
    remove(name: string) {
      const object = store.get(configMaps, { namespace: 'default', name })
      if (object) store.remove(configMaps, object)
      return written()
    },
    /** As the alarm and the turns after it do; what was written meanwhile. */
    pass(ms: number) {
      const end = now + ms
      const all: string[] = []
      for (let at = store.timers.earliest(); at !== undefined && at <= end; at = store.timers.earliest()) {
        now = Math.max(now, at)
        store.transaction(() => retention.step(now))
        all.push(...written())
      }
      now = end
      return all
    },
    log: () => sql.rows('SELECT name FROM changes ORDER BY rv').map(([name]) => name),
    names: () => store.list(events).map(({ metadata }) => metadata.name),
  }
}

describe('retention', () => {
  it('keeps what was replaced or deleted for an hour, and what is current for good', () => {
    const { put, remove, pass, log } = world()
    put('kept', 'first')
    put('gone')
    put('kept', 'second')
    remove('gone')
    pass(WINDOW_MS - MINUTE)
    expect(log()).toEqual(['kept', 'gone', 'kept', 'gone'])
    pass(2 * MINUTE)
    expect(log()).toEqual(['kept'])
  })

  it('keeps it as long as a deployment says', () => {
    const { put, pass, log } = world(10 * MINUTE)
    put('kept', 'first')
    put('kept', 'second')
    pass(9 * MINUTE)
    expect(log()).toHaveLength(2)
    pass(2 * MINUTE)
    expect(log()).toHaveLength(1)
  })

  it('looks at a window shorter than a minute as often as it is long', () => {
    const { store, put, pass } = world(5_000)
    put('first')
    pass(6_000)
    put('second')
    pass(11_000)
    expect(store.horizon).toBe(store.latest)
  })

  it('moves the horizon, so that an older cursor is refused rather than answered with gaps', () => {
    const { store, put, pass } = world()
    put('a')
    put('a', 'changed')
    const version = store.latest
    pass(WINDOW_MS + MINUTE)
    expect(store.horizon).toBe(version)
  })

  it('deletes an Event an hour after it was last written, and says so to watchers', () => {
    const { event, pass, names } = world()
    event('once')
    event('again')
    pass(40 * MINUTE)
    event('again')
    expect(pass(21 * MINUTE)).toEqual(['DELETED once'])
    expect(names()).toEqual(['again'])
    expect(pass(40 * MINUTE)).toEqual(['DELETED again'])
  })

  it('leaves no timer and no log of deletions behind when all is quiet', () => {
    const { store, event, pass, log } = world()
    event('last')
    pass(3 * WINDOW_MS)
    expect(log()).toEqual([])
    expect(store.timers.earliest()).toBeUndefined()
  })

  it('trims a busy hour in steps, all of it', () => {
    const { put, pass, log } = world()
    for (let index = 0; index < 1000; index++) put('busy', String(index))
    pass(WINDOW_MS + MINUTE)
    expect(log()).toHaveLength(1)
  })

  it('writes at most a row a minute for its timer in a busy cluster', () => {
    const { store, put, pass } = world()
    for (let minute = 0; minute < 60; minute++) {
      put('busy', String(minute))
      pass(MINUTE)
    }
    const before = store.rowsWritten()
    for (let second = 0; second < 600; second++) {
      put('busy', String(second))
      pass(1000)
    }
    // Each write is two rows, one more when it is trimmed; ten more in ten minutes for the timer, ten for the horizon.
    expect(store.rowsWritten() - before).toBeLessThanOrEqual(600 * 2 + 60 + 2 * 11)
  })
})
