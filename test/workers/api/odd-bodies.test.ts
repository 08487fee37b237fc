/** Bodies that a parser may trip over: YAML as Go reads it, null amounts, numbers for texts, and nesting without end. */
import { beforeAll, describe, expect, it } from 'vitest'
import { APPLY, type Client, CONFIG_MAPS, configMap, expectRefusal, MERGE, newClient, PODS } from './client.ts'

const WIDGETS = '/apis/odd.example.com/v1/namespaces/default/widgets'
/** Beyond 2^53: held as its digits. */
const LONG = '9223372036854775808'

let client: Client
beforeAll(async () => {
  client = await newClient('odd-bodies')
  await client.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.odd.example.com' },
    spec: {
      group: 'odd.example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                whole: {
                  type: 'object',
                  'x-kubernetes-embedded-resource': true,
                  'x-kubernetes-preserve-unknown-fields': true,
                },
              },
            },
          },
        },
      ],
    },
  })
})

const send = (path: string, body: string, type = 'application/json', method = 'POST') =>
  client.ask(path, { method, body, type })

describe('YAML', () => {
  const POD = (name: string) => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels: {a: one, a: two}
spec:
  hostNetwork: yes
  volumes: [{name: s, secret: {secretName: x, defaultMode: 0400}}]
  containers: [{name: c, image: i}]
`

  it('is of version 1.1, also where it is applied', async () => {
    const posted = await send(PODS, POD('posted'), 'application/yaml')
    const applied = await send(`${PODS}/applied?fieldManager=me`, POD('applied'), APPLY, 'PATCH')
    for (const { code, body, headers } of [posted, applied]) {
      expect(code).toBe(201)
      expect(body.spec).toMatchObject({ hostNetwork: true, volumes: [{ secret: { defaultMode: 256 } }, {}] })
      expect(body.metadata.labels).toEqual({ a: 'two' })
      expect(headers.get('warning')).toContain('line 5: key \\"a\\" already set in map')
    }
  })

  it('whose keys stand twice is refused by those who are strict, and nobody else', async () => {
    expectRefusal(await send(`${PODS}?fieldValidation=Strict`, POD('strict'), 'application/yaml'), {
      code: 400,
      reason: 'BadRequest',
      message: /strict decoding error: yaml: unmarshal errors:\n {2}line 5: key "a" already set in map$/,
    })
    const ignored = await send(`${PODS}?fieldValidation=Ignore`, POD('ignored'), 'application/yaml')
    expect([ignored.code, ignored.headers.get('warning')]).toEqual([201, null])
  })
})

describe('a null amount', () => {
  it('is nothing of it', async () => {
    const made = await client.post('/api/v1/namespaces/default/resourcequotas?dryRun=All', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none' },
      spec: { hard: { pods: null } },
    })
    expect(made.spec.hard).toEqual({ pods: '0' })
    const resources = { limits: { cpu: null } }
    const pod = await client.post(`${PODS}?dryRun=All`, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'none' },
      spec: { containers: [{ name: 'c', image: 'i', resources }] },
    })
    expect(pod.spec.containers[0].resources).toEqual({ limits: { cpu: '0' }, requests: { cpu: '0' } })
  })
})

describe('a number where a text belongs', () => {
  const widget = (fields: string) =>
    `{"apiVersion":"odd.example.com/v1","kind":"Widget","metadata":{"name":"a"}${fields}}`

  it.each([
    { what: 'apiVersion', body: `{"apiVersion":${LONG},"kind":"Widget","metadata":{"name":"a"}}` },
    { what: 'kind', body: `{"apiVersion":"odd.example.com/v1","kind":${LONG},"metadata":{"name":"a"}}` },
    {
      what: 'a label of an object within',
      body: widget(`,"whole":{"apiVersion":"v1","kind":"X","metadata":{"labels":{"a":${LONG}}}}`),
    },
    {
      what: 'an annotation of an object within',
      body: widget(`,"whole":{"apiVersion":"v1","kind":"X","metadata":{"annotations":{"a":${LONG}}}}`),
    },
  ])('is refused: $what', async ({ body }) => {
    for (const answer of [await send(WIDGETS, body), await send(`${WIDGETS}/a?fieldManager=me`, body, APPLY, 'PATCH')])
      expect(answer.code).toBe(400)
  })

  it('is refused in a patch', async () => {
    await send(WIDGETS, widget('').replace('"a"', '"patched"'))
    for (const field of ['apiVersion', 'kind'])
      expect((await send(`${WIDGETS}/patched`, `{"${field}":${LONG}}`, MERGE, 'PATCH')).code).toBe(422)
  })

  it('leaves the metadata of an object within with what metadata has', async () => {
    const answer = await send(
      `${WIDGETS}?dryRun=All`,
      widget(',"whole":{"apiVersion":"v1","kind":"X","metadata":{"name":"n","foo":1}}'),
    )
    expect(answer.body.whole.metadata).toEqual({ name: 'n' })
    expect(answer.headers.get('warning')).toContain('unknown field \\"whole.metadata.foo\\"')
  })
})

describe('a body nested deeper than anybody needs', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const widget = (depth: number) =>
    `{"apiVersion":"odd.example.com/v1","kind":"Widget","metadata":{"name":"deep"},"any":${nested(depth)}}`
  const schema = (depth: number) =>
    `{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"deeps.odd.example.com"},"spec":{"group":"odd.example.com","scope":"Namespaced","names":{"plural":"deeps","kind":"Deep"},"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":${'{"type":"object","properties":{"a":'.repeat(depth)}{"type":"string"}${'}}'.repeat(depth)}}}]}}`
  const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

  it('is taken as deep as a thousand levels', async () => {
    expect((await send(WIDGETS, widget(990))).code).toBe(201)
    expect((await send(`${WIDGETS}/deep`, `{"any":${nested(991)}}`, MERGE, 'PATCH')).code).toBe(200)
    expect((await send(`${WIDGETS}/deep?fieldManager=me&force=true`, widget(992), APPLY, 'PATCH')).code).toBe(200)
    expect((await client.ask(`${WIDGETS}/deep`, { method: 'DELETE' })).code).toBe(200)
    expect((await send(CRDS, schema(490))).code).toBe(201)
  })

  it.each([1100, 9000, 50_000])('is refused with %i', async (depth) => {
    const before = await client.version()
    const answers = [
      await send(WIDGETS, widget(depth)),
      await send(`${WIDGETS}/deep?fieldManager=me`, widget(depth), APPLY, 'PATCH'),
      await send(`${CONFIG_MAPS}/kube-root-ca.crt`, `{"data":${nested(depth)}}`, MERGE, 'PATCH'),
      await send(CRDS, schema(depth)),
      await send(CONFIG_MAPS, `${'['.repeat(depth)}${']'.repeat(depth)}`, 'application/yaml'),
      await send(CONFIG_MAPS, JSON.stringify(configMap('a')).replace('{', `{"x":${nested(depth)},`)),
    ]
    for (const answer of answers)
      expectRefusal(answer, { code: 400, reason: 'BadRequest', message: 'json: exceeded max depth' })
    expect(await client.version()).toBe(before)
  })
})
