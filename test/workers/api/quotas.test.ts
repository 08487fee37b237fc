/** What ResourceQuotas allow, and that what they say is used is what is used, whoever writes and however many at once. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import {
  type Answer,
  type Client,
  configMap,
  DEPLOYMENTS,
  deployment,
  expectRefusal,
  type Json,
  newClient,
  pod,
  service,
} from './client.ts'

let client: Client
let namespace = ''
let number = 0

beforeAll(async () => {
  client = await newClient('quotas')
})

/** Each test has a namespace of its own. */
beforeEach(async () => {
  number += 1
  namespace = `quotas-${number}`
  await client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
})

const at = (plural: string): string => `/api/v1/namespaces/${namespace}/${plural}`
const make = (plural: string, body: object, query = ''): Promise<Answer> =>
  client.ask(`${at(plural)}${query}`, { method: 'POST', body })

const quota = (name: string, hard: object, rest: object = {}) =>
  client.post(at('resourcequotas'), {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name },
    spec: { hard, ...rest },
  })

const used = async (name: string): Promise<Json> => (await client.get(`${at('resourcequotas')}/${name}`)).status.used

const asking = (name: string, resources: object, spec: object = {}) =>
  pod(name, { spec: { containers: [{ name: 'main', image: 'main:1', resources }], ...spec } })

const forbidden = (message: string) => ({ code: 403, reason: 'Forbidden', message })

