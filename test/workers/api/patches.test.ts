/** PATCH in its three kinds: what each does, and that one which fails does nothing. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type Client,
  DEPLOYMENTS,
  deployment,
  expectRefusal,
  JSON_PATCH,
  type Json,
  MERGE,
  newClient,
  type Refusal,
  STRATEGIC,
} from './client.ts'

const PATH = `${DEPLOYMENTS}/web`
const PAUSED = { replicas: 0, paused: true }

let client: Client

beforeAll(async () => {
  client = await newClient('patches')
})

const container = (name: string, rest: object = {}) => ({ name, image: `${name}:1`, ...rest })
const containers = (...list: object[]) => ({ spec: { template: { spec: { containers: list } } } })

beforeEach(async () => {
  await client.ask(PATH, { method: 'DELETE' })
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: {
      containers: [
        container('web', {
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
          ports: [{ containerPort: 80 }],
        }),
        container('side'),
      ],
      tolerations: [{ key: 'a', operator: 'Exists' }],
    },
  }
  await client.post(
    DEPLOYMENTS,
    deployment('web', { metadata: { labels: { a: '1', b: '2' } }, spec: { ...PAUSED, template } }),
  )
})

const patch = (type: string, body: unknown, query = '') =>
  client.ask(`${PATH}${query}`, { method: 'PATCH', body, type })

const podSpecOf = async (): Promise<Json> => (await client.get(PATH)).spec.template.spec
const namesOf = (list: readonly Json[]): string[] => list.map(({ name }) => name)

describe('a merge patch', () => {
  it('sets what it has, deletes by null, and replaces lists whole', async () => {
    await client.patch(PATH, { metadata: { labels: { a: null, c: '3' } }, ...containers(container('only')) }, MERGE)
    const { metadata, spec } = await client.get(PATH)
    expect(metadata.labels).toEqual({ b: '2', c: '3' })
    expect(namesOf(spec.template.spec.containers)).toEqual(['only'])
  })
})

describe('a strategic merge patch', () => {
  it.each<{ does: string; body: object; want: (spec: Json) => unknown; to: unknown }>([
    {
      does: 'merges containers by name',
      body: containers({ name: 'side', image: 'side:2' }, container('new')),
      want: (spec) => spec.containers.map(({ name, image }: Json) => `${name} ${image}`),
      to: ['web web:1', 'side side:2', 'new new:1'],
    },
    {
      does: 'merges their variables by name',
      body: containers({ name: 'web', env: [{ name: 'B', value: '3' }] }),
      want: (spec) => spec.containers[0].env,
      to: [
        { name: 'A', value: '1' },
        { name: 'B', value: '3' },
      ],
    },
    {
      does: 'deletes an item by $patch',
      body: containers({ name: 'web', $patch: 'delete' }),
      want: (spec) => namesOf(spec.containers),
      to: ['side'],
    },
    {
      does: 'replaces a list by $patch',
      body: containers({ $patch: 'replace' }, container('only')),
      want: (spec) => namesOf(spec.containers),
      to: ['only'],
    },
    {
      does: 'orders by $setElementOrder',
      body: { spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'side' }, { name: 'web' }] } } } },
      want: (spec) => namesOf(spec.containers),
      to: ['side', 'web'],
    },
    {
      does: 'replaces a list that has no merge key',
      body: { spec: { template: { spec: { tolerations: [{ key: 'b', operator: 'Exists' }] } } } },
      want: (spec) => spec.tolerations,
      to: [{ key: 'b', operator: 'Exists' }],
    },
    {
      does: 'deletes by null',
      body: { spec: { template: { spec: { tolerations: null } } } },
      want: (spec) => spec.tolerations,
      to: undefined,
    },
  ])('$does', async ({ body, want, to }) => {
    await client.patch(PATH, body, STRATEGIC)
    expect(want(await podSpecOf())).toEqual(to)
  })
})

describe('a JSON patch', () => {
  it('does its operations in order', async () => {
    await client.patch(
      PATH,
      [
        { op: 'test', path: '/metadata/labels/a', value: '1' },
        { op: 'move', from: '/metadata/labels/a', path: '/metadata/labels/example.com~1a' },
        { op: 'add', path: '/spec/template/spec/containers/-', value: container('last') },
        { op: 'remove', path: '/spec/template/spec/containers/0' },
      ],
      JSON_PATCH,
    )
    expect((await client.get(PATH)).metadata.labels).toEqual({ 'example.com/a': '1', b: '2' })
    expect(namesOf((await podSpecOf()).containers)).toEqual(['side', 'last'])
  })
})

describe('a patch', () => {
  const invalid = (message?: RegExp): Refusal => ({ code: 422, reason: 'Invalid', ...(message ? { message } : {}) })
  const bad: Refusal = { code: 400, reason: 'BadRequest' }
  const GENERIC = /^the server rejected our request due to an error in our request$/
  it.each<{ when: string; type: string; body: unknown; want: Refusal; query?: string }>([
    {
      when: 'a test fails',
      type: JSON_PATCH,
      body: [{ op: 'test', path: '/spec/replicas', value: 7 }],
      want: invalid(GENERIC),
    },
    {
      when: 'it points nowhere',
      type: JSON_PATCH,
      body: [{ op: 'remove', path: '/spec/none' }],
      want: invalid(GENERIC),
    },
    {
      when: 'a later operation fails',
      type: JSON_PATCH,
      body: [
        { op: 'add', path: '/metadata/labels/x', value: 'y' },
        { op: 'remove', path: '/none' },
      ],
      want: invalid(GENERIC),
    },
    { when: 'it is no list of operations', type: JSON_PATCH, body: {}, want: bad },
    { when: 'it is no object', type: MERGE, body: [], want: bad },
    { when: 'it is no object', type: STRATEGIC, body: '"text"', want: bad },
    { when: 'its directive is none', type: STRATEGIC, body: containers({ name: 'web', $patch: 'forget' }), want: bad },
    { when: 'a merge key is missing', type: STRATEGIC, body: containers({ image: 'x' }), want: bad },
    {
      when: 'it makes a wrong type',
      type: STRATEGIC,
      body: { spec: { replicas: 'three' } },
      want: invalid(/patch: Invalid value: .*replicas/),
    },
    {
      when: 'it makes a wrong type',
      type: MERGE,
      body: { spec: { replicas: 'three' } },
      want: invalid(/patch: Invalid value: .*replicas/),
    },
    { when: 'it makes another kind', type: MERGE, body: { kind: 'Pod' }, want: invalid(/patch: Invalid value/) },
    {
      when: 'it breaks a rule',
      type: MERGE,
      body: { spec: { replicas: -1 } },
      want: invalid(/spec.replicas: Invalid value: -1/),
    },
    { when: 'it renames', type: MERGE, body: { metadata: { name: 'other' } }, want: bad },
    {
      when: 'its version is stale',
      type: MERGE,
      body: { metadata: { resourceVersion: '1' } },
      want: { code: 409, reason: 'Conflict' },
    },
    {
      when: 'a field is unknown',
      type: MERGE,
      body: { spec: { replicaz: 3 } },
      query: '?fieldValidation=Strict',
      want: invalid(/unknown field "spec.replicaz"/),
    },
    {
      when: 'a key stands twice',
      type: MERGE,
      body: '{"spec":{"replicas":1,"replicas":2}}',
      query: '?fieldValidation=Strict',
      want: invalid(/duplicate field "spec.replicas"/),
    },
  ])('changes nothing where $when ($type)', async ({ type, body, want, query }) => {
    const before = await client.get(PATH)
    expectRefusal(await patch(type, body, query), want)
    expect(await client.get(PATH)).toEqual(before)
  })

  it('of the version that is stored is done, and answers the new one', async () => {
    const { metadata } = await client.get(PATH)
    const { resourceVersion } = metadata
    const patched = await client.patch(PATH, { metadata: { resourceVersion, labels: { c: '3' } } })
    expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(resourceVersion))
  })

  it.each([MERGE, STRATEGIC, JSON_PATCH])('that changes nothing writes nothing (%s)', async (type) => {
    const before = await client.version()
    const same =
      type === JSON_PATCH
        ? [{ op: 'replace', path: '/metadata/labels/a', value: '1' }]
        : { metadata: { labels: { a: '1' } } }
    await client.patch(PATH, same, type)
    expect(await client.version()).toBe(before)
  })

  it('of many at once is done by all', async () => {
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => client.patch(PATH, { metadata: { labels: { [`p${index}`]: 'x' } } })),
    )
    expect(Object.keys((await client.get(PATH)).metadata.labels)).toHaveLength(32)
  })

  it('of nothing is 404', async () => {
    const asked = { method: 'PATCH', body: {}, type: MERGE }
    expectRefusal(await client.ask(`${DEPLOYMENTS}/absent`, asked), { code: 404, reason: 'NotFound' })
  })
})
