/** PUT: whose version is stale is refused, what the system set stays, and what may not change does not. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  APPLY,
  type Client,
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  deployment,
  expectRefusal,
  JSON_PATCH,
  type Json,
  LEASES,
  lease,
  MERGE,
  newClient,
  PODS,
  pod,
  REPLICA_SETS,
  type Refusal,
  SERVICES,
  service,
  settled,
} from './client.ts'

const ENDPOINTS = '/api/v1/namespaces/default/endpoints'
const SECRETS = '/api/v1/namespaces/default/secrets'

let client: Client

beforeAll(async () => {
  client = await newClient('updates')
})

const put = (path: string, body: unknown) => client.ask(path, { method: 'PUT', body })

describe('a PUT', () => {
  it('of a former version is refused, and changes nothing', async () => {
    const first = await client.post(CONFIG_MAPS, configMap('raced'))
    const second = await client.put(`${CONFIG_MAPS}/raced`, { ...first, data: { by: 'one' } })
    expectRefusal(await put(`${CONFIG_MAPS}/raced`, { ...first, data: { by: 'another' } }), {
      code: 409,
      reason: 'Conflict',
      message: /the object has been modified/,
    })
    expect(await client.get(`${CONFIG_MAPS}/raced`)).toEqual(second)
  })

  it.each([
    { what: 'ConfigMap', path: CONFIG_MAPS, object: configMap('free', { data: { a: '1' } }) },
    { what: 'Deployment', path: DEPLOYMENTS, object: deployment('free', { spec: { replicas: 0, paused: true } }) },
    { what: 'Service', path: SERVICES, object: service('free') },
  ])('without a version replaces a $what whatever its version', async ({ path, object }) => {
    const made = await client.post(path, object)
    const labelled = { ...object, metadata: { ...object.metadata, labels: { by: 'put' } } }
    const replaced = await client.put(`${path}/free`, labelled)
    expect(replaced.metadata.uid).toBe(made.metadata.uid)
    expect(replaced.metadata.labels).toEqual({ by: 'put' })
    expect(Number(replaced.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion))
  })

  it('of a Deployment as kubectl 1.20 sends it changes nothing that it does not say', async () => {
    const path = `${DEPLOYMENTS}/older`
    await client.post(DEPLOYMENTS, deployment('older', { spec: { replicas: 0, paused: true } }))
    await settled(client)
    const before = await client.get(path)
    const older: Json = structuredClone(before)
    // What its Go types print though nobody has set it, and fields that have gone since.
    older.metadata.selfLink = path
    older.metadata.clusterName = ''
    older.spec.template.metadata.creationTimestamp = null
    for (const container of older.spec.template.spec.containers) container.resources = {}
    older.spec.template.spec.securityContext = {}
    const replaced = await put(path, older)
    expect([replaced.code, replaced.headers.get('warning')]).toEqual([
      200,
      '299 - "unknown field \\"metadata.clusterName\\""',
    ])
    expect(replaced.body).toEqual(before)
    // kubectl replace: without a version, and without defaults.
    const { metadata, spec } = deployment('older', { spec: { replicas: 0, paused: true } })
    const bare = { ...metadata, creationTimestamp: null }
    const again = await client.put(path, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: bare,
      spec: { ...spec, strategy: {} },
      status: {},
    })
    expect([again.metadata.generation, again.spec]).toEqual([before.metadata.generation, before.spec])
  })

  it('without a version is no way to take a Lease', async () => {
    await client.post(LEASES, lease('leader'))
    expectRefusal(await put(`${LEASES}/leader`, lease('leader', { spec: { holderIdentity: 'other' } })), {
      code: 422,
      reason: 'Invalid',
      causes: [
        {
          reason: 'FieldValueInvalid',
          field: 'metadata.resourceVersion',
          message: 'Invalid value: 0x0: must be specified for an update',
        },
      ],
    })
    expect((await client.get(`${LEASES}/leader`)).spec.holderIdentity).toBe('me')
  })

  it.each([
    { kind: 'Service', path: SERVICES, object: service('fresh-service') },
    { kind: 'Lease', path: LEASES, object: lease('fresh-lease') },
    {
      kind: 'Endpoints',
      path: ENDPOINTS,
      object: { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'fresh-endpoints' } },
    },
  ])('of a $kind that is not there makes it', async ({ path, object }) => {
    const { name } = object.metadata
    const { code, body } = await put(`${path}/${name}`, object)
    expect([code, body.metadata.name, typeof body.metadata.uid]).toEqual([201, name, 'string'])
  })

  it.each([
    { kind: 'ConfigMap', path: CONFIG_MAPS, object: configMap('absent') },
    { kind: 'Deployment', path: DEPLOYMENTS, object: deployment('absent') },
    { kind: 'Pod', path: PODS, object: pod('absent') },
  ])('of a $kind that is not there is 404', async ({ path, object }) => {
    expectRefusal(await put(`${path}/absent`, object), { code: 404, reason: 'NotFound' })
  })

  it.each<{ what: string; metadata: object; want: Refusal }>([
    {
      what: 'name',
      metadata: { name: 'other' },
      want: {
        code: 400,
        reason: 'BadRequest',
        message: 'the name of the object (other) does not match the name on the URL (identity)',
      },
    },
    {
      what: 'namespace',
      metadata: { name: 'identity', namespace: 'other' },
      want: { code: 400, reason: 'BadRequest', message: /namespace of the provided object does not match/ },
    },
    {
      what: 'uid',
      metadata: { name: 'identity', uid: 'other' },
      want: { code: 409, reason: 'Conflict', message: /Precondition failed: UID in precondition: other/ },
    },
  ])('with another $what is refused', async ({ metadata, want }) => {
    await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('identity') })
    const before = await client.version()
    expectRefusal(await put(`${CONFIG_MAPS}/identity`, configMap('identity', { metadata })), want)
    expect(await client.version()).toBe(before)
  })

  it('of an object that is gone, by its uid, is a conflict and makes none', async () => {
    const body = { ...lease('gone'), metadata: { name: 'gone', uid: 'former' } }
    expectRefusal(await put(`${LEASES}/gone`, body), {
      code: 409,
      reason: 'Conflict',
      message: /Precondition failed: UID in precondition: former, UID in object meta: $/,
    })
    expect((await client.ask(`${LEASES}/gone`)).code).toBe(404)
  })

  it('without a name is refused', async () => {
    expectRefusal(await put(`${CONFIG_MAPS}/nameless`, { ...configMap('nameless'), metadata: {} }), {
      code: 400,
      reason: 'BadRequest',
      message: 'the name of the object (nameless based on URL) was undeterminable: name must be provided',
    })
  })

  it('of what lies in no namespace may name one', async () => {
    const path = '/api/v1/namespaces/placed'
    await client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'placed' } })
    const metadata = { name: 'placed', namespace: 'other', labels: { a: '1' } }
    const replaced = await client.put(path, { apiVersion: 'v1', kind: 'Namespace', metadata })
    expect([replaced.metadata.namespace, replaced.metadata.labels.a]).toEqual([undefined, '1'])
  })

  it('that changes nothing writes nothing, and no watch hears of it', async () => {
    const made = await client.post(DEPLOYMENTS, deployment('same', { spec: { replicas: 0, paused: true } }))
    const before = await client.get(`${DEPLOYMENTS}/same`)
    const sent = { ...before, metadata: { ...before.metadata, creationTimestamp: null, labels: {} }, status: {} }
    expect(await client.put(`${DEPLOYMENTS}/same`, sent)).toEqual(before)
    expect(made.metadata.uid).toBe(before.metadata.uid)
    const watched = await client.ask(
      `${DEPLOYMENTS}?watch=true&timeoutSeconds=1&resourceVersion=${before.metadata.resourceVersion}`,
    )
    expect(watched.text).toBe('')
  })
})

describe('metadata that only the system sets', () => {
  const SYSTEM = { creationTimestamp: '2001-01-01T00:00:00Z', generation: 77, selfLink: '/x' }
  const TIME = {
    reason: 'FieldValueInvalid',
    field: 'metadata.deletionTimestamp',
    message: 'Invalid value: 2001-01-01 00:00:00 +0000 UTC: field is immutable',
  }
  const GRACE = {
    reason: 'FieldValueInvalid',
    field: 'metadata.deletionGracePeriodSeconds',
    message: 'Invalid value: 30: field is immutable',
  }

  let made: Json
  beforeAll(async () => {
    made = await client.post(CONFIG_MAPS, configMap('system'))
    await client.post(PODS, pod('system', { spec: { schedulerName: 'mine' } }))
    const held = configMap('leaving', { metadata: { name: 'leaving', finalizers: ['example.com/a'] } })
    await client.post(CONFIG_MAPS, held)
    await client.delete(`${CONFIG_MAPS}/leaving`)
  })

  it.each([
    { how: 'PUT', ask: (metadata: object) => put(`${CONFIG_MAPS}/system`, { ...made, metadata }) },
    {
      how: 'PATCH',
      ask: (metadata: object) =>
        client.ask(`${CONFIG_MAPS}/system`, { method: 'PATCH', type: MERGE, body: { metadata } }),
    },
  ])('stays, and is passed over, where a $how says otherwise', async ({ how, ask }) => {
    const { resourceVersion: _, managedFields: _1, ...before } = (await client.get(`${CONFIG_MAPS}/system`)).metadata
    const { code, body } = await ask({ name: 'system', ...SYSTEM, labels: { by: how } })
    const { resourceVersion: __, managedFields: __1, ...after } = body.metadata
    expect([code, after]).toEqual([200, { ...before, labels: { by: how } }])
  })

  it.each<{ what: string; metadata: object; causes: Refusal['causes'] }>([
    { what: 'when it goes', metadata: { deletionTimestamp: SYSTEM.creationTimestamp }, causes: [TIME] },
    { what: 'how it goes', metadata: { deletionGracePeriodSeconds: 30 }, causes: [GRACE] },
    {
      what: 'both',
      metadata: { deletionTimestamp: SYSTEM.creationTimestamp, deletionGracePeriodSeconds: 30 },
      causes: [TIME, GRACE],
    },
  ])('is not for an update to say: $what', async ({ metadata, causes }) => {
    const want = { code: 422, reason: 'Invalid', ...(causes ? { causes } : {}) }
    const path = `${CONFIG_MAPS}/system`
    expectRefusal(await put(path, configMap('system', { metadata: { name: 'system', ...metadata } })), want)
    expectRefusal(await client.ask(path, { method: 'PATCH', type: MERGE, body: { metadata } }), want)
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata }
    expectRefusal(await client.ask(`${path}?fieldManager=a`, { method: 'PATCH', type: APPLY, body: config }), want)
    expect((await client.get(path)).metadata).not.toHaveProperty('deletionTimestamp')
  })

  it('of what is going stays too: its time is passed over, its grace is refused', async () => {
    const path = `${CONFIG_MAPS}/leaving`
    const before = await client.get(path)
    const later = {
      ...before.metadata,
      deletionTimestamp: '2099-01-01T00:00:00Z',
      deletionGracePeriodSeconds: undefined,
    }
    expect(await client.put(path, { ...before, metadata: later })).toEqual(before)
    const graceful = { ...before.metadata, deletionGracePeriodSeconds: 30 }
    expectRefusal(await put(path, { ...before, metadata: graceful }), { code: 422, reason: 'Invalid', causes: [GRACE] })
  })

  it('of a Pod is not said with its status either: its time and its owners are passed over', async () => {
    const path = `${PODS}/system`
    const before = await client.get(path)
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'system', uid: 'u' }
    const metadata = { ...before.metadata, deletionTimestamp: '2099-01-01T00:00:00Z', ownerReferences: [owner] }
    expect((await client.put(`${path}/status`, { ...before, metadata })).metadata).toEqual(before.metadata)
  })

  it.each([
    { how: 'MERGE', type: MERGE, body: { metadata: { uid: 'other' } } },
    { how: 'JSON', type: JSON_PATCH, body: [{ op: 'replace', path: '/metadata/uid', value: 'other' }] },
    { how: 'apply', type: APPLY, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { uid: 'other' } } },
  ])('is no precondition of a patch ($how): another uid is invalid', async ({ type, body }) => {
    expectRefusal(await client.ask(`${CONFIG_MAPS}/system?fieldManager=a`, { method: 'PATCH', type, body }), {
      code: 422,
      reason: 'Invalid',
      causes: [
        { reason: 'FieldValueInvalid', field: 'metadata.uid', message: 'Invalid value: "other": field is immutable' },
      ],
    })
  })

  it.each([
    { what: 'another name', metadata: { name: 'b' }, message: /^the name of the object \(b\) does not match/ },
    { what: 'no name', metadata: { name: null }, message: /^the name of the object \(system based on URL\)/ },
    { what: 'another namespace', metadata: { namespace: 'b' }, message: /^the namespace of the provided object/ },
  ])('is refused in a patch: $what', async ({ metadata, message }) => {
    const asked = { method: 'PATCH', type: MERGE, body: { metadata } }
    expectRefusal(await client.ask(`${CONFIG_MAPS}/system`, asked), { code: 400, reason: 'BadRequest', message })
  })
})

describe('an object that was stored under looser rules', () => {
  const path = `${PODS}/old`

  /** As an earlier release would have left it. */
  async function loosen(from: string, to: string): Promise<void> {
    await runInDurableObject(client.world.stub, (_, { storage }) => {
      const where = "WHERE resource = 'pods' AND name = 'old'"
      storage.sql.exec(`UPDATE changes SET body = replace(body, ?, ?) ${where}`, from, to)
      storage.sql.exec(`UPDATE objects SET body = replace(body, ?, ?) ${where}`, from, to)
    })
    await evictDurableObject(client.world.stub)
  }

  it('takes what has nothing to do with it, and no further fault', async () => {
    await client.post(PODS, pod('old', { spec: { schedulerName: 'mine', os: { name: 'linux' } } }))
    await loosen('"os":{"name":"linux"}', '"os":{"name":"plan9"}')
    expect((await client.get(path)).spec.os.name).toBe('plan9')
    const labelled = await client.patch(path, { metadata: { labels: { a: 'b' } } })
    expect([labelled.metadata.labels.a, labelled.spec.os.name]).toEqual(['b', 'plan9'])
    expect((await client.patch(`${path}/status`, { status: { phase: 'Running' } })).status.phase).toBe('Running')
    const asked = { method: 'PATCH', type: MERGE, body: { spec: { activeDeadlineSeconds: 0 } } }
    const { code, body } = await client.ask(path, asked)
    expect([code, body.details.causes.map(({ field }: Json) => field)]).toEqual([422, ['spec.activeDeadlineSeconds']])
  })
})

