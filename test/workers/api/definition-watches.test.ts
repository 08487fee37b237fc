/**
 * Watches of what a definition made, while the definition goes: each deletion is told before the end, to the slow ones and
 * to those over whom the object slept, too. An informer that missed one would keep what is gone for ever.
 */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { IDENTITY_HEADER, type Identity } from '../../../src/protocol/identity.ts'
import { acknowledge, decodeBatch, END, parseWhere, WINDOW_BYTES } from '../../../src/protocol/watch.ts'
import { eventually } from '../world.ts'
import { type Client, type Json, newClient } from './client.ts'
import { shown, watch } from './watching.ts'

const ADMIN: Identity = { kind: 'user', name: 'test', groups: ['system:masters'] }
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const NAME = 'passings.example.com'
const PASSINGS = '/apis/example.com/v1/namespaces/default/passings'

let client: Client

beforeAll(async () => {
  client = await newClient('definition-watches')
})

const version = (name: string, rest: object = {}) => ({
  name,
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  ...rest,
})

async function define(versions: object[] = [version('v1')]): Promise<Json> {
  await client.post(DEFINITIONS, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: NAME },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'passings', kind: 'Passing' }, versions },
  })
  return eventually('the definition is served', async () => (await client.ask(PASSINGS)).code === 200)
}

const create = (name: string, rest: object = {}, path = PASSINGS) =>
  client.post(path, { apiVersion: 'example.com/v1', kind: 'Passing', metadata: { name }, ...rest })

const remove = () => client.delete(`${DEFINITIONS}/${NAME}`)
const isGone = () =>
  eventually('the definition is gone', async () => (await client.ask(`${DEFINITIONS}/${NAME}`)).code === 404)
const now = async () => `resourceVersion=${await client.version()}`
/** Longer than anything takes that is on its way. */
const quiet = () => new Promise((done) => setTimeout(done, 300))

/** At the object's own socket, as the edge Worker opens it; acknowledges and answers only what the test does. */
async function open(query: string) {
  const response = await client.world.stub.fetch(`https://cluster${PASSINGS}?watch=true&${query}`, {
    headers: { upgrade: 'websocket', [IDENTITY_HEADER]: JSON.stringify(ADMIN) },
  })
  const socket = response.webSocket
  if (!socket) throw new Error(`${response.status}: no socket`)
  const frames: Json[] = []
  const texts: string[] = []
  let reached = 0
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') return void texts.push(data)
    const batch = decodeBatch(data)
    reached = batch.version
    for (const line of new TextDecoder().decode(batch.frames).split('\n'))
      if (line !== '') frames.push(JSON.parse(line))
  })
  socket.accept()
  const hasEnded = () => texts.includes(END)
  return {
    frames,
    hasEnded,
    reached: () => reached,
    /** To the question of the object that has woken, be it by this. */
    async answer() {
      socket.send(acknowledge(reached))
      const life = await eventually('the question', async () =>
        texts.map(parseWhere).findLast((asked) => asked !== undefined),
      )
      socket.send(acknowledge(reached, life))
    },
    async drain() {
      await eventually('the end', async () => {
        if (hasEnded()) return true
        socket.send(acknowledge(reached))
        return false
      })
    },
    acknowledge: () => socket.send(acknowledge(reached)),
    close: () => socket.close(),
  }
}

/** More than is sent to who does not acknowledge. */
const LARGE = { text: 'x'.repeat(WINDOW_BYTES / 4) }
const LARGE_NAMES = Array.from({ length: 8 }, (_, index) => `large-${index}`)

/** A watch that has a window of what is deleted, and of the rest nothing. */
async function slowWatch() {
  await define()
  for (const name of LARGE_NAMES) await create(name, LARGE)
  const slow = await open(await now())
  await remove()
  await isGone()
  await quiet()
  expect(slow.frames.length).toBeGreaterThan(0)
  expect(slow.frames.length).toBeLessThan(LARGE_NAMES.length)
  expect(slow.hasEnded()).toBe(false)
  return slow
}

