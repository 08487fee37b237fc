/** Many watches told in turns, while more is written: a turn between two of them must lose and repeat nothing. */
import { describe, expect, it } from 'vitest'
import type { Socket } from '../../src/cluster/sockets.ts'
import type { Question } from '../../src/cluster/watch/groups.ts'
import { Hub } from '../../src/cluster/watch/hub.ts'
import { builtIn } from '../../src/kube/registry.ts'
import { configMaps } from '../../src/kube/resources/core/config-map.ts'
import type { ConfigMap } from '../../src/kube/types.ts'
import { acknowledge, decodeBatch } from '../../src/protocol/watch.ts'
import { Store } from '../../src/store/store.ts'
import { createDatabase } from './database.ts'

const WATCHES = 30
const QUESTION: Question = { resource: 'configmaps', version: 'v1', form: { as: 'Object' } }

/** What a socket's far end has been told: names of objects, and how far it has come. */
class Ear implements Socket {
  readonly names: string[] = []
  version = 0

  send(message: string | Uint8Array): void {
    if (typeof message === 'string') return
    const { version, frames } = decodeBatch(new Uint8Array(message).buffer)
    this.version = version
    for (const [, name = ''] of new TextDecoder().decode(frames).matchAll(/"name":"([^"]+)"/g)) this.names.push(name)
  }

  close(): void {}

  serializeAttachment(): void {}

  deserializeAttachment(): unknown {
    return undefined
  }
}

function world() {
  const store = new Store({ sql: createDatabase().sql, now: () => 0 })
  const turns: (() => void)[] = []
  const sockets = { accept: () => undefined, tagged: () => [], lastPing: () => undefined }
  const hub = new Hub({
    store,
    clock: { now: () => 0 },
    sockets,
    catalog: builtIn,
    formerOf: () => undefined,
    life: 'one',
    later: (work) => void turns.push(work),
  })
  const open = (question: Question = QUESTION) => {
    const ear = new Ear()
    hub.open(ear, question, { after: store.latest, endOfInitialEvents: false })
    return ear
  }
  return {
    hub,
    open,
    ears: Array.from({ length: WATCHES }, () => open()),
    write(name: string) {
      const metadata = { name, namespace: 'default', uid: name, resourceVersion: '', creationTimestamp: '' }
      store.put<ConfigMap>(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
      hub.publish(store.takeChanges())
    },
    turn: () => turns.shift()?.(),
    settle() {
      for (let next = turns.shift(); next; next = turns.shift()) next()
    },
  }
}

describe('watches told in turns', () => {
  it('are told a few a turn, the first at once', () => {
    const { ears, write, settle } = world()
    write('a')
    const told = () => ears.filter(({ names }) => names.length > 0).length
    expect(told()).toBeGreaterThan(0)
    expect(told()).toBeLessThan(WATCHES)
    settle()
    expect(told()).toBe(WATCHES)
  })

  it('have each change once and in order, whatever is written, acknowledged and opened between two turns', () => {
    const { hub, open, ears, write, turn, settle } = world()
    write('a')
    const late = open()
    turn()
    const last = ears.at(-1)
    // The last goes on from the log before its turn comes.
    if (last) hub.message(last, acknowledge(last.version))
    write('b')
    turn()
    write('c')
    settle()
    for (const { names } of ears) expect(names).toEqual(['a', 'b', 'c'])
    expect(late.names).toEqual(['b', 'c'])
  })

  it('stand where the log does when all have been told, those of other kinds too', () => {
    const { open, ears, write, turn, settle } = world()
    const other = open({ ...QUESTION, resource: 'secrets' })
    const [first] = ears
    write('a')
    turn()
    write('b')
    settle()
    write('c')
    settle()
    expect(first?.names).toEqual(['a', 'b', 'c'])
    expect(other.names).toEqual([])
  })
})
