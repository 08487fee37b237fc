/** Evictions, and the budgets that refuse them. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type Client, type Json, newClient, PODS, pod, settled } from './client.ts'

const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'

let client: Client
beforeAll(async () => {
  client = await newClient('evictions')
})

const evict = (name: string, body: object = {}, query = ''): Promise<Answer> =>
  client.ask(`${PODS}/${name}/eviction${query}`, {
    method: 'POST',
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' }, ...body },
  })

/** On a node that nobody is, so that it lives on until it is said to have gone. */
async function running(name: string, app: string, ready: 'True' | 'False' = 'True'): Promise<void> {
  await client.post(PODS, pod(name, { metadata: { labels: { app } }, spec: { nodeName: 'somewhere' } }))
  await client.patch(`${PODS}/${name}/status`, {
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] },
  })
}

async function budget(name: string, app: string, spec: object): Promise<void> {
  await client.post(BUDGETS, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: { selector: { matchLabels: { app } }, ...spec },
  })
  await settled(client)
}

const statusOf = async (name: string): Promise<Json> => (await client.get(`${BUDGETS}/${name}`)).status
const goes = async (name: string): Promise<boolean> =>
  (await client.get(`${PODS}/${name}`)).metadata.deletionTimestamp !== undefined

describe('an eviction', () => {
  it('is refused while the budget allows none, which a budget later allows one by one', async () => {
    for (const name of ['a-1', 'a-2', 'a-3']) await running(name, 'a')
    await budget('a', 'a', { minAvailable: 2 })
    expect(await statusOf('a')).toMatchObject({ currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 1 })
    const tried = await evict('a-1', {}, '?dryRun=All')
    expect(tried.code).toBe(201)
    expect(await statusOf('a')).toMatchObject({ disruptionsAllowed: 1 })
    expect((await evict('a-1')).code).toBe(201)
    expect(await goes('a-1')).toBe(true)
    const { status } = await client.get(`${PODS}/a-1`)
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }),
    )
    await settled(client)
    const refused = await evict('a-2')
    expect(refused.code).toBe(429)
    expect(refused.body).toMatchObject({
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget a needs 2 healthy pods and has 2 currently' },
        ],
      },
    })
    expect(await goes('a-2')).toBe(false)
  })

  it('of a Pod as it was seen is one of just that version', async () => {
    await running('v-1', 'v')
    const { resourceVersion, uid } = (await client.get(`${PODS}/v-1`)).metadata
    const when = (preconditions: object) => evict('v-1', { deleteOptions: { preconditions } })
    expect((await when({ resourceVersion: '1' })).code).toBe(409)
    expect((await when({ uid: 'other' })).code).toBe(409)
    expect(await goes('v-1')).toBe(false)
    expect((await when({ resourceVersion, uid })).code).toBe(201)
    expect(await goes('v-1')).toBe(true)
  })

  it('of many at once goes no further than the budget', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `b-${index}`)
    for (const name of names) await running(name, 'b')
    await budget('b', 'b', { minAvailable: 5 })
    const codes = await Promise.all(names.map(async (name) => (await evict(name)).code))
    expect(codes.filter((code) => code === 201)).toHaveLength(3)
    expect(codes.filter((code) => code === 429)).toHaveLength(5)
  })

  it('of a Pod that two budgets are about is refused', async () => {
    await running('d-1', 'd')
    for (const name of ['d-one', 'd-two']) await budget(name, 'd', { maxUnavailable: 1 })
    const answer = await evict('d-1')
    expect(answer.code).toBe(500)
    expect(answer.body.message).toBe(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  })

  it('of a Pod that serves nobody is free where the others serve enough, or always', async () => {
    for (const name of ['e-1', 'e-2']) await running(name, 'e')
    await running('e-3', 'e', 'False')
    await budget('e', 'e', { minAvailable: 2 })
    expect((await evict('e-1')).code).toBe(429)
    expect((await evict('e-3')).code).toBe(201)
    await running('f-1', 'f', 'False')
    await budget('f', 'f', { minAvailable: 2 })
    expect((await evict('f-1')).code).toBe(429)
    await client.patch(`${BUDGETS}/f`, { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } })
    expect((await evict('f-1')).code).toBe(201)
  })

  it('of a Pod that has not begun, has ended or is going is no disruption', async () => {
    await budget('g', 'g', { minAvailable: 1 })
    await client.post(PODS, pod('g-waits', { metadata: { labels: { app: 'g' } }, spec: { schedulerName: 'nobody' } }))
    expect((await evict('g-waits')).code).toBe(201)
    expect((await client.ask(`${PODS}/g-waits`)).code).toBe(404)
    await running('g-ended', 'g')
    await client.patch(`${PODS}/g-ended/status`, { status: { phase: 'Succeeded' } })
    expect((await evict('g-ended')).code).toBe(201)
  })
})