describe('the watch of a definition that is deleted', () => {
  it('is told of each deletion, and ends when all is gone', async () => {
    await define()
    await create('free')
    await create('elsewhere', {}, PASSINGS.replace('default', 'kube-public'))
    await create('held', { metadata: { name: 'held', finalizers: ['example.com/hold'] } })
    const watching = await watch(client, '/apis/example.com/v1/passings', await now())
    await remove()
    await watching.until(3)
    // It is open still: what is left can be changed, and that is told too.
    await client.patch(`${PASSINGS}/held`, { note: 'here' })
    await watching.until(4)
    await client.patch(`${PASSINGS}/held`, { metadata: { finalizers: null } })
    await watching.ended
    expect(watching.frames.slice(0, 3).map(shown).sort()).toEqual([
      'DELETED elsewhere',
      'DELETED free',
      'MODIFIED held',
    ])
    expect(watching.frames.slice(3).map(shown)).toEqual(['MODIFIED held', 'DELETED held'])
    await isGone()
  })

  it('is told of them when the object sleeps meanwhile', async () => {
    await define()
    const names = Array.from({ length: 6 }, (_, index) => `slept-${index}`)
    for (const name of names) await create(name, { metadata: { name, finalizers: ['example.com/hold'] } })
    const watching = await watch(client, PASSINGS, await now())
    await remove()
    for (const name of names) {
      await evictDurableObject(client.world.stub)
      await client.patch(`${PASSINGS}/${name}`, { metadata: { finalizers: null } })
    }
    await watching.ended
    expect(
      watching.frames
        .map(shown)
        .filter((text) => text.startsWith('DELETED'))
        .sort(),
    ).toEqual(names.map((name) => `DELETED ${name}`))
    await isGone()
  })

  it('is told of them in its own form, be it a Table', async () => {
    await define()
    await create('tabled')
    const watching = await watch(client, PASSINGS, await now(), {
      accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
    })
    await remove()
    await watching.ended
    expect(watching.frames).toMatchObject([
      { type: 'DELETED', object: { kind: 'Table', rows: [{ cells: ['tabled', expect.any(String)] }] } },
    ])
  })

  it('is told of them at its own pace, though nothing is served by then', async () => {
    const slow = await slowWatch()
    await slow.drain()
    expect(slow.frames.map(shown).sort()).toEqual(LARGE_NAMES.map((name) => `DELETED ${name}`))
  })

  it('is told of nothing that a definition of the same name makes anew', async () => {
    const slow = await slowWatch()
    await define()
    await create('anew')
    const fresh = await watch(client, PASSINGS, '')
    expect((await fresh.until(1)).map(shown)).toEqual(['ADDED anew'])
    await slow.drain()
    expect(slow.frames.map(shown).sort()).toEqual(LARGE_NAMES.map((name) => `DELETED ${name}`))
    // The new one's group is the new one's, whatever became of the old.
    await create('more')
    expect((await fresh.until(2)).map(shown)).toEqual(['ADDED anew', 'ADDED more'])
    await fresh.stop()
    await remove()
    await isGone()
  })
})

describe('a watch over whose object and definition both went', () => {
  it('is told what it has missed, as the log has it, and ends', async () => {
    const slow = await slowWatch()
    await evictDurableObject(client.world.stub)
    await slow.answer()
    expect(slow.hasEnded()).toBe(false)
    await slow.drain()
    expect(slow.frames.map(shown).sort()).toEqual(LARGE_NAMES.map((name) => `DELETED ${name}`))
  })

  it('is told nothing of a definition made anew that does not serve its version', async () => {
    const slow = await slowWatch()
    await client.post(DEFINITIONS, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: NAME },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'passings', kind: 'Passing' },
        versions: [version('v2')],
      },
    })
    const path = PASSINGS.replace('v1', 'v2')
    await eventually('v2', async () => (await client.ask(path)).code === 200)
    await client.post(path, { apiVersion: 'example.com/v2', kind: 'Passing', metadata: { name: 'anew' } })
    await evictDurableObject(client.world.stub)
    await slow.answer()
    await slow.drain()
    expect(slow.frames.map(shown).sort()).toEqual(LARGE_NAMES.map((name) => `DELETED ${name}`))
    await remove()
    await isGone()
  })

  it('goes on with what a definition made anew makes, after the deletions', async () => {
    const slow = await slowWatch()
    await define()
    await create('anew')
    await evictDurableObject(client.world.stub)
    await slow.answer()
    await eventually('what is new', async () => {
      slow.acknowledge()
      return slow.frames.map(shown).includes('ADDED anew')
    })
    expect(slow.frames.slice(0, -1).map(shown).sort()).toEqual(LARGE_NAMES.map((name) => `DELETED ${name}`))
    expect(slow.hasEnded()).toBe(false)
    slow.close()
    await remove()
    await isGone()
  })

  it('ends with 410 where the log has forgotten', async () => {
    const slow = await slowWatch()
    await runInDurableObject(client.world.stub, (_, { storage }) => {
      storage.sql.exec('UPDATE changes SET at = 0')
      storage.sql.exec("UPDATE timers SET at = 0 WHERE owner = 'retention'")
    })
    await evictDurableObject(client.world.stub)
    await client.post('/api/v1/namespaces/default/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'after-an-hour' },
    })
    await eventually('a horizon', async () => {
      const { code } = await client.ask(
        `/api/v1/namespaces/default/configmaps?resourceVersionMatch=Exact&resourceVersion=${slow.reached()}`,
      )
      return code === 410
    })
    const before = slow.frames.length
    await slow.answer()
    await eventually('the end', async () => slow.hasEnded())
    expect(slow.frames.slice(before)).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }])
  })
})
