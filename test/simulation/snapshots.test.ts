/** States of the past, told from a real database's log, against what was written down when they were the present. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Key } from '../../src/kube/object.ts'
import type { Resource } from '../../src/kube/resource.ts'
import { configMaps } from '../../src/kube/resources/core/config-map.ts'
import type { ConfigMap } from '../../src/kube/types.ts'
import type { Query } from '../../src/store/select.ts'
import { Store } from '../../src/store/store.ts'
import { createDatabase } from './database.ts'

const RESOURCE = configMaps as unknown as Resource
const KEYS: readonly Key[] = ['a', 'b'].flatMap((namespace) => ['x', 'y', 'z'].map((name) => ({ namespace, name })))

function world() {
  const { sql } = createDatabase()
  const store = new Store({ sql, now: () => 0 })
  return {
    store,
    /** Writes the object, or deletes it. */
    write(key: Key, isThere: boolean) {
      const object = store.get(configMaps, key)
      if (isThere) {
        const metadata = { ...key, uid: key.name, resourceVersion: '', creationTimestamp: '' }
        store.put<ConfigMap>(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
      } else if (object) store.remove(configMaps, object)
      store.takeChanges()
    },
    /** `namespace/name@version` of what a query finds. */
    found({ snapshots }: Store, query: Query, at: number) {
      return snapshots.rows([...snapshots.versions(RESOURCE, query, at)]).map(nameOf)
    },
  }
}

const nameOf = ({ namespace, name, rv }: Key & { rv: number }): string => `${namespace}/${name}@${rv}`

const QUERIES: readonly Query[] = [
  {},
  { namespace: 'a' },
  { after: { namespace: 'a', name: 'y' } },
  { namespace: 'a', after: { namespace: 'a', name: 'x' } },
  { namespace: 'b', after: { namespace: 'a', name: 'y' } },
]

const isIn = ({ namespace, after }: Query, key: Key): boolean =>
  (namespace === undefined || key.namespace === namespace) &&
  (!after || key.namespace > after.namespace || (key.namespace === after.namespace && key.name > after.name))

describe('snapshots', () => {
  const step = fc.record({ key: fc.constantFrom(...KEYS), isThere: fc.boolean() })

  it('tell the state at every version, for every part of it, again and again while more is written', () =>
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        const { store, write, found } = world()
        const states = new Map<number, string[]>()
        const asked: number[] = []
        for (const [index, { key, isThere }] of steps.entries()) {
          write(key, isThere)
          states.set(store.latest, [...store.rows(RESOURCE)].map(nameOf))
          // Some are asked for before the end too: what is remembered of them must be carried on.
          if (index % 3 === 0) asked.push(store.latest)
          for (const at of asked) expect(found(store, {}, at)).toEqual(states.get(at))
        }
        for (const [at, state] of states) {
          for (const query of QUERIES) {
            const part = state.filter((name) => isIn(query, keyOf(name)))
            expect(found(store, query, at)).toEqual(part)
            expect(store.snapshots.count(RESOURCE, query, at)).toBe(part.length)
          }
        }
      }),
      { numRuns: 60 },
    ))

  it('forget what was rolled back', () => {
    const { store, write, found } = world()
    const [key] = KEYS
    if (!key) throw new Error('there are keys')
    write(key, true)
    const at = store.latest
    const refused = () =>
      store.transaction(() => {
        write(key, false)
        expect(found(store, {}, at)).toEqual([`a/x@${at}`])
        throw new Error('refused')
      })
    expect(refused).toThrow('refused')
    write({ namespace: 'b', name: 'x' }, true)
    write({ namespace: 'b', name: 'x' }, false)
    expect(found(store, {}, at)).toEqual([`a/x@${at}`])
  })

  it('read more than one chunk of keys', () => {
    const { store, write, found } = world()
    for (let index = 0; index < 1100; index++) write({ namespace: 'a', name: `n-${index}` }, true)
    expect(found(store, {}, store.latest)).toEqual([...store.rows(RESOURCE)].map(nameOf))
  })
})

function keyOf(name: string): Key {
  const [namespace = '', rest = ''] = name.split('/')
  return { namespace, name: rest.split('@')[0] ?? '' }
}
