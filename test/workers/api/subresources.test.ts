/** Subresources: each is listed with its own kind, and changes its own part only. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  APPLY,
  type Client,
  CONFIG_MAPS,
  DEPLOYMENTS,
  deployment,
  expectRefusal,
  JSON_PATCH,
  type Json,
  MERGE,
  newClient,
  PODS,
  pod,
  REPLICA_SETS,
  type Refusal,
  STRATEGIC,
} from './client.ts'
import { KINDS } from './kinds.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('subresources')
})

describe('discovery', () => {
  it.each([
    { in: '/api/v1', name: 'pods/status', kind: 'Pod' },
    { in: '/api/v1', name: 'pods/binding', kind: 'Binding' },
    { in: '/api/v1', name: 'pods/ephemeralcontainers', kind: 'Pod' },
    { in: '/api/v1', name: 'pods/eviction', group: 'policy', version: 'v1', kind: 'Eviction' },
    { in: '/api/v1', name: 'namespaces/status', kind: 'Namespace' },
    { in: '/api/v1', name: 'namespaces/finalize', kind: 'Namespace' },
    { in: '/api/v1', name: 'nodes/status', kind: 'Node' },
    { in: '/api/v1', name: 'services/status', kind: 'Service' },
    {
      in: '/api/v1',
      name: 'serviceaccounts/token',
      group: 'authentication.k8s.io',
      version: 'v1',
      kind: 'TokenRequest',
    },
    { in: '/api/v1', name: 'replicationcontrollers/scale', group: 'autoscaling', version: 'v1', kind: 'Scale' },
    { in: '/apis/apps/v1', name: 'deployments/scale', group: 'autoscaling', version: 'v1', kind: 'Scale' },
    { in: '/apis/apps/v1', name: 'deployments/status', kind: 'Deployment' },
    { in: '/apis/apps/v1', name: 'replicasets/scale', group: 'autoscaling', version: 'v1', kind: 'Scale' },
    { in: '/apis/apps/v1', name: 'replicasets/status', kind: 'ReplicaSet' },
  ])('lists $name as $kind', async ({ in: path, ...listed }) => {
    const { resources } = await client.get(path)
    const { verbs, singularName, namespaced, ...found } = resources.find(({ name }: Json) => name === listed.name)
    expect(found).toEqual(listed)
    expect(verbs.length).toBeGreaterThan(0)
    expect(singularName).toBe('')
  })
})

describe('scale', () => {
  beforeAll(async () => {
    await client.post(DEPLOYMENTS, deployment('web', { spec: { replicas: 2, paused: true } }))
  })

  it('shows replicas and selector', async () => {
    const scale = await client.get(`${DEPLOYMENTS}/web/scale`)
    const { metadata } = await client.get(`${DEPLOYMENTS}/web`)
    const { name, namespace, uid, creationTimestamp } = metadata
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name, namespace, uid, creationTimestamp, resourceVersion: expect.any(String) },
      spec: { replicas: 2 },
      status: { replicas: expect.any(Number), selector: 'app=web' },
    })
  })

  it.each<{ of: string; metadata: object; want: Refusal }>([
    {
      of: 'another name',
      metadata: { name: 'other' },
      want: {
        code: 400,
        reason: 'BadRequest',
        message: 'the name of the object (other) does not match the name on the URL (web)',
      },
    },
    {
      of: 'another namespace',
      metadata: { name: 'web', namespace: 'other' },
      want: { code: 400, reason: 'BadRequest', message: /does not match the namespace sent on the request$/ },
    },
    {
      of: 'another uid',
      metadata: { name: 'web', uid: 'other' },
      want: { code: 409, reason: 'Conflict', message: /UID in precondition: other/ },
    },
  ])('is refused of $of', async ({ metadata, want }) => {
    const body = { metadata, spec: { replicas: 2 } }
    expectRefusal(await client.ask(`${DEPLOYMENTS}/web/scale`, { method: 'PUT', body }), want)
  })

  it.each([
    { how: 'merge', type: MERGE, body: { spec: { replicas: 3 } }, replicas: 3 },
    { how: 'strategic merge', type: STRATEGIC, body: { spec: { replicas: 4 } }, replicas: 4 },
    { how: 'JSON', type: JSON_PATCH, body: [{ op: 'replace', path: '/spec/replicas', value: 5 }], replicas: 5 },
    { how: 'merge, down to nothing', type: MERGE, body: { spec: { replicas: 0 } }, replicas: 0 },
  ])('is patched: $how', async ({ type, body, replicas }) => {
    const before = await client.get(`${DEPLOYMENTS}/web`)
    const scale = await client.patch(`${DEPLOYMENTS}/web/scale`, body, type)
    expect(scale.spec).toEqual(replicas === 0 ? {} : { replicas })
    const after = await client.get(`${DEPLOYMENTS}/web`)
    expect(after.spec).toEqual({ ...before.spec, replicas })
    expect(after.metadata.generation).toBe(before.metadata.generation + 1)
  })

  it('is put, and a stale one is refused', async () => {
    const scale = await client.get(`${DEPLOYMENTS}/web/scale`)
    await client.put(`${DEPLOYMENTS}/web/scale`, { ...scale, spec: { replicas: 1 } })
    const stale = { method: 'PUT', body: { ...scale, spec: { replicas: 9 } } }
    expectRefusal(await client.ask(`${DEPLOYMENTS}/web/scale`, stale), { code: 409, reason: 'Conflict' })
    expect((await client.get(`${DEPLOYMENTS}/web`)).spec.replicas).toBe(1)
    // Client libraries leave kind and version out.
    await client.put(`${DEPLOYMENTS}/web/scale`, { metadata: { name: 'web' }, spec: { replicas: 2 } })
    expect((await client.get(`${DEPLOYMENTS}/web`)).spec.replicas).toBe(2)
  })

  it.each<{ when: string; method: string; body: unknown; type?: string; want: Refusal }>([
    {
      when: 'less than none',
      method: 'PATCH',
      body: { spec: { replicas: -1 } },
      type: MERGE,
      want: { code: 422, reason: 'Invalid', message: /spec.replicas: Invalid value: -1/ },
    },
    { when: 'a text', method: 'PATCH', body: { spec: { replicas: '3' } }, type: MERGE, want: BAD() },
    { when: 'beyond 32 bits', method: 'PATCH', body: { spec: { replicas: 2 ** 31 } }, type: MERGE, want: BAD() },
    { when: 'a patch that is a list', method: 'PATCH', body: [], type: MERGE, want: BAD() },
    { when: 'a spec that is none', method: 'PUT', body: { kind: 'Scale', spec: 3 }, want: BAD() },
    { when: 'another kind', method: 'PUT', body: deployment('web'), want: BAD() },
  ])('is refused: $when', async ({ method, body, type, want }) => {
    const before = await client.get(`${DEPLOYMENTS}/web`)
    expectRefusal(await client.ask(`${DEPLOYMENTS}/web/scale`, { method, body, type }), want)
    expect((await client.get(`${DEPLOYMENTS}/web`)).spec).toEqual(before.spec)
  })

  it('of nothing is not found', async () => {
    expectRefusal(await client.ask(`${REPLICA_SETS}/absent/scale`), { code: 404, reason: 'NotFound' })
  })
})

function BAD(): Refusal {
  return { code: 400, reason: 'BadRequest' }
}

describe('binding', () => {
  const bind = (name: string, body: object) => client.ask(`${PODS}/${name}/binding`, { method: 'POST', body })
  const to = (name: string, rest: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Binding',
    target: { kind: 'Node', name },
    ...rest,
  })

  it('gives a Pod its node, once', async () => {
    await client.post(PODS, pod('bound', { spec: { schedulerName: 'mine' } }))
    expect(await bind('bound', to('node-1', { metadata: { name: 'bound' } }))).toMatchObject({
      code: 201,
      body: { kind: 'Status', status: 'Success' },
    })
    const bound = await client.get(`${PODS}/bound`)
    expect(bound.spec.nodeName).toBe('node-1')
    expect(bound.status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }])
    expectRefusal(await bind('bound', to('node-2')), {
      code: 409,
      reason: 'Conflict',
      message: 'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "node-1"',
    })
  })

  it('may be made by itself, of the Pod that it names', async () => {
    const BINDINGS = '/api/v1/namespaces/default/bindings'
    await client.post(PODS, pod('named', { spec: { schedulerName: 'mine' } }))
    const named = (name: string) => to('node-1', { metadata: { name } })
    expect(await client.ask(BINDINGS, { method: 'POST', body: named('named') })).toMatchObject({
      code: 201,
      body: { kind: 'Status', status: 'Success' },
    })
    expect((await client.get(`${PODS}/named`)).spec.nodeName).toBe('node-1')
    expectRefusal(await client.ask(BINDINGS, { method: 'POST', body: named('nobody') }), {
      code: 404,
      reason: 'NotFound',
      message: 'pods "nobody" not found',
    })
    expectRefusal(await client.ask(BINDINGS, { method: 'POST', body: to('node-1') }), {
      code: 400,
      reason: 'BadRequest',
      message: 'Name parameter required.',
    })
    expect((await client.ask(BINDINGS)).code).toBe(405)
    const { resources } = await client.get('/api/v1')
    expect(resources).toContainEqual({
      name: 'bindings',
      singularName: 'binding',
      namespaced: true,
      kind: 'Binding',
      verbs: ['create'],
    })
  })

  it.each<{ when: string; body: object; want: Refusal }>([
    { when: 'no target', body: { kind: 'Binding' }, want: { code: 422, reason: 'Invalid', message: /target.name/ } },
    {
      when: 'a target that is no node',
      body: to('x', { target: { kind: 'Pod', name: 'x' } }),
      want: { code: 422, reason: 'Invalid', message: /target.kind/ },
    },
    { when: 'another name', body: to('node-1', { metadata: { name: 'other' } }), want: BAD() },
    { when: 'another namespace', body: to('node-1', { metadata: { namespace: 'other' } }), want: BAD() },
    {
      when: 'a former Pod of the name',
      body: to('node-1', { metadata: { uid: 'former' } }),
      want: { code: 409, reason: 'Conflict' },
    },
    { when: 'a target of a wrong type', body: to('x', { target: 'node-1' }), want: BAD() },
  ])('is refused: $when', async ({ body, want }) => {
    await client.ask(PODS, { method: 'POST', body: pod('free', { spec: { schedulerName: 'mine' } }) })
    expectRefusal(await bind('free', body), want)
    expect((await client.get(`${PODS}/free`)).spec.nodeName).toBeUndefined()
  })

  it('of no Pod is not found', async () => {
    expectRefusal(await bind('absent', to('node-1')), { code: 404, reason: 'NotFound' })
  })
})

describe('eviction', () => {
  const evict = (name: string, body: object) => client.ask(`${PODS}/${name}/eviction`, { method: 'POST', body })
  const of = (name: string, rest: object = {}) => ({ kind: 'Eviction', metadata: { name }, ...rest })

  it.each(['policy/v1', 'policy/v1beta1', undefined])('in version %s ends the Pod', async (apiVersion) => {
    await client.post(PODS, pod('evicted'))
    const { code, body } = await evict('evicted', of('evicted', { apiVersion }))
    expect([code, body.kind, body.status]).toEqual([201, 'Status', 'Success'])
    expect((await client.ask(`${PODS}/evicted`)).code).toBe(404)
  })

  it('heeds the options in it', async () => {
    const { metadata } = await client.post(PODS, pod('careful', { spec: { nodeName: 'node-1' } }))
    const refused = await evict('careful', of('careful', { deleteOptions: { preconditions: { uid: 'other' } } }))
    expectRefusal(refused, { code: 409, reason: 'Conflict' })
    await evict('careful', of('careful', { deleteOptions: { dryRun: ['All'] } }))
    expect((await client.get(`${PODS}/careful`)).metadata).toEqual(metadata)
    await evict('careful', of('careful', { deleteOptions: { gracePeriodSeconds: 3 } }))
    expect((await client.get(`${PODS}/careful`)).metadata.deletionGracePeriodSeconds).toBe(3)
  })

  it.each<{ when: string; name: string; body: object; want: Refusal }>([
    { when: 'another name', name: 'here', body: of('there'), want: BAD() },
    { when: 'another kind', name: 'here', body: { kind: 'Binding' }, want: BAD() },
    { when: 'another version', name: 'here', body: of('here', { apiVersion: 'policy/v2' }), want: BAD() },
    { when: 'no such Pod', name: 'absent', body: of('absent'), want: { code: 404, reason: 'NotFound' } },
  ])('is refused: $when', async ({ name, body, want }) => {
    await client.ask(PODS, { method: 'POST', body: pod('here') })
    expectRefusal(await evict(name, body), want)
    expect((await client.ask(`${PODS}/here`)).code).toBe(200)
  })
})

describe('status', () => {
  it('takes nothing but the status, and the object takes everything else', async () => {
    await client.post(PODS, pod('split', { metadata: { labels: { a: '1' } } }))
    const change = { metadata: { labels: { a: '2' } }, spec: { nodeName: 'x' }, status: { podIP: '10.0.0.1' } }
    const told = await client.patch(`${PODS}/split/status`, change)
    expect([told.spec.nodeName, told.status.podIP]).toEqual([undefined, '10.0.0.1'])
    const { spec: _, ...rest } = { ...change, metadata: { labels: { a: '3' } }, status: { podIP: '10.0.0.2' } }
    const changed = await client.patch(`${PODS}/split`, rest)
    expect([changed.metadata.labels.a, changed.status.podIP]).toEqual(['3', '10.0.0.1'])
  })

  it('of a Deployment moves no generation', async () => {
    await client.post(DEPLOYMENTS, deployment('still', { spec: { paused: true, replicas: 0 } }))
    const before = await client.get(`${DEPLOYMENTS}/still`)
    const after = await client.patch(`${DEPLOYMENTS}/still/status`, {
      spec: { replicas: 7 },
      status: { collisionCount: 3 },
    })
    expect([after.spec, after.metadata.generation]).toEqual([before.spec, before.metadata.generation])
    expect(after.status.collisionCount).toBe(3)
  })
})

describe('metadata sent to /status', () => {
  const SENT = ['labels', 'annotations', 'finalizers', 'ownerReferences']
  const fieldsOf = ({ metadata }: Json) => SENT.filter((field) => metadata[field] !== undefined)
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.told.example.com' },
    spec: {
      group: 'told.example.com',
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  }
  const apiService = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1.told.example.org' },
    spec: { group: 'told.example.org', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 },
  }
  const listed = (kind: string) => {
    const row = KINDS.find((each) => each.kind === kind)
    if (row === undefined) throw new Error(`no ${kind}`)
    const { apiVersion, plural, namespaced, object } = row
    const path = `/apis/${apiVersion}/${namespaced ? 'namespaces/default/' : ''}${plural}`
    return { path, object: { apiVersion, kind, metadata: { name: 'told' }, ...object } }
  }

  it.each([
    { path: DEPLOYMENTS, object: deployment('told', { spec: { replicas: 0 } }), ignored: ['labels'] },
    { path: PODS, object: pod('told'), ignored: ['ownerReferences'] },
    { ...listed('Ingress'), ignored: [] },
    { ...listed('Job'), ignored: [] },
    { path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', object: crd, ignored: SENT },
    { path: '/apis/apiregistration.k8s.io/v1/apiservices', object: apiService, ignored: SENT },
    { ...listed('FlowSchema'), ignored: SENT },
    { ...listed('PriorityLevelConfiguration'), ignored: SENT },
    { ...listed('ValidatingAdmissionPolicy'), ignored: SENT },
    { ...listed('VolumeAttachment'), ignored: SENT },
  ])('is passed over on a $object.kind: $ignored', async ({ path, object, ignored }) => {
    const { metadata: owner } = await client.post(CONFIG_MAPS, { metadata: { generateName: 'owner-' } })
    const { metadata } = await client.post(path, object)
    const sent = {
      labels: { told: 'yes' },
      annotations: { told: 'yes' },
      finalizers: ['example.com/told'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner.name, uid: owner.uid }],
    }
    const kept = SENT.filter((field) => !ignored.includes(field))
    const status = `${path}/${metadata.name}/status`
    expect(fieldsOf(await client.patch(status, { metadata: sent }))).toEqual(kept)
    const nothing = Object.fromEntries(SENT.map((field) => [field, null]))
    expect(fieldsOf(await client.patch(status, { metadata: nothing }))).toEqual([])
    const { apiVersion, kind } = object
    const config = { apiVersion, kind, metadata: { name: metadata.name, ...sent } }
    const applied = await client.patch(`${status}?fieldManager=teller`, config, APPLY)
    expect(fieldsOf(applied)).toEqual(kept)
    const entry = applied.metadata.managedFields.find(({ manager }: Json) => manager === 'teller')
    expect(Object.keys(entry?.fieldsV1['f:metadata'] ?? {})).toEqual(kept.map((field) => `f:${field}`).sort())
    await client.patch(status, { metadata: nothing })
  })
})