describe('a generation', () => {
  const generationOf = async (path: string): Promise<number | undefined> => (await client.get(path)).metadata.generation

  it.each([
    { kind: 'Deployment', path: DEPLOYMENTS, change: { spec: { minReadySeconds: 5 } }, moves: true },
    { kind: 'Deployment', path: DEPLOYMENTS, change: { metadata: { annotations: { a: '1' } } }, moves: true },
    { kind: 'Deployment', path: DEPLOYMENTS, change: { metadata: { labels: { a: '1' } } }, moves: false },
    { kind: 'ReplicaSet', path: REPLICA_SETS, change: { spec: { minReadySeconds: 5 } }, moves: true },
    { kind: 'ReplicaSet', path: REPLICA_SETS, change: { metadata: { annotations: { a: '1' } } }, moves: false },
  ])('of a $kind moves: $moves, by $change', async ({ kind, path, change, moves }) => {
    const { strategy: _, paused: __, ...spec } = deployment('gen', { spec: { replicas: 0 } }).spec as Json
    const body =
      kind === 'Deployment'
        ? deployment('gen', { spec: { replicas: 0, paused: true } })
        : { ...deployment('gen'), kind, spec }
    await client.ask(path, { method: 'POST', body })
    const before = (await generationOf(`${path}/gen`)) ?? 0
    await client.patch(`${path}/gen`, change)
    expect(await generationOf(`${path}/gen`)).toBe(before + (moves ? 1 : 0))
  })

  it.each([
    { kind: 'Pod', path: PODS, object: pod('ungenerated') },
    { kind: 'ConfigMap', path: CONFIG_MAPS, object: configMap('ungenerated') },
    { kind: 'Service', path: SERVICES, object: service('ungenerated') },
  ])('has no $kind', async ({ path, object }) => {
    await client.post(path, { ...object, metadata: { ...object.metadata, generation: 3 } })
    await client.patch(`${path}/ungenerated`, { metadata: { annotations: { a: '1' } } })
    expect(await generationOf(`${path}/ungenerated`)).toBeUndefined()
  })
})

