/** What Kubernetes' conformance suite asks of admission webhooks, where no other test shows it; each by its name there. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Client, CONFIG_MAPS, configMap, type Json, MERGE, newClient, PODS, pod } from '../api/client.ts'
import { newWebhook } from '../api/webhook.ts'
import { eventually } from '../world.ts'

const GROUP = '/apis/admissionregistration.k8s.io/v1'
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const CUSTOM = '/apis/hooks.example.com/v1/namespaces/default/guests'
const ELSEWHERE = CONFIG_MAPS.replace('default', 'exempt')

let client: Client

beforeAll(async () => {
  client = await newClient('conformance-webhooks')
  await client.post('/api/v1/namespaces', { metadata: { name: 'exempt', labels: { exempt: 'yes' } } })
})

type Way = 'mutating' | 'validating'

const collectionOf = (way: Way) => `${GROUP}/${way}webhookconfigurations`

afterEach(async () => {
  for (const way of ['mutating', 'validating'] as const) await client.delete(collectionOf(way))
})

const rule = (resource: string, operations: string[], apiGroup = '') => ({
  apiGroups: [apiGroup],
  apiVersions: ['*'],
  resources: [resource],
  operations,
})

interface Configured {
  readonly url: string
  readonly rules: object[]
  readonly labels?: object
  readonly rest?: object
}

const configure = (way: Way, name: string, { url, rules, labels = {}, rest = {} }: Configured): Promise<Json> =>
  client.post(collectionOf(way), {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: way === 'mutating' ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration',
    metadata: { name, labels },
    webhooks: [
      {
        name: 'hook.example.com',
        clientConfig: { url },
        rules,
        sideEffects: 'None',
        admissionReviewVersions: ['v1', 'v1beta1'],
        timeoutSeconds: 5,
        ...rest,
      },
    ],
  })

const ask = (path: string, method: string, body?: unknown, type?: string) => client.ask(path, { method, body, type })
const denied = (says: string) => ({ message: `admission webhook "hook.example.com" denied the request: ${says}` })
const refusing = (message: string) => ({ allowed: false, status: { message } })
const adding = (key: string) => ({ patch: [{ op: 'add', path: `/data/${key}`, value: 'yes' }] })

const version = (
  name: string,
  storage: boolean,
  schema: object = { 'x-kubernetes-preserve-unknown-fields': true },
) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', ...schema } },
})

async function define(...versions: object[]): Promise<void> {
  await client.post(DEFINITIONS, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'guests.hooks.example.com' },
    spec: { group: 'hooks.example.com', scope: 'Namespaced', names: { plural: 'guests', kind: 'Guest' }, versions },
  })
  await eventually('guests are served', async () => (await client.ask(CUSTOM)).code === 200)
}

async function undefine(): Promise<void> {
  await client.delete(collectionOf('mutating'))
  await client.delete(collectionOf('validating'))
  await client.delete(`${DEFINITIONS}/guests.hooks.example.com`)
  await eventually('they are gone', async () => (await client.ask(CUSTOM)).code === 404)
}

const guest = (name: string, data: object = {}) => ({
  apiVersion: 'hooks.example.com/v1',
  kind: 'Guest',
  metadata: { name },
  data,
})

describe.each(['mutating', 'validating'] as const)('AdmissionWebhook', (way) => {
  /** Whether one that is made meets the webhook. */
  async function meets(name: string): Promise<boolean> {
    const { code, body } = await ask(CONFIG_MAPS, 'POST', configMap(name, { data: { a: '1' } }))
    await client.ask(`${CONFIG_MAPS}/${name}`, { method: 'DELETE' })
    return way === 'mutating' ? body.data?.met === 'yes' : code === 400
  }
  const behaviour = way === 'mutating' ? adding('met') : refusing('met')

  it(`listing ${way} webhooks should work`, async () => {
    const webhook = await newWebhook(`listing-${way}`, behaviour)
    const labels = { listed: 'yes' }
    for (const name of ['one', 'two', 'three'])
      await configure(way, name, { url: webhook.url, rules: [rule('configmaps', ['CREATE'])], labels })
    const { items } = await client.get(`${collectionOf(way)}?labelSelector=listed%3Dyes`)
    expect(items.map(({ metadata }: Json) => metadata.name)).toEqual(['one', 'three', 'two'])
    expect(await meets('listed')).toBe(true)
    await client.delete(`${collectionOf(way)}?labelSelector=listed%3Dyes`)
    expect((await client.get(collectionOf(way))).items).toEqual([])
    expect(await meets('unlisted')).toBe(false)
  })

  it(`patching/updating a ${way} webhook should work`, async () => {
    const webhook = await newWebhook(`patching-${way}`, behaviour)
    const made = await configure(way, 'changing', { url: webhook.url, rules: [rule('configmaps', ['CREATE'])] })
    expect(await meets('before')).toBe(true)
    const [hook] = made.webhooks
    const others = { ...made, webhooks: [{ ...hook, rules: [rule('configmaps', ['UPDATE'])] }] }
    await client.put(`${collectionOf(way)}/changing`, others)
    expect(await meets('updated')).toBe(false)
    const back = { webhooks: [{ name: hook.name, rules: [rule('configmaps', ['CREATE'])] }] }
    await client.patch(`${collectionOf(way)}/changing`, back, 'application/strategic-merge-patch+json')
    expect(await meets('patched')).toBe(true)
  })
})

