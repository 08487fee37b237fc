/** What `kubectl get componentstatuses` asks for: told, and not kept. */
import { beforeAll, expect, it } from 'vitest'
import { type Client, type Json, newClient } from './client.ts'

const COMPONENTS = '/api/v1/componentstatuses'

let client: Client

beforeAll(async () => {
  client = await newClient('components')
})

const healthy = (name: string) => ({
  kind: 'ComponentStatus',
  apiVersion: 'v1',
  metadata: { name },
  conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
})
const names = async (query: string) =>
  (await client.get(`${COMPONENTS}?${query}`)).items.map(({ metadata }: Json) => metadata.name)

it('are all healthy, and said to be deprecated', async () => {
  const listed = await client.ask(COMPONENTS)
  expect(listed.headers.get('warning')).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"')
  expect(listed.body).toEqual({
    kind: 'ComponentStatusList',
    apiVersion: 'v1',
    metadata: {},
    items: ['controller-manager', 'etcd-0', 'scheduler'].map(healthy),
  })
  expect(await client.get(`${COMPONENTS}/scheduler`)).toEqual(healthy('scheduler'))
})

it('are shown as a Table', async () => {
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
  const { columnDefinitions, rows } = (await client.ask(COMPONENTS, { headers })).body
  expect(columnDefinitions.map(({ name }: Json) => name)).toEqual(['Name', 'Status', 'Message', 'Error'])
  expect(rows.map(({ cells }: Json) => cells)).toContainEqual(['etcd-0', 'Healthy', 'ok', ''])
})

it('are selected by name and by label', async () => {
  expect(await names('fieldSelector=metadata.name%3Dscheduler')).toEqual(['scheduler'])
  expect(await names('labelSelector=a%3Db')).toEqual([])
})

it('are there to be read, and nothing else', async () => {
  expect((await client.ask(`${COMPONENTS}/nobody`)).body).toMatchObject({
    code: 404,
    message: 'componentstatuses "nobody" not found',
  })
  expect((await client.ask(COMPONENTS, { method: 'POST', body: healthy('more') })).code).toBe(405)
  expect((await client.ask(`${COMPONENTS}?watch=true`)).code).toBe(405)
})