describe('what is fixed at its making', () => {
  const immutable = (field: string) => ({
    code: 422,
    reason: 'Invalid',
    message: new RegExp(field.replaceAll(/[.[\]]/g, '\\$&')),
  })

  beforeAll(async () => {
    await client.post(DEPLOYMENTS, deployment('fixed', { spec: { replicas: 0, paused: true } }))
    await client.post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'fixed' }, type: 'Opaque' })
    await client.post(CONFIG_MAPS, configMap('fixed', { immutable: true, data: { a: '1' } }))
    await client.post(SERVICES, service('fixed'))
    await client.post(PODS, pod('fixed', { spec: { schedulerName: 'mine' } }))
  })

  it.each([
    {
      what: "a Deployment's selector",
      path: `${DEPLOYMENTS}/fixed`,
      change: {
        spec: {
          selector: { matchLabels: { app: 'fixed', more: 'x' } },
          template: { metadata: { labels: { more: 'x' } } },
        },
      },
      field: 'spec.selector',
    },
    { what: "a Secret's type", path: `${SECRETS}/fixed`, change: { type: 'other' }, field: 'type' },
    {
      what: "an immutable ConfigMap's data",
      path: `${CONFIG_MAPS}/fixed`,
      change: { data: { a: '2' } },
      field: 'data',
    },
    { what: 'that it is immutable', path: `${CONFIG_MAPS}/fixed`, change: { immutable: null }, field: 'immutable' },
    {
      what: "a Service's address",
      path: `${SERVICES}/fixed`,
      change: { spec: { clusterIP: '10.96.0.99' } },
      field: 'spec.clusterIPs[0]',
    },
    { what: "a Pod's node", path: `${PODS}/fixed`, change: { spec: { nodeName: 'node-1' } }, field: 'spec' },
    {
      what: "a Pod's restart policy",
      path: `${PODS}/fixed`,
      change: { spec: { restartPolicy: 'Never' } },
      field: 'spec',
    },
    {
      what: "a Pod's containers",
      path: `${PODS}/fixed`,
      change: { spec: { containers: [] } },
      field: 'spec.containers',
    },
  ])('stays: $what', async ({ path, change, field }) => {
    const before = await client.get(path)
    expectRefusal(
      await client.ask(path, { method: 'PATCH', body: change, type: 'application/merge-patch+json' }),
      immutable(field),
    )
    expect(await client.get(path)).toEqual(before)
  })

  it('but labels, and what a Pod may change, change', async () => {
    await client.patch(`${CONFIG_MAPS}/fixed`, { metadata: { labels: { a: '1' } } })
    const changed = await client.patch(
      `${PODS}/fixed`,
      {
        spec: { containers: [{ name: 'main', image: 'main:2' }], activeDeadlineSeconds: 60 },
      },
      'application/strategic-merge-patch+json',
    )
    expect([changed.spec.containers[0].image, changed.spec.activeDeadlineSeconds]).toEqual(['main:2', 60])
  })
})