describe('AdmissionWebhook', () => {
  it('should include webhook resources in discovery documents', async () => {
    const { groups } = await client.get('/apis')
    const group = groups.find(({ name }: Json) => name === 'admissionregistration.k8s.io')
    expect(group.versions).toContainEqual({ groupVersion: 'admissionregistration.k8s.io/v1', version: 'v1' })
    expect(await client.get('/apis/admissionregistration.k8s.io')).toMatchObject({ ...group, kind: 'APIGroup' })
    const { resources } = await client.get(GROUP)
    expect(resources.map(({ name }: Json) => name)).toEqual(
      expect.arrayContaining(['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']),
    )
  })

  it('should not be able to mutate or prevent deletion of webhook configuration objects', async () => {
    const refuser = await newWebhook('refuses-configurations', refusing('they stay'))
    const labeller = await newWebhook('labels-configurations', {
      patch: [{ op: 'add', path: '/metadata/labels', value: { meddled: 'yes' } }],
    })
    const rules = [rule('*', ['*'], 'admissionregistration.k8s.io')]
    await configure('validating', 'refuser', { url: refuser.url, rules })
    await configure('mutating', 'labeller', { url: labeller.url, rules })
    for (const way of ['mutating', 'validating'] as const) {
      const made = await configure(way, 'another', { url: refuser.url, rules: [] })
      expect(made.metadata.labels).toBeUndefined()
      await client.delete(`${collectionOf(way)}/another`)
      expect((await client.ask(`${collectionOf(way)}/another`)).code).toBe(404)
    }
    expect([...(await refuser.calls()), ...(await labeller.calls())]).toEqual([])
  })

  it('should be able to deny pod and configmap creation', async () => {
    const webhook = await newWebhook('denies', refusing('not like this'))
    await configure('validating', 'denies', {
      url: webhook.url,
      rules: [rule('pods', ['CREATE']), rule('configmaps', ['CREATE', 'UPDATE'])],
      rest: {
        objectSelector: { matchLabels: { bad: 'yes' } },
        namespaceSelector: { matchExpressions: [{ key: 'exempt', operator: 'DoesNotExist' }] },
      },
    })
    const labels = { bad: 'yes' }
    expect((await ask(PODS, 'POST', pod('bad', { metadata: { labels } }))).body).toMatchObject(denied('not like this'))
    const bad = configMap('bad', { metadata: { name: 'bad', labels } })
    expect((await ask(CONFIG_MAPS, 'POST', bad)).body).toMatchObject(denied('not like this'))
    const good = await client.post(CONFIG_MAPS, configMap('good'))
    const worse = { ...good, metadata: { ...good.metadata, labels } }
    expect((await ask(`${CONFIG_MAPS}/good`, 'PUT', worse)).body).toMatchObject(denied('not like this'))
    expect((await ask(`${CONFIG_MAPS}/good`, 'PATCH', { metadata: { labels } }, MERGE)).code).toBe(400)
    expect((await ask(ELSEWHERE, 'POST', bad)).code).toBe(201)
    // One that never answers refuses as well.
    await webhook.behave({ delayMs: 4_000 })
    const hook = { webhooks: [{ name: 'hook.example.com', timeoutSeconds: 1 }] }
    await client.patch(`${collectionOf('validating')}/denies`, hook, 'application/strategic-merge-patch+json')
    expect((await ask(PODS, 'POST', pod('hangs', { metadata: { labels } }))).body.message).toMatch(/deadline exceeded/)
  })

  it('should be able to deny custom resource creation, update and deletion', async () => {
    await define(version('v1', true))
    const webhook = await newWebhook('custom', refusing('nor a guest'))
    await configure('validating', 'custom', {
      url: webhook.url,
      rules: [rule('guests', ['CREATE', 'UPDATE', 'DELETE'], 'hooks.example.com')],
      rest: { objectSelector: { matchLabels: { kept: 'yes' } } },
    })
    const labels = { kept: 'yes' }
    const kept = { ...guest('kept'), metadata: { name: 'kept', labels } }
    expect((await ask(CUSTOM, 'POST', kept)).body).toMatchObject(denied('nor a guest'))
    const made = await client.post(CUSTOM, guest('kept'))
    const labelled = { ...made, metadata: { ...made.metadata, labels } }
    expect((await ask(`${CUSTOM}/kept`, 'PUT', labelled)).body).toMatchObject(denied('nor a guest'))
    // It gets there while nobody asks, and then can't be deleted.
    await webhook.behave({ allowed: true })
    await client.put(`${CUSTOM}/kept`, labelled)
    await webhook.behave(refusing('it stays'))
    expect((await ask(`${CUSTOM}/kept`, 'DELETE')).body).toMatchObject(denied('it stays'))
    expect((await client.get(`${CUSTOM}/kept`)).metadata.deletionTimestamp).toBeUndefined()
    await webhook.behave({ allowed: true })
    await client.patch(`${CUSTOM}/kept`, { metadata: { labels: null } })
    await client.delete(`${CUSTOM}/kept`)
    await undefine()
  })

  it('should deny crd creation', async () => {
    const webhook = await newWebhook('definitions', refusing('no kinds today'))
    const rules = [rule('customresourcedefinitions', ['CREATE'], 'apiextensions.k8s.io')]
    await configure('validating', 'definitions', {
      url: webhook.url,
      rules,
      rest: { objectSelector: { matchLabels: { kind: 'unwanted' } } },
    })
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'unwanteds.example.com', labels: { kind: 'unwanted' } },
      spec: {
        group: 'example.com',
        scope: 'Cluster',
        names: { plural: 'unwanteds', kind: 'Unwanted' },
        versions: [version('v1', true)],
      },
    }
    expect((await ask(DEFINITIONS, 'POST', definition)).body).toMatchObject(denied('no kinds today'))
    expect((await client.ask(`${DEFINITIONS}/unwanteds.example.com`)).code).toBe(404)
  })

  it('should honor timeout', async () => {
    const webhook = await newWebhook('slow-but-sure', { delayMs: 1_300 })
    const rules = [rule('configmaps', ['CREATE'])]
    const answerWith = async (rest: object) => {
      const made = await configure('validating', 'timed', { url: webhook.url, rules, rest })
      const answer = await ask(`${CONFIG_MAPS}?dryRun=All`, 'POST', configMap('timed'))
      await client.delete(`${collectionOf('validating')}/timed`)
      return { ...answer, timeout: made.webhooks[0].timeoutSeconds }
    }
    const short = await answerWith({ timeoutSeconds: 1 })
    expect(short.code).toBe(500)
    expect(short.body.message).toMatch(/\?timeout=1s": context deadline exceeded/)
    expect((await answerWith({ timeoutSeconds: 1, failurePolicy: 'Ignore' })).code).toBe(201)
    expect((await answerWith({ timeoutSeconds: 5 })).code).toBe(201)
    // What is not said is ten seconds.
    expect(await answerWith({ timeoutSeconds: null })).toMatchObject({ code: 201, timeout: 10 })
  })

  it('should mutate custom resource', async () => {
    await define(version('v1', true))
    const webhook = await newWebhook('custom-mutating', adding('stage1'))
    await configure('mutating', 'custom', {
      url: webhook.url,
      rules: [rule('guests', ['CREATE', 'UPDATE'], 'hooks.example.com')],
    })
    expect((await client.post(CUSTOM, guest('one', { stage0: 'yes' }))).data).toEqual({ stage0: 'yes', stage1: 'yes' })
    await webhook.behave(adding('stage2'))
    expect((await client.patch(`${CUSTOM}/one`, { data: { stage0: null } })).data).toEqual({
      stage1: 'yes',
      stage2: 'yes',
    })
    await undefine()
  })

  it('should mutate custom resource with different stored version', async () => {
    await define(version('v1', true), version('v2', false))
    const webhook = await newWebhook('custom-moving', adding('stage1'))
    await configure('mutating', 'moving', {
      url: webhook.url,
      rules: [rule('guests', ['CREATE', 'UPDATE'], 'hooks.example.com')],
    })
    expect((await client.post(CUSTOM, guest('one', { stage0: 'yes' }))).data).toEqual({ stage0: 'yes', stage1: 'yes' })
    const moved = { spec: { versions: [version('v1', false), version('v2', true)] } }
    const stored = await client.patch(`${DEFINITIONS}/guests.hooks.example.com`, moved)
    expect(stored.status.storedVersions).toEqual(['v1', 'v2'])
    await webhook.behave(adding('stage2'))
    const changed = await client.patch(`${CUSTOM}/one`, { metadata: { labels: { moved: 'yes' } } })
    expect(changed).toMatchObject({
      apiVersion: 'hooks.example.com/v1',
      data: { stage0: 'yes', stage1: 'yes', stage2: 'yes' },
    })
    expect((await client.get(`${CUSTOM.replace('v1', 'v2')}/one`)).data).toEqual(changed.data)
    await undefine()
  })

  it('should mutate custom resource with pruning', async () => {
    const properties = {
      data: { type: 'object', properties: { stage0: { type: 'string' }, stage1: { type: 'string' } } },
    }
    await define(version('v1', true, { properties }))
    const webhook = await newWebhook('custom-pruning', {
      patch: [
        { op: 'add', path: '/data/stage1', value: 'yes' },
        { op: 'add', path: '/data/unknown', value: 'yes' },
      ],
    })
    await configure('mutating', 'pruning', {
      url: webhook.url,
      rules: [rule('guests', ['CREATE'], 'hooks.example.com')],
    })
    const made = await client.post(CUSTOM, guest('one', { stage0: 'yes' }))
    expect(made.data).toEqual({ stage0: 'yes', stage1: 'yes' })
    expect((await client.get(`${CUSTOM}/one`)).data).toEqual(made.data)
    await undefine()
  })
})