describe('a quota', () => {
  it('counts what is there when it is made, and from then on what comes and goes', async () => {
    await make('configmaps', configMap('before'))
    await quota('counts', { configmaps: '4', 'count/configmaps': '10', secrets: '5', resourcequotas: '1' })
    // kube-root-ca.crt, too.
    expect(await used('counts')).toEqual({
      configmaps: '2',
      'count/configmaps': '2',
      secrets: '0',
      resourcequotas: '1',
    })
    for (const name of ['a', 'b']) expect((await make('configmaps', configMap(name))).code).toBe(201)
    expectRefusal(
      await make('configmaps', configMap('c')),
      forbidden(
        'configmaps "c" is forbidden: exceeded quota: counts, requested: configmaps=1, used: configmaps=4, limited: configmaps=4',
      ),
    )
    expect((await make('configmaps', configMap('tried'), '?dryRun=All')).code).toBe(403)
    await client.delete(`${at('configmaps')}/a`)
    expect(await used('counts')).toMatchObject({ configmaps: '3', 'count/configmaps': '3' })
    expect((await make('configmaps', configMap('tried'), '?dryRun=All')).code).toBe(201)
    expect((await make('configmaps', configMap('before'))).code).toBe(409)
    expect((await make('configmaps', configMap('Wrong'))).code).toBe(422)
    expect(await used('counts')).toMatchObject({ configmaps: '3' })
    expect((await client.get(`${at('resourcequotas')}/counts`)).status.hard).toEqual({
      configmaps: '4',
      'count/configmaps': '10',
      secrets: '5',
      resourcequotas: '1',
    })
  })

  it('is kept by many who write at once', async () => {
    await quota('many', { pods: '7' })
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => make('pods', pod(`many-${index}`))))
    expect(answers.filter(({ code }) => code === 201)).toHaveLength(7)
    expect(answers.filter(({ code }) => code === 403)).toHaveLength(13)
    expect(await used('many')).toEqual({ pods: '7' })
    expect((await client.get(at('pods'))).items).toHaveLength(7)
    await client.delete(at('pods'), { gracePeriodSeconds: 0 })
    expect(await used('many')).toEqual({ pods: '0' })
  })

  it('sums what Pods ask for, until they have ended', async () => {
    await quota('compute', { 'requests.cpu': '1', 'limits.memory': '1Gi', cpu: '2', pods: '3' })
    expectRefusal(
      await make('pods', pod('silent')),
      forbidden(
        'pods "silent" is forbidden: failed quota: compute: must specify cpu for: main; limits.memory for: main; requests.cpu for: main',
      ),
    )
    const half = { requests: { cpu: '500m' }, limits: { memory: '256Mi' } }
    await client.post(at('pods'), asking('one', half))
    await client.post(at('pods'), asking('two', half))
    expect(await used('compute')).toEqual({ 'requests.cpu': '1', 'limits.memory': '512Mi', cpu: '1', pods: '2' })
    expectRefusal(
      await make('pods', asking('three', { requests: { cpu: '1m' }, limits: { memory: '1Gi' } })),
      forbidden(
        'pods "three" is forbidden: exceeded quota: compute, requested: limits.memory=1Gi,requests.cpu=1m, used: limits.memory=512Mi,requests.cpu=1, limited: limits.memory=1Gi,requests.cpu=1',
      ),
    )
    await client.patch(`${at('pods')}/one/status`, { status: { phase: 'Succeeded' } })
    expect(await used('compute')).toEqual({ 'requests.cpu': '500m', 'limits.memory': '256Mi', cpu: '500m', pods: '1' })
    await client.delete(`${at('pods')}/one`, { gracePeriodSeconds: 0 })
    expect(await used('compute')).toMatchObject({ pods: '1' })
  })

  it('of a scope is for the Pods that are in it', async () => {
    await quota('best', { pods: '1' }, { scopes: ['BestEffort'] })
    await quota('ending', { pods: '1' }, { scopes: ['Terminating'] })
    await quota(
      'important',
      { pods: '0' },
      {
        scopeSelector: {
          matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }],
        },
      },
    )
    await client.post(at('pods'), pod('best-1'))
    expect((await make('pods', pod('best-2'))).code).toBe(403)
    const some = { requests: { cpu: '1m' } }
    await client.post(at('pods'), asking('some', some))
    await client.post(at('pods'), asking('ending', some, { activeDeadlineSeconds: 5 }))
    expect(await used('best')).toEqual({ pods: '1' })
    expect(await used('ending')).toEqual({ pods: '1' })
    expectRefusal(
      await make('pods', asking('critical', some, { priorityClassName: 'system-node-critical' })),
      forbidden(
        'pods "critical" is forbidden: exceeded quota: important, requested: pods=1, used: pods=0, limited: pods=0',
      ),
    )
  })

  it('counts Services by what they are, and as they change', async () => {
    await quota('services', { services: '2', 'services.nodeports': '2', 'services.loadbalancers': '0' })
    await client.post(
      at('services'),
      service('web', {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81 },
        ],
      }),
    )
    expect(await used('services')).toEqual({ services: '1', 'services.nodeports': '2', 'services.loadbalancers': '0' })
    const change = (spec: object) =>
      client.ask(`${at('services')}/web`, { method: 'PATCH', type: 'application/merge-patch+json', body: { spec } })
    expect((await change({ type: 'LoadBalancer' })).code).toBe(403)
    expect((await change({ type: 'ClusterIP', ports: [{ port: 80 }] })).code).toBe(200)
    expect(await used('services')).toEqual({ services: '1', 'services.nodeports': '0', 'services.loadbalancers': '0' })
  })

  it('counts claims by their class', async () => {
    const fast = 'fast.storageclass.storage.k8s.io'
    await quota('storage', {
      'requests.storage': '10Gi',
      [`${fast}/requests.storage`]: '3Gi',
      [`${fast}/persistentvolumeclaims`]: '5',
    })
    const claim = (name: string, storage: string, storageClassName?: string) =>
      make('persistentvolumeclaims', {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage } },
          ...(storageClassName ? { storageClassName } : {}),
        },
      })
    expect((await claim('slow', '5Gi')).code).toBe(201)
    expect((await claim('fast', '2Gi', 'fast')).code).toBe(201)
    expect((await claim('faster', '2Gi', 'fast')).code).toBe(403)
    expect(await used('storage')).toEqual({
      'requests.storage': '7Gi',
      [`${fast}/requests.storage`]: '2Gi',
      [`${fast}/persistentvolumeclaims`]: '1',
    })
  })

  it('counts objects of any kind, custom ones too', async () => {
    await client.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    })
    const widgets = `/apis/example.com/v1/namespaces/${namespace}/widgets`
    const widget = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name } })
    await eventually('the kind', async () => (await client.ask(widgets)).code === 200)
    await client.post(widgets, widget('a'))
    await quota('widgets', { 'count/widgets.example.com': '2', 'count/deployments.apps': '0' })
    await client.post(widgets, widget('b'))
    expect((await client.ask(widgets, { method: 'POST', body: widget('c') })).code).toBe(403)
    expect(await used('widgets')).toEqual({ 'count/widgets.example.com': '2', 'count/deployments.apps': '0' })
    const deployments = DEPLOYMENTS.replace('default', namespace)
    expect((await client.ask(deployments, { method: 'POST', body: deployment('web') })).code).toBe(403)
  })

  it('holds for what controllers make, and gives way when it is raised', async () => {
    await quota('pods', { pods: '1' })
    const deployments = DEPLOYMENTS.replace('default', namespace)
    await client.post(deployments, deployment('web', { spec: { replicas: 3 } }))
    const failure = await eventually('the failure', async () => {
      const { status } = await client.get(`${deployments}/web`)
      return status.conditions?.find(({ type }: Json) => type === 'ReplicaFailure')
    })
    expect(failure.message).toMatch(/exceeded quota: pods, requested: pods=1, used: pods=1, limited: pods=1$/)
    const raised = await client.patch(`${at('resourcequotas')}/pods`, { spec: { hard: { pods: '5', services: '1' } } })
    expect(raised.status).toEqual({ hard: { pods: '5', services: '1' }, used: { pods: '1', services: '0' } })
    await eventually('the Pods', async () => (await client.get(at('pods'))).items.length === 3)
    expect(await used('pods')).toEqual({ pods: '3', services: '0' })
  })

  it('costs nothing where there is none', async () => {
    const { stub } = client.world
    const before = (await stub.figures()).rowsWritten
    await make('configmaps', configMap('free'))
    const free = (await stub.figures()).rowsWritten - before
    await quota('charged', { configmaps: '100' })
    const then = (await stub.figures()).rowsWritten
    await make('configmaps', configMap('charged'))
    expect((await stub.figures()).rowsWritten - then).toBe(free + 2)
  })
})
