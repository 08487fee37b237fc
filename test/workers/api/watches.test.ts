/** Watches: frames as they come, what they begin with, and what ends them. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import {
  type Client,
  CONFIG_MAPS,
  configMap,
  expectRefusal,
  type Json,
  newClient,
  PODS,
  pod,
  type Refusal,
} from './client.ts'
import { type Frame, shown, watch } from './watching.ts'

const PARTIAL = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1'

let client: Client

beforeAll(async () => {
  client = await newClient('watches')
})

const now = async (): Promise<string> => `resourceVersion=${await client.version()}`
const label = (name: string, labels: object) => client.patch(`${CONFIG_MAPS}/${name}`, { metadata: { labels } })
const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'

describe('a watch', () => {
  it('gives each frame by itself, while it is open', async () => {
    const { until, stop } = await watch(client, CONFIG_MAPS, await now())
    await client.post(CONFIG_MAPS, configMap('framed'))
    expect((await until(1)).map(shown)).toEqual(['ADDED framed'])
    const patched = await client.patch(`${CONFIG_MAPS}/framed`, { data: { a: '1' } })
    expect((await until(2)).at(-1)).toEqual({ type: 'MODIFIED', object: patched })
    await client.delete(`${CONFIG_MAPS}/framed`)
    const deleted = (await until(3)).at(-1)
    expect(deleted).toMatchObject({
      type: 'DELETED',
      object: { kind: 'ConfigMap', apiVersion: 'v1', data: { a: '1' } },
    })
    // As the last state, at the version of the deletion, so that a client goes on from there.
    expect(Number(deleted?.object.metadata.resourceVersion)).toBeGreaterThan(Number(patched.metadata.resourceVersion))
    await stop()
  })

  it('goes on from a version with all that came after it, in order', async () => {
    const { metadata } = await client.post(CONFIG_MAPS, configMap('first'))
    await client.post(CONFIG_MAPS, configMap('second'))
    await client.patch(`${CONFIG_MAPS}/first`, { data: { a: '1' } })
    await client.delete(`${CONFIG_MAPS}/second`)
    const { until, frames, stop } = await watch(client, CONFIG_MAPS, `resourceVersion=${metadata.resourceVersion}`)
    expect((await until(3)).map(shown)).toEqual(['ADDED second', 'MODIFIED first', 'DELETED second'])
    const versions = frames.map(({ object }) => Number(object.metadata.resourceVersion))
    expect(versions).toEqual([...versions].sort((a, b) => a - b))
    await stop()
  })

  it.each(['', 'resourceVersion=0'])('begins with the state as ADDED, where no version is given: %s', async (query) => {
    const { items } = await client.get(CONFIG_MAPS)
    const { until, stop } = await watch(client, CONFIG_MAPS, query)
    expect((await until(items.length)).map(shown)).toEqual(items.map(({ metadata }: Json) => `ADDED ${metadata.name}`))
    await stop()
  })

  it('sees its namespace only, or all of them', async () => {
    const from = await now()
    const own = await watch(client, CONFIG_MAPS, from)
    const all = await watch(client, '/api/v1/configmaps', from)
    await client.post('/api/v1/namespaces/kube-public/configmaps', configMap('elsewhere'))
    await client.post(CONFIG_MAPS, configMap('here'))
    expect((await all.until(2)).map(shown)).toEqual(['ADDED elsewhere', 'ADDED here'])
    expect((await own.until(1)).map(shown)).toEqual(['ADDED here'])
    await own.stop()
    await all.stop()
  })

  it('ends in time, by itself', async () => {
    const started = Date.now()
    const { ended } = await watch(client, CONFIG_MAPS, `timeoutSeconds=1&${await now()}`)
    await ended
    expect(Date.now() - started).toBeGreaterThanOrEqual(900)
    expect(Date.now() - started).toBeLessThan(5_000)
  })

  it.each([
    { path: '/api/v1/watch/namespaces/default/configmaps', query: '' },
    { path: '/api/v1/watch/configmaps', query: '' },
    { path: '/api/v1/watch/namespaces/default/configmaps/kube-root-ca.crt', query: '' },
    { path: `${CONFIG_MAPS}/kube-root-ca.crt`, query: '' },
    { path: CONFIG_MAPS, query: 'fieldSelector=metadata.name%3Dkube-root-ca.crt' },
  ])('is opened by its older paths too: $path $query', async ({ path, query }) => {
    const { until, frames, stop } = await watch(client, path, query)
    await until(1)
    expect(frames.map(shown)).toContain('ADDED kube-root-ca.crt')
    if (!path.endsWith('configmaps') || query !== '') expect(frames).toHaveLength(1)
    await stop()
  })
})

describe('a selector', () => {
  it('turns what starts or stops matching into ADDED and DELETED', async () => {
    await client.post(CONFIG_MAPS, configMap('fickle'))
    const { until, frames, stop } = await watch(client, CONFIG_MAPS, `labelSelector=on%3Dyes&${await now()}`)
    await label('fickle', { on: 'yes' })
    await label('fickle', { on: 'yes', more: 'x' })
    await label('fickle', { on: 'no' })
    await label('fickle', { on: 'still no'.replace(' ', '-') })
    await label('fickle', { on: 'yes' })
    await client.delete(`${CONFIG_MAPS}/fickle`)
    await until(5)
    expect(frames.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'DELETED'])
    // As it last matched, so that a client that files by label finds it.
    expect(frames[2]?.object.metadata.labels).toEqual({ on: 'yes', more: 'x' })
    await stop()
  })

  it('of fields does so too', async () => {
    await client.post(PODS, pod('moved', { spec: { schedulerName: 'mine' } }))
    const { until, frames, stop } = await watch(
      client,
      '/api/v1/pods',
      `fieldSelector=spec.nodeName%3Dnode-1&${await now()}`,
    )
    await client.post(`${PODS}/moved/binding`, { target: { name: 'node-1' } })
    expect((await until(1)).map(shown)).toEqual(['ADDED moved'])
    await client.delete(`${PODS}/moved`, { gracePeriodSeconds: 0 })
    await until(2)
    expect(frames.map(({ type }) => type)).toEqual(['ADDED', 'DELETED'])
    await stop()
  })
})

describe('initial events', () => {
  it('are the state, then a bookmark that says so, then what happens', async () => {
    const { items, metadata } = await client.get(CONFIG_MAPS)
    const { until, frames, stop } = await watch(client, CONFIG_MAPS, initial)
    await until(items.length + 1)
    expect(frames.slice(0, -1).map(shown)).toEqual(items.map(({ metadata: of }: Json) => `ADDED ${of.name}`))
    expect(frames.at(-1)).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: {
          resourceVersion: metadata.resourceVersion,
          creationTimestamp: null,
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      },
    })
    await client.post(CONFIG_MAPS, configMap('after-all'))
    expect((await until(items.length + 2)).map(shown).at(-1)).toBe('ADDED after-all')
    await stop()
  })

  it('of nothing are the bookmark alone', async () => {
    const { until, frames, stop } = await watch(client, `${CONFIG_MAPS}`, `${initial}&labelSelector=none`)
    await until(1)
    expect(frames.map(({ type }) => type)).toEqual(['BOOKMARK'])
    await stop()
  })

  it.each<{ query: string; want: Refusal }>([
    {
      query: 'sendInitialEvents=true',
      want: { code: 422, reason: 'Invalid', message: /requires setting resourceVersionMatch to NotOlderThan/ },
    },
    {
      query: 'sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1',
      want: { code: 422, reason: 'Invalid', message: /NotOlderThan/ },
    },
    {
      query: 'resourceVersionMatch=NotOlderThan&resourceVersion=1',
      want: { code: 422, reason: 'Invalid', message: /forbidden for watch unless sendInitialEvents/ },
    },
    { query: 'resourceVersion=soon', want: { code: 400, reason: 'BadRequest' } },
    { query: 'labelSelector=!', want: { code: 400, reason: 'BadRequest' } },
    {
      query: 'fieldSelector=data.a%3D1',
      want: {
        code: 400,
        reason: 'BadRequest',
        message: '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
      },
    },
    { query: 'timeoutSeconds=soon', want: { code: 400, reason: 'BadRequest' } },
  ])('and what a watch may not ask: $query', async ({ query, want }) => {
    expectRefusal(await client.ask(`${CONFIG_MAPS}?watch=true&${query}`), want)
  })
})

describe('a form', () => {
  const columnsOf = ({ object }: Frame) => object.columnDefinitions?.length

  it('of metadata alone holds for each frame, the bookmark too', async () => {
    const { until, frames, stop } = await watch(
      client,
      CONFIG_MAPS,
      `${initial}&fieldSelector=metadata.name%3Dkube-root-ca.crt`,
      { accept: PARTIAL },
    )
    await until(2)
    for (const { object } of frames)
      expect([object.kind, object.apiVersion, object.data]).toEqual([
        'PartialObjectMetadata',
        'meta.k8s.io/v1',
        undefined,
      ])
    expect(frames.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK'])
    expect(frames[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    await stop()
  })

  it('of a Table has a row a frame (kubectl get -w)', async () => {
    const { until, frames, stop } = await watch(client, CONFIG_MAPS, await now(), { accept: TABLE })
    await client.post(CONFIG_MAPS, configMap('tabled', { data: { a: '1' } }))
    await until(1)
    expect(frames[0]).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Table', rows: [{ cells: ['tabled', 1, expect.any(String)] }] },
    })
    expect(columnsOf(frames[0] as Frame)).toBe(3)
    await stop()
  })
})

describe('what can not be told any more', () => {
  const refusedFrom = async (query: string): Promise<Frame | undefined> => {
    const { ended, frames } = await watch(client, CONFIG_MAPS, query)
    await ended
    expect(frames).toHaveLength(1)
    return frames[0]
  }
  const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', status: 'Failure' } }

  it('a version from the future: 410 in the stream, which ends', async () => {
    expect(await refusedFrom('resourceVersion=99999999')).toMatchObject(gone)
  })

  it('a version that the log has forgotten: 410 in the stream, which ends', async () => {
    await runInDurableObject(client.world.stub, (_, { storage }) => {
      storage.sql.exec('UPDATE changes SET at = 0')
      storage.sql.exec("UPDATE timers SET at = 0 WHERE owner = 'retention'")
    })
    await evictDurableObject(client.world.stub)
    await client.post(CONFIG_MAPS, configMap('after-an-hour'))
    await eventually(
      'a horizon',
      async () => (await client.ask(`${CONFIG_MAPS}?resourceVersion=2&resourceVersionMatch=Exact`)).code === 410,
    )
    expect(await refusedFrom('resourceVersion=2')).toMatchObject(gone)
  })
})
