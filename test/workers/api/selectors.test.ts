/** Selectors: which labels and fields a list may be narrowed by, and to what. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Client,
  CONFIG_MAPS,
  configMap,
  expectRefusal,
  type Json,
  newClient,
  PODS,
  pod,
  SERVICES,
  service,
} from './client.ts'

const EVENTS = '/api/v1/namespaces/default/events'
const SECRETS = '/api/v1/namespaces/default/secrets'

let client: Client

beforeAll(async () => {
  client = await newClient('selectors')
  for (const [name, labels] of Object.entries({
    a: { tier: 'front', 'example.com/n': '5' },
    b: { tier: 'back', 'example.com/n': '12' },
    c: { tier: '' },
    d: {},
  }))
    await client.post(CONFIG_MAPS, configMap(name, { metadata: { name, labels: { ...labels, of: 'test' } } }))
})

const named = async (path: string, selectors: Record<string, string>): Promise<string[]> => {
  const { items } = await client.get(`${path}?${new URLSearchParams(selectors)}`)
  return items.map(({ metadata }: Json) => metadata.name)
}

describe('labels', () => {
  it.each([
    { labelSelector: 'tier=front', want: ['a'] },
    { labelSelector: 'tier==front', want: ['a'] },
    { labelSelector: 'tier = front', want: ['a'] },
    { labelSelector: 'tier!=front,of=test', want: ['b', 'c', 'd'] },
    { labelSelector: 'tier', want: ['a', 'b', 'c'] },
    { labelSelector: '!tier,of', want: ['d'] },
    { labelSelector: 'tier=', want: ['c'] },
    { labelSelector: 'tier in (front, back)', want: ['a', 'b'] },
    { labelSelector: 'tier in (,front)', want: ['a', 'c'] },
    { labelSelector: 'tier notin (front),of=test', want: ['b', 'c', 'd'] },
    { labelSelector: 'example.com/n>5', want: ['b'] },
    { labelSelector: 'example.com/n<12', want: ['a'] },
    { labelSelector: 'tier=front,tier=back', want: [] },
    { labelSelector: 'toString', want: [] },
  ])('select by $labelSelector', async ({ labelSelector, want }) => {
    expect(await named(CONFIG_MAPS, { labelSelector })).toEqual(want)
  })

  it.each(['a=b=c', 'a in b', 'in (a)', '=a', 'a b', 'a in (b', ',', 'a,,b', '!', 'a>b', '-a', `${'a'.repeat(64)}=b`])(
    'are refused where they can not be read: %s',
    async (labelSelector) => {
      const answer = await client.ask(`${CONFIG_MAPS}?${new URLSearchParams({ labelSelector })}`)
      expectRefusal(answer, { code: 400, reason: 'BadRequest' })
    },
  )
})

const UNKNOWN = (field: string) => `field label not supported: ${field}`
const ONLY = (field: string) => `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`

describe('fields', () => {
  const event = (name: string, about: object, rest: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'x', uid: 'u-1', apiVersion: 'v1', ...about },
    reason: 'Started',
    type: 'Normal',
    ...rest,
  })

  beforeAll(async () => {
    await client.post(PODS, pod('free', { spec: { schedulerName: 'mine', restartPolicy: 'Never' } }))
    await client.post(PODS, pod('bound', { spec: { nodeName: 'node-1', hostNetwork: true } }))
    await client.patch(`${PODS}/bound/status`, {
      status: { phase: 'Running', podIP: '10.1.0.1', nominatedNodeName: 'n' },
    })
    await client.post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'plain' } })
    await client.post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'typed' }, type: 'example.com/x' })
    await client.post(SERVICES, service('node-port', { type: 'NodePort', clusterIP: '10.96.0.77' }))
    await client.post('/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-1' },
      spec: { unschedulable: true },
    })
    await client.post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-2' } })
    await client.post(EVENTS, event('one', { fieldPath: 'spec.containers{main}', resourceVersion: '7' }))
    await client.post(
      EVENTS,
      event(
        'two',
        { kind: 'Node', uid: 'u-2', name: 'y' },
        { reason: 'Failed', type: 'Warning', source: { component: 'me' } },
      ),
    )
  })

  it.each([
    { path: PODS, fieldSelector: 'metadata.name=free', want: ['free'] },
    { path: PODS, fieldSelector: 'metadata.name!=free', want: ['bound'] },
    { path: PODS, fieldSelector: 'metadata.namespace=default,spec.nodeName=node-1', want: ['bound'] },
    { path: PODS, fieldSelector: 'spec.nodeName=', want: ['free'] },
    { path: PODS, fieldSelector: 'spec.nodeName!=', want: ['bound'] },
    { path: PODS, fieldSelector: 'spec.restartPolicy=Never', want: ['free'] },
    { path: PODS, fieldSelector: 'spec.schedulerName=mine', want: ['free'] },
    { path: PODS, fieldSelector: 'spec.serviceAccountName=default', want: ['bound', 'free'] },
    { path: PODS, fieldSelector: 'spec.hostNetwork=true', want: ['bound'] },
    { path: PODS, fieldSelector: 'status.phase==Running', want: ['bound'] },
    { path: PODS, fieldSelector: 'status.phase!=Running,status.phase!=Failed', want: ['free'] },
    { path: PODS, fieldSelector: 'status.podIP=10.1.0.1', want: ['bound'] },
    { path: PODS, fieldSelector: 'status.nominatedNodeName=n', want: ['bound'] },
    { path: '/api/v1/pods', fieldSelector: 'metadata.namespace=kube-system', want: [] },
    { path: PODS, fieldSelector: 'spec.host=node-1', want: ['bound'] },
    { path: PODS, fieldSelector: 'status.podIPs=10.1.0.1', want: [] },
    { path: '/apis/rbac.authorization.k8s.io/v1/clusterroles', fieldSelector: 'metadata.namespace=a', want: [] },
    { path: SECRETS, fieldSelector: 'type=Opaque', want: ['plain'] },
    { path: SECRETS, fieldSelector: 'type!=Opaque', want: ['typed'] },
    { path: SERVICES, fieldSelector: 'spec.type=NodePort', want: ['node-port'] },
    { path: SERVICES, fieldSelector: 'spec.clusterIP=10.96.0.77', want: ['node-port'] },
    { path: '/api/v1/nodes', fieldSelector: 'spec.unschedulable=true', want: ['node-1'] },
    { path: '/api/v1/nodes', fieldSelector: 'spec.unschedulable=false', want: ['node-2'] },
    { path: '/api/v1/namespaces', fieldSelector: 'status.phase=Terminating', want: [] },
    { path: '/api/v1/namespaces', fieldSelector: 'metadata.name=default', want: ['default'] },
    { path: EVENTS, fieldSelector: 'involvedObject.uid=u-1,involvedObject.kind=Pod', want: ['one'] },
    { path: EVENTS, fieldSelector: 'involvedObject.name=y,involvedObject.namespace=default', want: ['two'] },
    { path: EVENTS, fieldSelector: 'involvedObject.fieldPath=spec.containers{main}', want: ['one'] },
    { path: EVENTS, fieldSelector: 'involvedObject.resourceVersion=7,involvedObject.apiVersion=v1', want: ['one'] },
    { path: EVENTS, fieldSelector: 'involvedObject.uid=u-2,reason=Failed,type=Warning,source=me', want: ['two'] },
  ])('of $path select by $fieldSelector', async ({ path, fieldSelector, want }) => {
    expect(await named(path, { fieldSelector })).toEqual(want)
  })

  it.each([
    { path: CONFIG_MAPS, field: 'data.a', message: ONLY },
    { path: PODS, field: 'spec.containers', message: UNKNOWN },
    { path: PODS, field: 'type', message: UNKNOWN },
    { path: '/api/v1/nodes', field: 'metadata.namespace', message: UNKNOWN },
    { path: '/apis/apps/v1/namespaces/default/deployments', field: 'status.replicas', message: ONLY },
    { path: CONFIG_MAPS, field: 'constructor', message: ONLY },
    // By which we find them ourselves.
    { path: SECRETS, field: 'serviceAccountName', message: UNKNOWN },
    {
      path: '/apis/batch/v1/namespaces/default/jobs',
      field: 'spec.foo',
      message: () => 'field label "spec.foo" not supported for batchv1.Job',
    },
  ])('of $path do not include $field', async ({ path, field, message }) => {
    for (const query of ['', '&watch=true'])
      expectRefusal(await client.ask(`${path}?fieldSelector=${field}%3Dx${query}`), {
        code: 400,
        reason: 'BadRequest',
        message: message(field),
      })
  })
})
