/** What writes cost: rows written are the bill. Each verb keeps within its budget, averaged over ten. */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Client,
  CONFIG_MAPS,
  configMap,
  type Json,
  LEASES,
  lease,
  newClient,
  PODS,
  pod,
  settled,
} from './client.ts'

const EVENTS = '/api/v1/namespaces/default/events'
const TIMES = 10

let client: Client
/** Owns the Pods, and would adopt none of them. */
let owner: Json

beforeAll(async () => {
  client = await newClient('rows')
  owner = await client.post(CONFIG_MAPS, configMap('owner'))
  await settled(client)
})

async function rowsWritten(): Promise<number> {
  const { world } = client
  const response = await world.request(`/platform/v1/clusters/${world.cluster}/figures`)
  return ((await response.json()) as { rowsWritten: number }).rowsWritten
}

/**
 * Rows a write, of ten that follow one another; what is noted once they are done counts too. What the alarm would yet note
 * of what was before, it notes before.
 */
async function rowsOf(write: (index: number) => Promise<unknown>): Promise<number> {
  await settled(client)
  await runDurableObjectAlarm(client.world.stub)
  const before = await rowsWritten()
  for (let index = 0; index < TIMES; index++) await write(index)
  await settled(client)
  return ((await rowsWritten()) - before) / TIMES
}

const owned = (index: number) => {
  const { apiVersion, kind, metadata } = owner
  const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid }
  const labels = { app: 'web', tier: 'front', version: String(index) }
  // Of a scheduler of its own: this one's Events are not what is counted here.
  return pod(`counted-${index}`, {
    metadata: { labels, ownerReferences: [reference] },
    spec: { schedulerName: 'mine' },
  })
}

describe('rows written', () => {
  it('by a Pod with three labels and an owner: at most 9 when it is made, 3 a status, 8 when it is deleted', async () => {
    expect(await rowsOf((index) => client.post(PODS, owned(index)))).toBeLessThanOrEqual(9)
    const report = (index: number) =>
      client.patch(`${PODS}/counted-${index}/status`, { status: { phase: 'Running', podIP: `10.1.0.${index + 1}` } })
    expect(await rowsOf(report)).toBeLessThanOrEqual(3)
    expect(await rowsOf((index) => client.delete(`${PODS}/counted-${index}`))).toBeLessThanOrEqual(8)
  })

  it('by an Event: at most 3', async () => {
    const event = (index: number) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `counted.${index}`, labels: { a: '1' } },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'x', uid: 'u' },
    })
    expect(await rowsOf((index) => client.post(EVENTS, event(index)))).toBeLessThanOrEqual(3)
  })

  it('by the renewal of a Lease: 1', async () => {
    let held = await client.post(LEASES, lease('leader', { metadata: { labels: { a: '1' } } }))
    await settled(client)
    const renew = async (index: number) => {
      const spec = { ...held.spec, renewTime: `2026-01-01T00:00:${10 + index}.000000Z` }
      held = await client.put(`${LEASES}/leader`, { ...held, spec })
    }
    expect(await rowsOf(renew)).toBe(1)
  })

  it('by what changes nothing, is refused or only reads: none', async () => {
    await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('still', { data: { a: '1' } }) })
    await settled(client)
    expect(await rowsOf(() => client.patch(`${CONFIG_MAPS}/still`, { data: { a: '1' } }))).toBe(0)
    expect(await rowsOf(() => client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('still') }))).toBe(0)
    expect(await rowsOf(() => client.get('/api/v1/pods'))).toBe(0)
  })

  it("by a node's poll that has nothing to say: none", async () => {
    const { world } = client
    const post = async (path: string, token: string, body: object): Promise<Json> =>
      (await world.request(path, { method: 'POST', token, body })).json()
    const { token } = await post(`/platform/v1/clusters/${world.cluster}/join-tokens`, world.token, {})
    const { credential } = await post('/agent/v1/join', token, { nodeName: 'node-1' })
    const status = { conditions: [{ type: 'Ready', status: 'True' }] }
    const poll = (rest: object = {}) => post('/agent/v1/sync', credential, { pods: [], ended: [], events: [], ...rest })
    await poll({ node: { labels: {}, status } })
    await settled(client)
    const { cursor } = await poll()
    expect(await rowsOf(() => poll({ cursor }))).toBe(0)
    expect(await rowsOf(() => poll({ cursor, node: { labels: {}, status } }))).toBe(0)
  })
})
