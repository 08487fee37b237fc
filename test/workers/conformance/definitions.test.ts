/** What Kubernetes' conformance suite asks of CustomResourceDefinitions, where no other test shows it; each by its name. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Client, type Json, newClient } from '../api/client.ts'
import { shown, watch } from '../api/watching.ts'
import { eventually } from '../world.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

let client: Client

beforeAll(async () => {
  client = await newClient('conformance-definitions')
})

const version = (name: string, schema: object = {}, rest: object = {}) => ({
  name,
  served: true,
  storage: false,
  schema: { openAPIV3Schema: { type: 'object', ...schema } },
  ...rest,
})
const storage = { storage: true }

interface Named {
  readonly group: string
  readonly plural: string
  readonly kind: string
}

const nameOf = ({ group, plural }: Named) => `${plural}.${group}`

async function define(of: Named, versions: object[], labels: object = {}): Promise<Json> {
  const { group, plural, kind } = of
  await client.post(DEFINITIONS, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: nameOf(of), labels },
    spec: { group, scope: 'Namespaced', names: { plural, kind }, versions },
  })
  return eventually('it is established', async () => {
    const found = await client.get(`${DEFINITIONS}/${nameOf(of)}`)
    return (
      found.status.conditions?.some(({ type, status }: Json) => type === 'Established' && status === 'True') && found
    )
  })
}

const isGone = (of: Named) =>
  eventually('it is gone', async () => (await client.ask(`${DEFINITIONS}/${nameOf(of)}`)).code === 404)
const pathOf = ({ group, plural }: Named, served = 'v1') => `/apis/${group}/${served}/namespaces/default/${plural}`
const objectOf = ({ group, kind }: Named, name: string, rest: object = {}) => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name },
  ...rest,
})

describe('CustomResourceDefinition resources', () => {
  it('creating/deleting custom resource definition objects works', async () => {
    const of = { group: 'simple.example.com', plural: 'simples', kind: 'Simple' }
    await define(of, [version('v1', {}, storage)])
    expect((await client.ask(pathOf(of))).code).toBe(200)
    await client.delete(`${DEFINITIONS}/${nameOf(of)}`)
    await isGone(of)
    expect((await client.ask(pathOf(of))).code).toBe(404)
  })

  it('getting/updating/patching custom resource definition status sub-resource works', async () => {
    const of = { group: 'stated.example.com', plural: 'stateds', kind: 'Stated' }
    await define(of, [version('v1', {}, storage)])
    const path = `${DEFINITIONS}/${nameOf(of)}/status`
    const found = await client.get(path)
    expect(found.kind).toBe('CustomResourceDefinition')
    const condition = {
      type: 'Updated',
      status: 'True',
      reason: 'E2E',
      message: 'set',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    const conditions = [...found.status.conditions, condition]
    const updated = await client.put(path, {
      ...found,
      spec: { ...found.spec, scope: 'Cluster' },
      status: { ...found.status, conditions },
    })
    expect(updated.status.conditions).toContainEqual(condition)
    expect(updated.spec.scope).toBe('Namespaced')
    const patched = await client.patch(path, {
      metadata: { annotations: { patched: 'true' } },
      status: { conditions: [...conditions, { ...condition, type: 'Patched' }] },
    })
    expect(patched.status.conditions.map(({ type }: Json) => type)).toEqual(
      expect.arrayContaining(['Established', 'NamesAccepted', 'Updated', 'Patched']),
    )
    expect(patched.metadata.generation).toBe(found.metadata.generation)
  })

  it('listing custom resource definition objects works', async () => {
    const listed = ['one', 'two', 'three'].map((name) => ({
      group: `${name}.example.com`,
      plural: 'listeds',
      kind: 'Listed',
    }))
    for (const of of listed) await define(of, [version('v1', {}, storage)], { listed: 'yes' })
    const query = `${DEFINITIONS}?labelSelector=listed%3Dyes`
    expect((await client.get(query)).items.map(({ metadata }: Json) => metadata.name)).toEqual(
      listed.map(nameOf).sort(),
    )
    await client.delete(query)
    await eventually('they are gone', async () => (await client.get(query)).items.length === 0)
  })

  it('custom resource defaulting for requests and from storage works', async () => {
    const of = { group: 'defaulted.example.com', plural: 'defaulteds', kind: 'Defaulted' }
    const schema = (defaults: object) => ({ properties: { a: { type: 'string', ...defaults }, b: { type: 'string' } } })
    await define(of, [version('v1', schema({}), storage)])
    expect(await client.post(pathOf(of), objectOf(of, 'stored'))).not.toHaveProperty('a')
    const versions = [version('v1', schema({ default: 'A' }), storage)]
    await client.patch(`${DEFINITIONS}/${nameOf(of)}`, { spec: { versions } })
    // Of the request, and of what had been stored before there was a default.
    expect((await client.post(pathOf(of), objectOf(of, 'asked'))).a).toBe('A')
    expect((await client.get(`${pathOf(of)}/stored`)).a).toBe('A')
    const changed = { properties: { a: { type: 'string' }, b: { type: 'string', default: 'B' } } }
    await client.patch(`${DEFINITIONS}/${nameOf(of)}`, { spec: { versions: [version('v1', changed, storage)] } })
    const asked = await client.get(`${pathOf(of)}/asked`)
    expect([asked.a, asked.b]).toEqual(['A', 'B'])
    expect((await client.get(`${pathOf(of)}/stored`)).a).toBeUndefined()
  })

  it('should include custom resource definition resources in discovery documents', async () => {
    const { groups } = await client.get('/apis')
    const group = groups.find(({ name }: Json) => name === 'apiextensions.k8s.io')
    expect(group.versions).toContainEqual({ groupVersion: 'apiextensions.k8s.io/v1', version: 'v1' })
    expect(await client.get('/apis/apiextensions.k8s.io')).toMatchObject(group)
    const { resources } = await client.get('/apis/apiextensions.k8s.io/v1')
    expect(resources.map(({ name }: Json) => name)).toEqual([
      'customresourcedefinitions',
      'customresourcedefinitions/status',
    ])
  })
})

describe('CustomResourceDefinition Watch', () => {
  it('watch on custom resource definition objects', async () => {
    const of = { group: 'watched.example.com', plural: 'watcheds', kind: 'Watched' }
    await define(of, [version('v1', { 'x-kubernetes-preserve-unknown-fields': true }, storage)])
    const from = `resourceVersion=${await client.version()}`
    const field = (name: string) => `&fieldSelector=metadata.name%3D${name}`
    const both = await watch(client, pathOf(of), from)
    const [a, b] = [
      await watch(client, pathOf(of), from + field('a')),
      await watch(client, pathOf(of), from + field('b')),
    ]
    for (const name of ['a', 'b']) await client.post(pathOf(of), objectOf(of, name))
    for (const name of ['a', 'b']) await client.patch(`${pathOf(of)}/${name}`, { more: 'x' })
    for (const name of ['a', 'b']) await client.delete(`${pathOf(of)}/${name}`)
    const told = (name: string) => ['ADDED', 'MODIFIED', 'DELETED'].map((type) => `${type} ${name}`)
    expect((await a.until(3)).map(shown)).toEqual(told('a'))
    expect((await b.until(3)).map(shown)).toEqual(told('b'))
    expect((await both.until(6)).map(shown).sort()).toEqual([...told('a'), ...told('b')].sort())
    for (const watching of [both, a, b]) await watching.stop()
  })
})

describe('CustomResourcePublishOpenAPI', () => {
  const definitionOf = async ({ group, kind }: Named, served: string): Promise<Json> =>
    (await client.get('/openapi/v2')).definitions[[...group.split('.').reverse(), served, kind].join('.')]
  const gvk = ({ group, kind }: Named, served: string) => [{ group, version: served, kind }]
  const schema = {
    description: 'A thing of this test.',
    properties: {
      spec: {
        type: 'object',
        description: 'What it is.',
        required: ['bars'],
        properties: {
          bars: {
            type: 'array',
            items: {
              type: 'object',
              required: ['name'],
              properties: { name: { type: 'string' }, age: { type: 'integer' } },
            },
          },
        },
      },
    },
  }
  const PRESERVING = { 'x-kubernetes-preserve-unknown-fields': true }

  it('works for CRD with validation schema', async () => {
    const of = { group: 'schemed.example.com', plural: 'schemeds', kind: 'Schemed' }
    await define(of, [version('v1', schema, storage)])
    expect(await definitionOf(of, 'v1')).toMatchObject({
      type: 'object',
      ...schema,
      'x-kubernetes-group-version-kind': gvk(of, 'v1'),
    })
    expect((await definitionOf(of, 'v1')).properties).toMatchObject({
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
    })
  })

  it('works for CRD without validation schema', async () => {
    const of = { group: 'schemeless.example.com', plural: 'schemelesses', kind: 'Schemeless' }
    await define(of, [version('v1', {}, storage)])
    const published = await definitionOf(of, 'v1')
    expect(published).toMatchObject({ type: 'object', 'x-kubernetes-group-version-kind': gvk(of, 'v1') })
    expect(Object.keys(published.properties).sort()).toEqual(['apiVersion', 'kind', 'metadata'])
  })

  it('works for CRD preserving unknown fields at the schema root', async () => {
    const of = { group: 'open.example.com', plural: 'opens', kind: 'Open' }
    await define(of, [version('v1', PRESERVING, storage)])
    // kubectl's validation takes no properties at all for: anything goes.
    const published = await definitionOf(of, 'v1')
    expect(published).toMatchObject({ type: 'object', ...PRESERVING, 'x-kubernetes-group-version-kind': gvk(of, 'v1') })
    expect(published.properties).toBeUndefined()
    const made = await client.post(pathOf(of), objectOf(of, 'one', { any: { thing: [1, 'a', null] } }))
    expect(made.any).toEqual({ thing: [1, 'a', null] })
  })

  it('works for CRD preserving unknown fields in an embedded object', async () => {
    const of = { group: 'embedding.example.com', plural: 'embeddings', kind: 'Embedding' }
    const properties = { spec: { type: 'object', ...PRESERVING, 'x-kubernetes-embedded-resource': true } }
    await define(of, [version('v1', { properties }, storage)])
    const published = await definitionOf(of, 'v1')
    // kubectl can't cope with unknown fields beside a type.
    expect(published.properties.spec).toEqual({ ...PRESERVING, 'x-kubernetes-embedded-resource': true })
    const spec = { apiVersion: 'v1', kind: 'Any', metadata: { name: 'inner' }, unknown: true }
    expect((await client.post(pathOf(of), objectOf(of, 'one', { spec }))).spec).toEqual(spec)
  })

  it('works for multiple CRDs of different groups', async () => {
    const ofs = ['first', 'second'].map((name) => ({
      group: `${name}.many.example.com`,
      plural: 'manies',
      kind: 'Many',
    }))
    for (const of of ofs) await define(of, [version('v1', schema, storage)])
    for (const of of ofs) expect(await definitionOf(of, 'v1')).toMatchObject(schema)
  })

  it('works for multiple CRDs of same group but different versions', async () => {
    const group = 'versions.example.com'
    const [one, other] = [
      { group, plural: 'ones', kind: 'One' },
      { group, plural: 'others', kind: 'Other' },
    ] as const
    await define(one, [version('v1', schema, storage), version('v2', schema)])
    await define(other, [version('v3', schema, storage)])
    for (const [of, served] of [
      [one, 'v1'],
      [one, 'v2'],
      [other, 'v3'],
    ] as const)
      expect(await definitionOf(of, served)).toMatchObject(schema)
  })

  it('works for multiple CRDs of same group and version but different kinds', async () => {
    const ofs = ['Red', 'Blue'].map((kind) => ({ group: 'kinds.example.com', plural: `${kind.toLowerCase()}s`, kind }))
    for (const of of ofs) await define(of, [version('v1', schema, storage)])
    for (const of of ofs) expect(await definitionOf(of, 'v1')).toMatchObject(schema)
  })

  it('updates the published spec when one version gets renamed', async () => {
    const of = { group: 'renamed.example.com', plural: 'renameds', kind: 'Renamed' }
    await define(of, [version('v2', schema), version('v3', schema, storage)])
    const kept = await definitionOf(of, 'v3')
    const versions = [version('v3', schema, storage), version('v4', schema)]
    await client.patch(`${DEFINITIONS}/${nameOf(of)}`, { spec: { versions } })
    expect(await definitionOf(of, 'v4')).toMatchObject({ ...schema, 'x-kubernetes-group-version-kind': gvk(of, 'v4') })
    expect(await definitionOf(of, 'v2')).toBeUndefined()
    expect(await definitionOf(of, 'v3')).toEqual(kept)
  })

  it('removes definition from spec when one version gets changed to not be served', async () => {
    const of = { group: 'unserved.example.com', plural: 'unserveds', kind: 'Unserved' }
    await define(of, [version('v5', schema, storage), version('v6', schema)])
    const kept = await definitionOf(of, 'v5')
    expect(await definitionOf(of, 'v6')).toMatchObject(schema)
    const versions = [version('v5', schema, storage), version('v6', schema, { served: false })]
    await client.patch(`${DEFINITIONS}/${nameOf(of)}`, { spec: { versions } })
    expect(await definitionOf(of, 'v6')).toBeUndefined()
    expect(await definitionOf(of, 'v5')).toEqual(kept)
  })
})
