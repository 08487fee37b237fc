/** Events by the object that they are of, on a real database. */
import { describe, expect, it } from 'vitest'
import type { Resource } from '../../src/kube/resource.ts'
import { events } from '../../src/kube/resources/core/event.ts'
import { eventsOfEvents } from '../../src/kube/resources/events/event.ts'
import { parseFieldSelector } from '../../src/kube/selectors.ts'
import type { Event } from '../../src/kube/types.ts'
import { migrate } from '../../src/store/migrate.ts'
import { Store } from '../../src/store/store.ts'
import { createDatabase, migrations } from './database.ts'

const metadataOf = (name: string) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '',
  creationTimestamp: '',
})
const eventOf = (name: string, uid: string): Event => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: metadataOf(name),
  involvedObject: { kind: 'Pod', name: `pod-of-${name}`, uid },
})

function world() {
  const { sql } = createDatabase()
  const store = new Store({ sql, now: () => 0 })
  const found = (selector: string, resource = events as unknown as Resource) =>
    [...store.rows(resource, { fields: parseFieldSelector(selector) })].map(({ name }) => name)
  return { sql, store, found }
}

describe('Events of one object', () => {
  it('are found by its uid, in either group, with or without more to select by', () => {
    const { store, found } = world()
    for (const [name, uid] of Object.entries({ a: '1', b: '2', c: '1', d: '' })) store.put(events, eventOf(name, uid))
    expect(found('involvedObject.uid=1')).toEqual(['a', 'c'])
    expect(found('involvedObject.uid=1,involvedObject.name=pod-of-c')).toEqual(['c'])
    expect(found('regarding.uid=1', eventsOfEvents as unknown as Resource)).toEqual(['a', 'c'])
    expect(found('involvedObject.uid!=1')).toEqual(['b', 'd'])
    expect(found('involvedObject.uid=')).toEqual(['d'])
  })

  it('are those that are of it now', () => {
    const { store, found } = world()
    store.put(events, eventOf('moved', '1'))
    store.put(events, eventOf('moved', '2'))
    expect(found('involvedObject.uid=1')).toEqual([])
    expect(found('involvedObject.uid=2')).toEqual(['moved'])
  })

  it('cost no row more', () => {
    const { sql, store } = world()
    const before = sql.rowsWritten()
    store.put(events, eventOf('one', '1'))
    expect(sql.rowsWritten() - before).toBe(2)
  })

  it('are found in a database of before', () => {
    const [init, ...later] = migrations
    if (!init) throw new Error('there is a first migration')
    const { sql } = createDatabase([init])
    for (const [rv, uid] of ['1', ''].entries()) {
      const name = `e-${rv}`
      const body = JSON.stringify(eventOf(name, uid))
      sql.run(
        `INSERT INTO changes (rv, resource, namespace, name, type, prev, at, body) VALUES (?, 'events', 'default', ?, 0, 0, 0, ?)`,
        rv + 1,
        name,
        body,
      )
      sql.run(
        `INSERT INTO objects (resource, namespace, name, rv, logged) VALUES ('events', 'default', ?, ?, ?)`,
        name,
        rv + 1,
        rv + 1,
      )
    }
    migrate(sql, [init, ...later])
    expect(sql.rows('SELECT name, subject FROM objects')).toEqual([
      ['e-0', '1'],
      ['e-1', null],
    ])
  })
})
