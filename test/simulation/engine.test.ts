/** What the engine owes to a crash, on a real database. */

import { describe, expect, it } from 'vitest'
import { createAttempts } from '../../src/cluster/callouts/attempt.ts'
import { Engine } from '../../src/cluster/engine/engine.ts'
import { createView } from '../../src/cluster/engine/view.ts'
import { controller, lookAgain, on, settled } from '../../src/controllers/controller.ts'
import { builtIn } from '../../src/kube/registry.ts'
import { configMaps } from '../../src/kube/resources/core/config-map.ts'
import type { ConfigMap } from '../../src/kube/types.ts'
import { Store } from '../../src/store/store.ts'
import { createDatabase } from './database.ts'

const DELAY_MS = 30_000

function world() {
  const database = createDatabase()
  let now = 1_000_000
  const seen: string[] = []
  const due = now + DELAY_MS
  /** Looks once at each ConfigMap, and again when it is time. */
  const patient = controller({
    name: 'patient',
    concerns: [on(configMaps, ({ metadata }) => [`default/${metadata.name}`])],
    reconcile({ key }) {
      seen.push(key.name)
      return now < due ? lookAgain(due) : settled
    },
  })
  /** A life of the control plane: nothing of a former one is in memory. */
  const live = () => {
    const store = new Store({ sql: database.sql, now: () => now })
    const clock = { now: () => now }
    const engine = new Engine({
      store,
      view: createView(store, builtIn),
      catalog: builtIn,
      writer: {
        apply: () => ({ refused: false }),
        applyEach: () => ({ made: 0, refusals: [], isCut: false }),
      },
      controllers: [patient],
      scheduler: { observe: () => undefined, hasWork: () => false, slice: () => 0 },
      attempts: createAttempts({ next: () => 0, uuid: () => '' }, clock),
      commit: async (work) => work(),
      clock,
      log: (message) => {
        throw new Error(message)
      },
    })
    const work = () => {
      while (!engine.isSettled()) engine.slice()
      engine.save()
      return seen.splice(0)
    }
    return { store, engine, work }
  }
  const pass = (ms: number) => {
    now += ms
    return now
  }
  return { live, pass }
}

const put = (store: Store, name: string) => {
  const metadata = { name, namespace: 'default', uid: name, resourceVersion: '', creationTimestamp: '' }
  store.put<ConfigMap>(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
}

describe('a timer', () => {
  it('that has gone off is not forgotten in a crash before its key was looked at', () => {
    const { live, pass } = world()
    const first = live()
    put(first.store, 'a')
    expect(first.work()).toEqual(['a'])
    first.engine.wake(pass(DELAY_MS))
    const second = live()
    expect(second.work()).toEqual([])
    second.engine.wake(pass(0))
    expect(second.work()).toEqual(['a'])
    expect(second.store.timers.earliest()).toBeUndefined()
  })
})

describe('keys', () => {
  it('come in the order of their last changes', () => {
    const { live } = world()
    const { store, work } = live()
    for (const name of ['a', 'b', 'a']) put(store, name)
    expect(work()).toEqual(['b', 'a'])
  })
})
