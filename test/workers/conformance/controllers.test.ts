/** What Kubernetes' conformance suite asks of controllers, where no other test shows it; each by its name there. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Client,
  DEPLOYMENTS,
  deployment,
  expectRefusal,
  type Json,
  newClient,
  PODS,
  pod,
  REPLICA_SETS,
  STRATEGIC,
  service,
} from '../api/client.ts'
import { eventually } from '../world.ts'

const NAMESPACES = '/api/v1/namespaces'
const CONTROLLERS = `${NAMESPACES}/default/replicationcontrollers`
const QUOTAS = (namespace: string) => `${NAMESPACES}/${namespace}/resourcequotas`

let client: Client

beforeAll(async () => {
  client = await newClient('conformance-controllers')
})

const codeOf = async (path: string): Promise<number> => (await client.ask(path)).code
const namesOf = async (path: string): Promise<string[]> =>
  (await client.get(path)).items.map(({ metadata }: Json) => metadata.name)
const template = (name: string) => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: 'main', image: 'main:1' }] },
})

describe('Garbage collector', () => {
  const podsOf = async (name: string): Promise<Json[]> =>
    (await client.get(`${PODS}?labelSelector=app%3D${name}`)).items
  const setsOf = async (name: string): Promise<Json[]> =>
    (await client.get(`${REPLICA_SETS}?labelSelector=app%3D${name}`)).items

  async function withSet(name: string): Promise<string> {
    await client.post(DEPLOYMENTS, deployment(name))
    await eventually('its ReplicaSet', async () => (await setsOf(name)).length === 1)
    return `${DEPLOYMENTS}/${name}`
  }

  it('should delete RS created by deployment when not orphaning', async () => {
    await client.delete(await withSet('collected'), { propagationPolicy: 'Background' })
    await eventually(
      'nothing left',
      async () => (await setsOf('collected')).length === 0 && (await podsOf('collected')).length === 0,
    )
  })

  it('should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan', async () => {
    const path = await withSet('orphaned')
    await client.delete(path, { propagationPolicy: 'Orphan' })
    await eventually('the Deployment gone', async () => (await codeOf(path)) === 404)
    const [left] = await setsOf('orphaned')
    expect(left.metadata.ownerReferences).toBeUndefined()
    await client.delete(`${REPLICA_SETS}/${left.metadata.name}`)
  })

  it('should keep the rc around until all its pods are deleted if the deleteOptions says so', async () => {
    const path = `${CONTROLLERS}/waiting`
    await client.post(CONTROLLERS, {
      metadata: { name: 'waiting' },
      spec: { replicas: 3, template: template('waiting') },
    })
    await eventually('its Pods', async () => (await podsOf('waiting')).length === 3)
    const [held] = await podsOf('waiting')
    const holding = (finalizers: string[] | null) =>
      client.patch(`${PODS}/${held.metadata.name}`, { metadata: { finalizers } })
    await holding(['example.com/hold'])
    await client.delete(path, { propagationPolicy: 'Foreground' })
    await eventually('the others gone', async () => (await podsOf('waiting')).length === 1)
    expect((await client.get(path)).metadata).toMatchObject({
      deletionTimestamp: expect.any(String),
      finalizers: ['foregroundDeletion'],
    })
    await holding(null)
    await eventually('the rc gone', async () => (await codeOf(path)) === 404)
    expect(await podsOf('waiting')).toEqual([])
  })

  it("should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted", async () => {
    const controller = (name: string) =>
      client.post(CONTROLLERS, { metadata: { name }, spec: { replicas: 4, template: template(name) } })
    const going = await controller('going')
    const { metadata } = await client.post(CONTROLLERS, {
      metadata: { name: 'staying' },
      spec: { replicas: 0, template: template('staying') },
    })
    await eventually('its Pods', async () => (await podsOf('going')).length === 4)
    const pods = await podsOf('going')
    const shared = pods.slice(0, 2).map((one: Json) => one.metadata.name)
    const reference = { apiVersion: 'v1', kind: 'ReplicationController', name: 'staying', uid: metadata.uid }
    for (const name of shared)
      await client.patch(`${PODS}/${name}`, { metadata: { ownerReferences: [reference] } }, STRATEGIC)
    await client.delete(`${CONTROLLERS}/going`, { propagationPolicy: 'Foreground' })
    await eventually('the first owner gone', async () => (await codeOf(`${CONTROLLERS}/going`)) === 404)
    const left = await podsOf('going')
    expect(left.map((one: Json) => one.metadata.name).sort()).toEqual([...shared].sort())
    for (const { metadata: of } of left) {
      expect(of.deletionTimestamp).toBeUndefined()
      expect(of.ownerReferences.map(({ uid }: Json) => uid)).not.toContain(going.metadata.uid)
    }
    await client.delete(`${CONTROLLERS}/staying`, { propagationPolicy: 'Background' })
    await eventually('the rest gone', async () => (await podsOf('going')).length === 0)
  })

  it('should not be blocked by dependency circle', async () => {
    const made: Json[] = []
    for (const name of ['circle-1', 'circle-2', 'circle-3']) made.push(await client.post(PODS, pod(name)))
    for (const [index, { metadata }] of made.entries()) {
      const owner = made[(index + 2) % 3]
      const { name, uid } = owner.metadata
      const reference = { apiVersion: 'v1', kind: 'Pod', name, uid, controller: true, blockOwnerDeletion: true }
      await client.patch(`${PODS}/${metadata.name}`, { metadata: { ownerReferences: [reference] } })
    }
    await client.delete(`${PODS}/circle-1`, { propagationPolicy: 'Foreground' })
    await eventually('all gone', async () => !(await namesOf(PODS)).some((name) => name.startsWith('circle')))
  })
})

describe('Namespaces', () => {
  it('should patch a Namespace', async () => {
    await client.post(NAMESPACES, { metadata: { name: 'patched' } })
    const patched = await client.patch(
      `${NAMESPACES}/patched`,
      { metadata: { labels: { testLabel: 'testValue' } } },
      STRATEGIC,
    )
    expect(patched.metadata.labels).toEqual({ testLabel: 'testValue', 'kubernetes.io/metadata.name': 'patched' })
  })

  it.each([
    { what: 'pods', object: pod('inside') },
    { what: 'services', object: service('inside') },
  ])('should ensure that all $what are removed when a namespace is deleted', async ({ what, object }) => {
    const name = `emptied-of-${what}`
    await client.post(NAMESPACES, { metadata: { name } })
    await client.post(`${NAMESPACES}/${name}/${what}`, object)
    await client.delete(`${NAMESPACES}/${name}`)
    await eventually('the namespace gone', async () => (await codeOf(`${NAMESPACES}/${name}`)) === 404)
    await client.post(NAMESPACES, { metadata: { name } })
    expect((await namesOf(`${NAMESPACES}/${name}/${what}`)).filter((left) => left === 'inside')).toEqual([])
  })
})

describe('ResourceQuota', () => {
  const usedOf = async (namespace: string) => (await client.get(`${QUOTAS(namespace)}/quota`)).status.used

  async function quota(namespace: string, hard: object): Promise<void> {
    await client.post(NAMESPACES, { metadata: { name: namespace } })
    await eventually('its account', async () => codeOf(`${NAMESPACES}/${namespace}/serviceaccounts/default`))
    await client.post(QUOTAS(namespace), { metadata: { name: 'quota' }, spec: { hard } })
  }

  it('should be able to update and delete ResourceQuota.', async () => {
    await quota('quota-changed', { cpu: '1', memory: '500Mi' })
    const made = await client.get(`${QUOTAS('quota-changed')}/quota`)
    const updated = await client.put(`${QUOTAS('quota-changed')}/quota`, {
      ...made,
      spec: { hard: { cpu: '2', memory: '1Gi' } },
    })
    expect(updated.spec.hard).toEqual({ cpu: '2', memory: '1Gi' })
    expect(updated.status.hard).toEqual({ cpu: '2', memory: '1Gi' })
    await client.delete(`${QUOTAS('quota-changed')}/quota`)
    expect(await codeOf(`${QUOTAS('quota-changed')}/quota`)).toBe(404)
  })

  it('should create a ResourceQuota and ensure its status is promptly calculated.', async () => {
    await quota('quota-prompt', { 'count/configmaps': '5', pods: '3' })
    expect(await client.get(`${QUOTAS('quota-prompt')}/quota`)).toMatchObject({
      status: { hard: { 'count/configmaps': '5', pods: '3' }, used: { 'count/configmaps': '1', pods: '0' } },
    })
  })

  it.each([
    {
      what: 'secret',
      resource: 'secrets',
      path: (namespace: string) => `${NAMESPACES}/${namespace}/secrets`,
      object: { type: 'Opaque', data: { a: 'YQ==' } },
    },
    {
      what: 'replica set',
      resource: 'count/replicasets.apps',
      path: (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/replicasets`,
      object: { spec: { replicas: 0, selector: { matchLabels: { app: 'a' } }, template: template('a') } },
    },
    {
      what: 'replication controller',
      resource: 'replicationcontrollers',
      path: (namespace: string) => `${NAMESPACES}/${namespace}/replicationcontrollers`,
      object: { spec: { replicas: 0, template: template('a') } },
    },
  ])('should create a ResourceQuota and capture the life of a $what', async ({ what, resource, path, object }) => {
    const namespace = `quota-${what.replace(' ', '-')}`
    await quota(namespace, { [resource]: '1' })
    const collection = path(namespace)
    expect(await usedOf(namespace)).toEqual({ [resource]: '0' })
    await client.post(collection, { metadata: { name: 'one' }, ...object })
    expect(await usedOf(namespace)).toEqual({ [resource]: '1' })
    const second = await client.ask(collection, { method: 'POST', body: { metadata: { name: 'two' }, ...object } })
    expectRefusal(second, { code: 403, reason: 'Forbidden', message: /exceeded quota: quota/ })
    await client.delete(`${collection}/one`)
    await eventually('it is given back', async () => (await usedOf(namespace))[resource] === '0')
  })

  const half = { requests: { cpu: '500m', memory: '200Mi' }, limits: { cpu: '1', memory: '400Mi' } }
  const sized = (name: string, rest: object = {}) =>
    pod(name, { spec: { containers: [{ name: 'main', image: 'main:1', resources: half }], ...rest } })

  it.each([
    {
      title: 'should verify ResourceQuota with best effort scope.',
      namespace: 'quota-best-effort',
      scopes: ['BestEffort', 'NotBestEffort'],
      pods: [pod('in-first'), sized('in-second')],
    },
    {
      title: 'should verify ResourceQuota with terminating scopes.',
      namespace: 'quota-terminating',
      scopes: ['Terminating', 'NotTerminating'],
      pods: [sized('in-first', { activeDeadlineSeconds: 3600 }), sized('in-second')],
    },
  ])('$title', async ({ namespace, scopes, pods }) => {
    await client.post(NAMESPACES, { metadata: { name: namespace } })
    await eventually('its account', async () => codeOf(`${NAMESPACES}/${namespace}/serviceaccounts/default`))
    for (const [index, scope] of scopes.entries())
      await client.post(QUOTAS(namespace), {
        metadata: { name: `of-${index}` },
        spec: { hard: { pods: '5' }, scopes: [scope] },
      })
    const used = async () =>
      (await client.get(QUOTAS(namespace))).items.map(({ status }: Json) => Number(status.used.pods))
    expect(await used()).toEqual([0, 0])
    for (const [index, body] of pods.entries()) {
      await client.post(`${NAMESPACES}/${namespace}/pods`, body)
      expect(await used()).toEqual(index === 0 ? [1, 0] : [0, 1])
      await client.delete(`${NAMESPACES}/${namespace}/pods/${body.metadata.name}`, { gracePeriodSeconds: 0 })
      await eventually('both are free again', async () => (await used()).every((count: number) => count === 0))
    }
  })
})
