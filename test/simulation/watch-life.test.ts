/** What a watch says where it stands, and who asked. */

import { expect, it } from 'vitest'
import { Hub } from '../../src/cluster/watch/hub.ts'
import { builtIn } from '../../src/kube/registry.ts'
import { configMaps } from '../../src/kube/resources/core/config-map.ts'
import type { ConfigMap } from '../../src/kube/types.ts'
import { acknowledge, parseWhere } from '../../src/protocol/watch.ts'
import { Store } from '../../src/store/store.ts'
import { createDatabase } from './database.ts'
import { createChance } from './random.ts'
import { SimulatedSocket, SocketList } from './sockets.ts'
import { createTimeline } from './timeline.ts'

it('takes no answer to a question that a former life asked: it may be out of date', () => {
  const chance = createChance(1)
  const timeline = createTimeline(0, chance)
  const store = new Store({ sql: createDatabase().sql, now: timeline.now })
  const sockets = new SocketList()
  const heard: (string | number)[] = []
  const far = {
    message: (message: string | Uint8Array) => void heard.push(typeof message === 'string' ? message : message.length),
    closed: () => undefined,
  }
  const hear = () => {
    while (timeline.step());
    return heard.splice(0)
  }
  const socket = new SimulatedSocket({ timeline, chance, far, hold: (output) => output() })
  const live = (life: string) =>
    new Hub({
      store,
      clock: timeline,
      sockets,
      catalog: builtIn,
      formerOf: () => undefined,
      life,
      later: (work) => work(),
    })
  const put = (name: string) => {
    const metadata = { name, namespace: 'default', uid: name, resourceVersion: '', creationTimestamp: '' }
    store.put<ConfigMap>(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
  }

  live('first').open(
    socket,
    { resource: 'configmaps', version: 'v1', form: { as: 'Object' } },
    { after: store.latest, endOfInitialEvents: false },
  )
  hear()
  const stood = store.latest
  live('second')
  expect(hear().map((message) => parseWhere(String(message)))).toEqual(['second'])
  put('a')
  const third = live('third')
  hear()
  third.message(socket, acknowledge(stood, 'second'))
  expect(hear()).toEqual([])
  third.message(socket, acknowledge(stood, 'third'))
  expect(hear()).toHaveLength(1)
})
