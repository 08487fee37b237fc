/** Claims and volumes that are in use stay until they are not. */
import { beforeAll, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { type Client, MERGE, newClient, PODS } from './client.ts'

const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims'
const VOLUMES = '/api/v1/persistentvolumes'

let client: Client

beforeAll(async () => {
  client = await newClient('protection')
})

const claim = (name: string) => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
})
const gone = (path: string) => eventually('it is gone', async () => (await client.ask(path)).code === 404)

it('a claim that a Pod uses stays until the Pod is gone', async () => {
  const made = await client.post(CLAIMS, claim('data'))
  expect(made.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
  const spec = { nodeName: 'nowhere', containers: [{ name: 'a', image: 'a' }], volumes }
  await client.post(PODS, { metadata: { name: 'user' }, spec })
  await client.delete(`${CLAIMS}/data`)
  await client.post(CLAIMS, claim('unused'))
  await client.delete(`${CLAIMS}/unused`)
  // By when that one is gone, the other would be.
  await gone(`${CLAIMS}/unused`)
  expect((await client.get(`${CLAIMS}/data`)).metadata.deletionTimestamp).toBeDefined()
  await client.delete(`${PODS}/user?gracePeriodSeconds=0`)
  await gone(`${CLAIMS}/data`)
})

it('a volume that a claim is bound to stays until it is not', async () => {
  const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } }
  const made = await client.post(VOLUMES, { metadata: { name: 'disk' }, spec })
  expect(made.metadata.finalizers).toEqual(['kubernetes.io/pv-protection'])
  await client.patch(`${VOLUMES}/disk/status`, { status: { phase: 'Bound' } }, MERGE)
  await client.post(VOLUMES, { metadata: { name: 'unused' }, spec })
  await client.delete(`${VOLUMES}/disk`)
  await client.delete(`${VOLUMES}/unused`)
  await gone(`${VOLUMES}/unused`)
  expect((await client.get(`${VOLUMES}/disk`)).metadata.deletionTimestamp).toBeDefined()
  await client.patch(`${VOLUMES}/disk/status`, { status: { phase: 'Released' } }, MERGE)
  await gone(`${VOLUMES}/disk`)
})
