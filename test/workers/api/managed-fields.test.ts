/** Who set which field, as clients see it; the rules themselves are tested beside src/kube/managed-fields. */
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
  MERGE,
  newClient,
  REPLICA_SETS,
  settled,
} from './client.ts'
import { KINDS } from './kinds.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('managed-fields')
})

const AGENT = { headers: { 'user-agent': 'tester/1.0 (linux)' } }
const entriesOf = ({ metadata }: Json): Json[] => metadata.managedFields ?? []
const managers = (object: Json): string[] =>
  entriesOf(object).map(({ manager, operation, subresource }) => [manager, operation, subresource].join(' ').trim())

describe('managed fields', () => {
  it("name the request's field manager, or the first part of its user agent", async () => {
    const asked = { method: 'POST', body: configMap('named', { data: { a: '1' } }) }
    const { body } = await client.ask(CONFIG_MAPS, { ...asked, ...AGENT })
    expect(entriesOf(body)).toEqual([
      {
        manager: 'tester',
        operation: 'Update',
        apiVersion: 'v1',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
      },
    ])
    const patched = await client.patch(`${CONFIG_MAPS}/named?fieldManager=other`, { data: { b: '2' } })
    expect(managers(patched)).toEqual(['other Update', 'tester Update'])
    expect(entriesOf(await client.get(`${CONFIG_MAPS}/named`))).toEqual(entriesOf(patched))
    const [item] = (await client.get(CONFIG_MAPS)).items.filter(({ metadata }: Json) => metadata.name === 'named')
    expect(item.metadata).toEqual(patched.metadata)
  })

  it('leave out what a kind adds of its own, so that a Job applied one way can be applied the other', async () => {
    const jobs = '/apis/batch/v1/namespaces/default/jobs'
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'owned' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } } },
    }
    const made = await client.post(`${jobs}?fieldManager=kubectl`, job)
    expect(made.spec.selector.matchLabels).toBeDefined()
    const [{ fieldsV1 }] = entriesOf(made)
    expect(fieldsV1['f:spec']).not.toHaveProperty('f:selector')
    expect(JSON.stringify(fieldsV1)).not.toContain('controller-uid')
    // As kubectl does it: what was set before is handed over to the applier.
    const migrated = entriesOf(made).map((entry: Json) => ({ ...entry, operation: 'Apply' }))
    await client.patch(`${jobs}/owned`, { metadata: { managedFields: migrated } }, MERGE)
    const { code } = await client.ask(`${jobs}/owned?fieldManager=kubectl`, { method: 'PATCH', type: APPLY, body: job })
    expect(code).toBe(200)
  })

  it.each([
    { how: 'made', ask: (path: string, body: Json) => client.ask(path, { method: 'POST', body }) },
    {
      how: 'applied',
      ask: (path: string, body: Json) =>
        client.ask(`${path}/${body.metadata.name}?fieldManager=a`, { method: 'PATCH', type: APPLY, body }),
    },
  ])('leave out what may not be set of a new object ($how)', async ({ how, ask }) => {
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
    const { object } = KINDS.find(({ kind }) => kind === 'CertificateSigningRequest') ?? { object: {} }
    const { spec } = object as Json
    const given = { ...spec, username: 'eve', uid: 'u', groups: ['g'], extra: { a: ['b'] } }
    const metadata = { name: `dropped-${how}` }
    const type = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' }
    const made = await ask(requests, { ...type, metadata, spec: given })
    expect([made.code, made.body.spec.username]).toEqual([201, expect.not.stringMatching('eve')])
    const fields = Object.keys(spec).map((field) => `f:${field}`)
    expect(Object.keys(entriesOf(made.body)[0].fieldsV1['f:spec']).sort()).toEqual(fields.sort())
    const autoscaler = {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { ...metadata, annotations: { 'autoscaling.alpha.kubernetes.io/conditions': '[]', mine: 'a' } },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' } },
    }
    const scaled = await ask('/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers', autoscaler)
    expect(scaled.code, scaled.text).toBe(201)
    const owned = entriesOf(scaled.body)[0].fieldsV1['f:metadata']['f:annotations']
    expect(Object.keys(owned).filter((key) => key !== '.')).toEqual(['f:mine'])
  })

  it('are in Tables and metadata, and in watches', async () => {
    const made = await client.post(CONFIG_MAPS, configMap('shown', { data: { a: '1' } }))
    const accept = (as: string) => ({ headers: { accept: `application/json;as=${as};g=meta.k8s.io;v=v1` } })
    const table = await client.ask(`${CONFIG_MAPS}/shown`, accept('Table'))
    expect(table.body.rows[0].object.metadata).toEqual(made.metadata)
    const partial = await client.ask(`${CONFIG_MAPS}/shown`, accept('PartialObjectMetadata'))
    expect(partial.body.metadata).toEqual(made.metadata)
    const watch = `${CONFIG_MAPS}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dshown`
    const { text } = await client.ask(watch)
    expect(JSON.parse(text.split('\n')[0] ?? '').object).toEqual(made)
  })

  it("are the controllers' for what controllers wrote, by subresource", async () => {
    await client.post(DEPLOYMENTS, deployment('owned', { spec: { replicas: 0 } }))
    await settled(client)
    const owned = await client.get(`${DEPLOYMENTS}/owned`)
    expect(managers(owned)).toContain('kube-controller-manager Update status')
    const { items } = await client.get(REPLICA_SETS)
    expect(managers(items[0])[0]).toBe('kube-controller-manager Update')
    const scaled = await client.ask(`${DEPLOYMENTS}/owned/scale`, {
      method: 'PATCH',
      body: { spec: { replicas: 0 } },
      type: MERGE,
      ...AGENT,
    })
    expect(scaled.code).toBe(200)
  })

  it('may be reset and handed over by clients, and stay where a client knows nothing of them', async () => {
    const made = await client.post(CONFIG_MAPS, configMap('reset', { data: { a: '1' } }))
    const { managedFields: _, ...metadata } = made.metadata
    expect(entriesOf(await client.put(`${CONFIG_MAPS}/reset`, { ...made, metadata }))).toEqual(entriesOf(made))
    const handed = await client.patch(
      `${CONFIG_MAPS}/reset`,
      [
        { op: 'add', path: '/metadata/managedFields/0/manager', value: 'kubectl' },
        { op: 'replace', path: '/metadata/managedFields/0/operation', value: 'Apply' },
        { op: 'replace', path: '/metadata/resourceVersion', value: made.metadata.resourceVersion },
      ],
      JSON_PATCH,
    )
    expect(managers(handed)).toEqual(['kubectl Apply'])
    const reset = await client.patch(`${CONFIG_MAPS}/reset`, { metadata: { managedFields: [{}] } })
    expect(reset.metadata).not.toHaveProperty('managedFields')
    expect(reset.data).toEqual({ a: '1' })
  })

  it('change nothing by themselves where nothing changes', async () => {
    const made = await client.post(CONFIG_MAPS, configMap('still', { data: { a: '1' } }))
    await new Promise((done) => setTimeout(done, 1100))
    const before = await client.version()
    expect(await client.put(`${CONFIG_MAPS}/still?fieldManager=someone`, made)).toEqual(made)
    await client.patch(`${CONFIG_MAPS}/still?fieldManager=someone`, { data: { a: '1' } })
    expect(await client.version()).toBe(before)
  })

  it.each([
    ['x'.repeat(129), 'Too long: may not be more than 128 bytes'],
    ['a\u0007', 'Invalid value: "a\\u0007": invalid character U+0007 (at position 1)'],
  ])('refuse a manager named %j', async (name, message) => {
    const query = `?fieldManager=${encodeURIComponent(name)}`
    expectRefusal(await client.ask(`${CONFIG_MAPS}${query}`, { method: 'POST', body: configMap('refused') }), {
      code: 422,
      reason: 'Invalid',
      message: `CreateOptions.meta.k8s.io "" is invalid: fieldManager: ${message}`,
    })
  })

  it('that would make an object too large to store refuse it', async () => {
    const data = Object.fromEntries(Array.from({ length: 110_000 }, (_, index) => [`k${index}`, 'x']))
    expectRefusal(await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('large', { data }) }), {
      code: 413,
      reason: 'RequestEntityTooLarge',
    })
  })
})
