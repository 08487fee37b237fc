/** A watch under credit: who reads slowly is sent a window and no more, and misses nothing. At the object's own socket. */
import { beforeAll, describe, expect, it } from 'vitest'
import { IDENTITY_HEADER, type Identity } from '../../../src/protocol/identity.ts'
import { acknowledge, decodeBatch, END, WINDOW_BYTES } from '../../../src/protocol/watch.ts'
import { eventually } from '../world.ts'
import { type Client, CONFIG_MAPS, configMap, newClient } from './client.ts'

const ADMIN: Identity = { kind: 'user', name: 'test', groups: ['system:masters'] }
/** One object's frame is the least that is sent at once. */
const OBJECT_BYTES = 10 * 1024

let client: Client

beforeAll(async () => {
  client = await newClient('credit')
})

interface Batch {
  readonly version: number
  readonly bytes: number
  readonly names: readonly string[]
}

/** As the Worker opens it, but acknowledging only what the test does. */
async function open(query: string) {
  const response = await client.world.stub.fetch(`https://cluster${CONFIG_MAPS}?watch=true&${query}`, {
    headers: { upgrade: 'websocket', [IDENTITY_HEADER]: JSON.stringify(ADMIN) },
  })
  const socket = response.webSocket
  if (!socket) throw new Error(`${response.status}: no socket`)
  const batches: Batch[] = []
  const texts: string[] = []
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') texts.push(data)
    else batches.push(batchOf(data))
  })
  socket.accept()
  return {
    batches,
    texts,
    bytes: () => batches.reduce((sum, batch) => sum + batch.bytes, 0),
    names: () => batches.flatMap(({ names }) => names),
    acknowledge: () => socket.send(acknowledge(batches.at(-1)?.version ?? 0)),
    close: () => socket.close(),
  }
}

function batchOf(data: ArrayBuffer): Batch {
  const { version, frames } = decodeBatch(data)
  const lines = new TextDecoder()
    .decode(frames)
    .split('\n')
    .filter((line) => line !== '')
  const names = lines.map((line) => JSON.parse(line)).map(({ type, object }) => `${type} ${object.metadata.name}`)
  return { version, bytes: data.byteLength, names }
}

const create = (name: string, bytes = OBJECT_BYTES) =>
  client.post(CONFIG_MAPS, configMap(name, { data: { text: 'x'.repeat(bytes) } }))
const now = async () => `resourceVersion=${await client.version()}`
/** Longer than anything takes that is on its way. */
const quiet = () => new Promise((done) => setTimeout(done, 300))
const from = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${1000 + index}`)

/** Acknowledges until all have come; each in its order, once. */
async function drain(watch: Awaited<ReturnType<typeof open>>, names: readonly string[]): Promise<void> {
  await eventually(`${names.length} frames`, async () => {
    if (watch.names().length >= names.length) return true
    watch.acknowledge()
    return false
  })
  expect(watch.names()).toEqual(names.map((name) => `ADDED ${name}`))
}

describe('a watch that does not acknowledge', () => {
  it('is sent no more than its window of what happens, and all of it, in order, once it does', async () => {
    const slow = await open(await now())
    const fast = await open(await now())
    const names = from('live', 200)
    for (let start = 0; start < names.length; start += 20) {
      await Promise.all(names.slice(start, start + 20).map((name) => create(name)))
      fast.acknowledge()
    }
    const created = (await client.get(`${CONFIG_MAPS}?limit=500`)).items
    const inOrder = created
      .filter(({ metadata }: { metadata: { name: string } }) => metadata.name.startsWith('live-'))
      .sort(
        (a: { metadata: { resourceVersion: string } }, b: { metadata: { resourceVersion: string } }) =>
          Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion),
      )
      .map(({ metadata }: { metadata: { name: string } }) => metadata.name)
    await quiet()
    expect(slow.bytes()).toBeGreaterThan(WINDOW_BYTES / 2)
    // The batch that crossed the window was one turn's.
    expect(slow.bytes()).toBeLessThan(WINDOW_BYTES + 21 * OBJECT_BYTES)
    await drain(fast, inOrder)
    await drain(slow, inOrder)
    slow.close()
    fast.close()
  })

  it('is sent no more than its window of what has been', async () => {
    const before = await now()
    const names = from('past', 200)
    for (const name of names) await create(name)
    const slow = await open(before)
    await quiet()
    expect(slow.bytes()).toBeGreaterThan(WINDOW_BYTES / 2)
    expect(slow.bytes()).toBeLessThan(1.5 * WINDOW_BYTES)
    await drain(slow, names)
    slow.close()
  })

  it('is sent no more than its window of the state it begins with', async () => {
    const { items } = await client.get(`${CONFIG_MAPS}?limit=1000`)
    const slow = await open('')
    await quiet()
    expect(slow.bytes()).toBeLessThan(2 * WINDOW_BYTES)
    expect(slow.bytes()).toBeGreaterThan(WINDOW_BYTES / 2)
    await drain(
      slow,
      items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    )
    slow.close()
  })
})

describe('large objects', () => {
  const LARGE = 1_000_000
  it('that together are more than a socket takes in one message come in several', async () => {
    const before = await now()
    const behind = await open(before)
    // Forty at once are one turn's changes, and 40 MB: a message may have 32 MiB.
    const names = from('large', 40)
    await Promise.all(names.map((name) => create(name, LARGE)))
    await quiet()
    expect(behind.texts).not.toContain(END)
    expect(Math.max(...behind.batches.map(({ bytes }) => bytes))).toBeLessThan(4 * 1024 * 1024)
    await eventually('all of them', async () => {
      if (behind.names().length >= names.length) return true
      behind.acknowledge()
      return false
    })
    expect(new Set(behind.names()).size).toBe(names.length)
    const late = await open(before)
    await eventually('all of them again', async () => {
      if (late.names().length >= names.length) return true
      late.acknowledge()
      return false
    })
    expect(late.names()).toEqual(behind.names())
    expect(Math.max(...late.batches.map(({ bytes }) => bytes))).toBeLessThan(4 * 1024 * 1024)
    behind.close()
    late.close()
  })
})
