/** Server-side apply over the API; what is owned by whom is tested beside src/kube/managed-fields. */
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
  type Refusal,
  STRATEGIC,
} from './client.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('apply')
})

const PAUSED = { replicas: 0, paused: true }
const idle = (name: string, rest: { metadata?: object; spec?: object } = {}) =>
  deployment(name, { ...rest, spec: { ...PAUSED, ...rest.spec } })

const ask = (path: string, body: unknown, query = 'fieldManager=me') =>
  client.ask(`${path}?${query}`, { method: 'PATCH', body, type: APPLY })

async function apply(path: string, body: unknown, query?: string): Promise<Json> {
  const { code, text, body: answer } = await ask(path, body, query)
  expect(code, text).toBeLessThan(300)
  return answer
}

const managers = ({ metadata }: Json): string[] =>
  (metadata.managedFields ?? []).map(({ manager, operation, subresource }: Json) =>
    [manager, operation, subresource].join(' ').trim(),
  )

describe('server-side apply', () => {
  it('creates with 201, changes with 200, and writes nothing where nothing changes', async () => {
    const path = `${CONFIG_MAPS}/made`
    const created = await ask(path, configMap('made', { data: { a: '1' } }))
    expect(created.code).toBe(201)
    expect(managers(created.body)).toEqual(['me Apply'])
    const changed = await ask(path, configMap('made', { data: { b: '2' } }))
    expect(changed.code).toBe(200)
    expect(changed.body.data).toEqual({ b: '2' })
    await new Promise((done) => setTimeout(done, 1100))
    const before = await client.version()
    expect(await apply(path, configMap('made', { data: { b: '2' } }))).toEqual(changed.body)
    expect(await client.version()).toBe(before)
  })

  it('reads YAML as well as JSON, and keeps long integers', async () => {
    const text = [
      'apiVersion: v1',
      'kind: Pod',
      'metadata: { name: yaml }',
      'spec:',
      '  terminationGracePeriodSeconds: 9007199254740993',
      '  containers: [{ name: c, image: x }]',
    ].join('\n')
    expect((await ask(`${PODS}/yaml`, text)).code).toBe(201)
    expect((await client.ask(`${PODS}/yaml`)).text).toContain('"terminationGracePeriodSeconds":9007199254740993')
  })

  it('refuses what others own otherwise, with causes, and takes it by force', async () => {
    const path = `${DEPLOYMENTS}/fought`
    await apply(path, idle('fought'), 'fieldManager=a')
    await client.patch(`${path}?fieldManager=b`, { spec: { paused: false } })
    expectRefusal(await ask(path, idle('fought'), 'fieldManager=a'), {
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "b" using apps/v1: .spec.paused',
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "b" using apps/v1', field: '.spec.paused' }],
    })
    const forced = await apply(path, idle('fought'), 'fieldManager=a&force=true')
    expect(forced.spec.paused).toBe(true)
    expect(managers(forced)).not.toContain('b Update')
  })

  it('takes away what is no longer applied, and fills in what then is missing', async () => {
    const path = `${DEPLOYMENTS}/less`
    await apply(path, idle('less', { metadata: { labels: { a: '1' } }, spec: { revisionHistoryLimit: 2 } }))
    const { metadata, spec } = await apply(path, idle('less'))
    expect(metadata).not.toHaveProperty('labels')
    expect(spec.revisionHistoryLimit).toBe(10)
  })

  it('does not own what defaults and admission fill in', async () => {
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'bare' },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    }
    const { metadata } = await apply(`${PODS}/bare`, body)
    const container = { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {} } }
    expect(metadata.managedFields[0].fieldsV1).toEqual({ 'f:spec': { 'f:containers': container } })
  })

  it('of the status owns only the status, and of the object never the status', async () => {
    const path = `${DEPLOYMENTS}/halves`
    await apply(path, { ...idle('halves'), status: { replicas: 9 } })
    const status = { conditions: [{ type: 'Mine', status: 'True' }] }
    const applied = await apply(`${path}/status`, { ...idle('halves', { spec: { replicas: 7 } }), status })
    expect(applied.spec.replicas).toBe(0)
    const own = applied.metadata.managedFields.find(({ subresource }: Json) => subresource === 'status')
    expect(own).toMatchObject({ manager: 'me', operation: 'Apply' })
    expect(Object.keys(own.fieldsV1)).toEqual(['f:status'])
    expect(managers(await client.get(path)).filter((name) => name === 'me Apply')).toHaveLength(1)
  })

  it('of the scale owns the replicas, which the object then can not be given otherwise', async () => {
    const path = `${DEPLOYMENTS}/scaled`
    await apply(path, idle('scaled', { spec: { replicas: undefined } }), 'fieldManager=a')
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'scaled' }, spec: { replicas: 0 } }
    const scaled = await apply(`${path}/scale`, scale, 'fieldManager=s&force=true')
    expect(scaled).toMatchObject({ kind: 'Scale' })
    expect(scaled.metadata.managedFields).toEqual([
      {
        manager: 's',
        operation: 'Apply',
        apiVersion: 'autoscaling/v1',
        time: expect.any(String),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
        subresource: 'scale',
      },
    ])
    expect(managers(await client.get(path))).toContain('s Apply scale')
    expectRefusal(await ask(path, idle('scaled', { spec: { replicas: 1 } }), 'fieldManager=a'), {
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "s" with subresource "scale": .spec.replicas',
    })
    expectRefusal(await ask(`${path}/scale`, { ...scale, spec: { replicas: 1 } }, 'fieldManager=t'), {
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "s" with subresource "scale": .spec.replicas',
    })
  })

  it('of a kind whose updates need a version needs none', async () => {
    const path = `${LEASES}/held`
    await apply(path, lease('held'))
    expect((await apply(path, lease('held', { spec: { holderIdentity: 'you' } }))).spec.holderIdentity).toBe('you')
  })

  it('tried only leaves no trace', async () => {
    const path = `${CONFIG_MAPS}/tried`
    expect((await ask(path, configMap('tried'), 'fieldManager=me&dryRun=All')).code).toBe(201)
    expect((await client.ask(path)).code).toBe(404)
  })

  it('that says nothing any more of what it had to say is refused as invalid', async () => {
    const path = `${DEPLOYMENTS}/nothing`
    await apply(path, idle('nothing'))
    const bare = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'nothing' } }
    expectRefusal(await ask(path, bare), { code: 422, reason: 'Invalid', message: /spec\.selector: Required value/ })
  })

  const bad = (message: string | RegExp): Refusal => ({ code: 400, reason: 'BadRequest', message })
  const invalid = (message: string): Refusal => ({ code: 422, reason: 'Invalid', message })
  const web = (rest: object) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'no' }, ...rest })
  const containers = (...list: object[]) => web({ spec: { template: { spec: { containers: list } } } })
  const UNFIT = 'failed to create typed patch object (/no; apps/v1, Kind=Deployment): '

  it('names a kind of the core group as Go prints it', async () => {
    const body = { ...configMap('u'), foo: 1 }
    const answer = await client.ask(`${CONFIG_MAPS}/u?fieldManager=a`, { method: 'PATCH', type: APPLY, body })
    expectRefusal(
      answer,
      bad('failed to create typed patch object (/u; /v1, Kind=ConfigMap): .foo: field not declared in schema'),
    )
  })

  it.each<{ when: string; body: unknown; want: Refusal; query?: string }>([
    {
      when: 'nobody applies',
      body: web({}),
      query: '',
      want: invalid(
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      ),
    },
    {
      when: 'it is not of the kind',
      body: { ...web({}), kind: 'Pod' },
      want: bad('invalid object type: apps/v1, Kind=Pod'),
    },
    { when: 'it has no kind', body: { metadata: {} }, want: bad('invalid object type: , Kind=') },
    { when: 'it is no object', body: '[]', want: bad(/^error decoding YAML: /) },
    { when: 'it is no YAML', body: 'a: [', want: bad(/^error converting YAML to JSON: /) },
    {
      when: 'it has managed fields',
      body: web({ metadata: { name: 'no', managedFields: [] } }),
      want: bad('metadata.managedFields must be nil'),
    },
    {
      when: 'a field is unknown',
      body: web({ spec: { replicaz: 1 } }),
      want: bad(`${UNFIT}.spec.replicaz: field not declared in schema`),
    },
    {
      when: 'fields of items are unknown',
      body: containers({ name: 'c', x: 1, y: 2 }),
      want: bad(
        `${UNFIT}errors:\n  .spec.template.spec.containers[name="c"].x: field not declared in schema\n  .spec.template.spec.containers[name="c"].y: field not declared in schema`,
      ),
    },
    {
      when: 'items stand twice',
      body: containers({ name: 'c' }, { name: 'c' }),
      want: bad(`${UNFIT}.spec.template.spec.containers: duplicate entries for key [name="c"]`),
    },
    {
      when: 'an item has no key',
      body: containers({ image: 'c' }),
      want: bad(
        `${UNFIT}.spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn't have default value)`,
      ),
    },
    {
      when: 'a field is of another type',
      body: web({ spec: { replicas: 'x' } }),
      want: bad(/spec\.replicas of type int32/),
    },
    {
      when: 'its name is another',
      body: idle('other'),
      want: bad('the name of the object (other) does not match the name on the URL (no)'),
    },
    {
      when: 'it is of an object that is gone',
      body: idle('no', { metadata: { uid: 'u' } }),
      want: {
        code: 409,
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on deployments.apps "no": uid mismatch: the provided object specified uid u, and no existing object was found',
      },
    },
  ])('is refused where $when', async ({ body, want, query }) => {
    expectRefusal(await ask(`${DEPLOYMENTS}/no`, body, query), want)
    expect((await client.ask(`${DEPLOYMENTS}/no`)).code).toBe(404)
  })

  it('with a stale version is a conflict', async () => {
    await apply(`${CONFIG_MAPS}/stale`, configMap('stale', { data: { a: '1' } }))
    const body = configMap('stale', { metadata: { name: 'stale', resourceVersion: '1' }, data: { a: '2' } })
    expectRefusal(await ask(`${CONFIG_MAPS}/stale`, body), {
      code: 409,
      reason: 'Conflict',
      message: /please apply your changes/,
    })
  })

  it.each([MERGE, STRATEGIC, JSON_PATCH])('alone may force (%s)', async (type) => {
    const body = type === JSON_PATCH ? [] : {}
    expectRefusal(await client.ask(`${CONFIG_MAPS}/made?force=true`, { method: 'PATCH', body, type }), {
      code: 422,
      reason: 'Invalid',
      message: 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    })
  })

  it.each(['', '/status', '/scale'])(
    'is among the patches that a refusal of another type names (%s)',
    async (subresource) => {
      const asked = { method: 'PATCH', body: '{}', type: 'application/json' }
      expectRefusal(await client.ask(`${DEPLOYMENTS}/fought${subresource}`, asked), {
        code: 415,
        reason: 'UnsupportedMediaType',
        message:
          'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
      })
    },
  )
})
