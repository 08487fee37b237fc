/** Admission webhooks: who is asked about what, what they change and refuse, and what happens when they fail. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { APPLY, type Client, CONFIG_MAPS, DEPLOYMENTS, type Json, MERGE, newClient, PODS } from './client.ts'
import { newWebhook, type Webhook } from './webhook.ts'

const GROUP = '/apis/admissionregistration.k8s.io/v1'
const MUTATING = `${GROUP}/mutatingwebhookconfigurations`
const VALIDATING = `${GROUP}/validatingwebhookconfigurations`

let client: Client

beforeAll(async () => {
  client = await newClient('webhooks')
})

/** What each test has configured goes with it. */
afterEach(async () => {
  await client.delete(MUTATING)
  await client.delete(VALIDATING)
})

const rule = (resources: string[], operations = ['*'], rest: object = {}) => ({
  apiGroups: ['*'],
  apiVersions: ['*'],
  resources,
  operations,
  ...rest,
})

const CONFIG_MAP_RULES = [rule(['configmaps'])]

interface Hook {
  readonly webhook: Webhook
  readonly name?: string
  readonly rest?: object
}

const hookOf = ({ webhook, name = 'hook.example.com', rest = {} }: Hook) => ({
  name,
  clientConfig: { url: webhook.url },
  rules: CONFIG_MAP_RULES,
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  timeoutSeconds: 2,
  ...rest,
})

async function configure(kind: 'Mutating' | 'Validating', name: string, ...hooks: Hook[]): Promise<void> {
  await client.post(kind === 'Mutating' ? MUTATING : VALIDATING, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name },
    webhooks: hooks.map(hookOf),
  })
}

const configMap = (name: string, rest: object = {}) => ({ metadata: { name }, ...rest })
const pod = (name: string, rest: object = {}) => ({
  metadata: { name, ...rest },
  spec: { containers: [{ name: 'main', image: 'main:1' }] },
})

const requests = async (webhook: Webhook): Promise<Json[]> => (await webhook.calls()).map(({ request }) => request)

describe('a delete that is refused', () => {
  it('keeps nothing back that the garbage collector may delete, and is tried again', async () => {
    const owner = await client.post(CONFIG_MAPS, configMap('owner'))
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }
    const dependent = (name: string, labels: object) =>
      client.post(CONFIG_MAPS, { metadata: { name, labels, ownerReferences: [reference] } })
    await dependent('dependent-a', { keep: 'yes' })
    await dependent('dependent-b', {})
    const webhook = await newWebhook('keeps', { allowed: false })
    const objectSelector = { matchLabels: { keep: 'yes' } }
    const rest = { objectSelector, rules: [rule(['configmaps'], ['DELETE'])] }
    await configure('Validating', 'keeps', { webhook, rest })
    await client.delete(`${CONFIG_MAPS}/owner`)
    const left = async () =>
      (await client.get(CONFIG_MAPS)).items
        .map(({ metadata }: Json) => metadata.name)
        .filter((name: string) => name.startsWith('dependent'))
    await eventually('the end of the other', async () => (await left()).join() === 'dependent-a')
    await eventually('another try', async () => (await webhook.calls()).length > 1)
    await client.delete(VALIDATING)
    await eventually('the end of both', async () => (await left()).length === 0)
  })
})

describe('a validating webhook', () => {
  it('is told of the write, and of who asks', async () => {
    const webhook = await newWebhook('told')
    await configure('Validating', 'told', { webhook })
    const made = await client.post(`${CONFIG_MAPS}?fieldManager=me`, configMap('told', { data: { a: '1' } }))
    const [review] = await webhook.calls()
    expect(review).toMatchObject({
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      request: {
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        kind: { group: '', version: 'v1', kind: 'ConfigMap' },
        resource: { group: '', version: 'v1', resource: 'configmaps' },
        requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
        requestResource: { group: '', version: 'v1', resource: 'configmaps' },
        name: 'told',
        namespace: 'default',
        operation: 'CREATE',
        userInfo: { username: expect.any(String), groups: expect.arrayContaining(['system:masters']) },
        oldObject: null,
        dryRun: false,
        options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me' },
      },
    })
    // What it was shown is what was stored, uid and times included.
    expect(review.request.object).toEqual({
      ...made,
      metadata: { ...made.metadata, resourceVersion: '' },
    })
  })

  it('refuses, with its own words and code', async () => {
    const webhook = await newWebhook('refuses', { allowed: false, status: { code: 418, message: 'not today' } })
    await configure('Validating', 'refuses', { webhook })
    const { code, body } = await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('refused') })
    expect(code).toBe(418)
    expect(body.message).toBe('admission webhook "hook.example.com" denied the request: not today')
    expect((await client.ask(`${CONFIG_MAPS}/refused`)).code).toBe(404)
  })

  it.each([
    { when: 'it gives a reason only', status: { reason: 'Because' }, says: ': Because' },
    { when: 'it says nothing', status: undefined, says: ' without explanation' },
  ])('refuses with 400 where $when', async ({ status, says }) => {
    const webhook = await newWebhook('mute', { allowed: false, ...(status ? { status } : {}) })
    await configure('Validating', 'mute', { webhook })
    const { code, body } = await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('mute') })
    expect(code).toBe(400)
    expect(body.message).toBe(`admission webhook "hook.example.com" denied the request${says}`)
  })

  it('is asked of updates, patches, applies and deletes, with what was there before', async () => {
    await client.post(CONFIG_MAPS, configMap('before', { data: { a: '1' } }))
    const webhook = await newWebhook('each')
    await configure('Validating', 'each', { webhook })
    await client.patch(`${CONFIG_MAPS}/before`, { data: { a: '2' } }, MERGE)
    await client.put(`${CONFIG_MAPS}/before`, configMap('before', { data: { a: '3' } }))
    await client.ask(`${CONFIG_MAPS}/applied?fieldManager=me`, {
      method: 'PATCH',
      type: APPLY,
      body: { apiVersion: 'v1', kind: 'ConfigMap', ...configMap('applied') },
    })
    await client.delete(`${CONFIG_MAPS}/before`)
    const told = (await requests(webhook)).map(({ operation, options, object, oldObject }) => [
      operation,
      options.kind,
      oldObject?.data?.a,
      object?.data?.a,
    ])
    expect(told).toEqual([
      ['UPDATE', 'PatchOptions', '1', '2'],
      ['UPDATE', 'UpdateOptions', '2', '3'],
      ['CREATE', 'PatchOptions', undefined, undefined],
      ['DELETE', 'DeleteOptions', '3', undefined],
    ])
  })

  it('keeps what it refuses to let go, each of a collection', async () => {
    await client.post(CONFIG_MAPS, configMap('kept-1', { metadata: { name: 'kept-1', labels: { kept: 'yes' } } }))
    await client.post(CONFIG_MAPS, configMap('kept-2', { metadata: { name: 'kept-2', labels: { kept: 'yes' } } }))
    const webhook = await newWebhook('keeps', { allowed: false })
    await configure('Validating', 'keeps', { webhook })
    expect((await client.ask(`${CONFIG_MAPS}/kept-1`, { method: 'DELETE' })).code).toBe(400)
    expect((await client.ask(`${CONFIG_MAPS}?labelSelector=kept%3Dyes`, { method: 'DELETE' })).code).toBe(400)
    expect((await client.get(`${CONFIG_MAPS}?labelSelector=kept%3Dyes`)).items).toHaveLength(2)
    await webhook.behave({})
    await client.delete(`${CONFIG_MAPS}?labelSelector=kept%3Dyes`)
    expect((await requests(webhook)).map(({ name }) => name).sort()).toEqual(['kept-1', 'kept-2'])
    expect((await client.get(`${CONFIG_MAPS}?labelSelector=kept%3Dyes`)).items).toHaveLength(0)
  })

  it('warns beside the answer', async () => {
    const webhook = await newWebhook('warns', { warnings: ['mind the gap', 'and the door'] })
    await configure('Validating', 'warns', { webhook })
    const { code, headers } = await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('warned') })
    expect(code).toBe(201)
    expect(headers.get('warning')).toBe('299 - "mind the gap", 299 - "and the door"')
  })

  it('is asked of a dry run, and told that it is one', async () => {
    const webhook = await newWebhook('trial')
    await configure('Validating', 'trial', { webhook })
    expect((await client.ask(`${CONFIG_MAPS}?dryRun=All`, { method: 'POST', body: configMap('trial') })).code).toBe(201)
    expect(await requests(webhook)).toMatchObject([{ dryRun: true, options: { dryRun: ['All'] } }])
    expect((await client.ask(`${CONFIG_MAPS}/trial`)).code).toBe(404)
  })

  it('sees the Scale that is asked for, and the status', async () => {
    const labels = { app: 'scaled' }
    await client.post(DEPLOYMENTS, {
      metadata: { name: 'scaled' },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pod('x').spec },
      },
    })
    const webhook = await newWebhook('scale')
    await configure('Validating', 'scale', { webhook, rest: { rules: [rule(['deployments/scale'])] } })
    await client.patch(`${DEPLOYMENTS}/scaled/scale`, { spec: { replicas: 2 } }, MERGE)
    expect(await requests(webhook)).toMatchObject([
      {
        kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
        resource: { group: 'apps', version: 'v1', resource: 'deployments' },
        subResource: 'scale',
        name: 'scaled',
        operation: 'UPDATE',
        object: { kind: 'Scale', spec: { replicas: 2 } },
        oldObject: { kind: 'Scale', spec: {} },
      },
    ])
  })

  it('changes and judges requests for tokens', async () => {
    const patch = [{ op: 'replace', path: '/spec/expirationSeconds', value: 900 }]
    const rest = { rules: [rule(['serviceaccounts/token'], ['CREATE'])] }
    const changing = await newWebhook('shortens', { patch })
    const judging = await newWebhook('judges-tokens', { warnings: ['a short one'] })
    await configure('Mutating', 'shortens', { webhook: changing, rest })
    await configure('Validating', 'judges-tokens', { webhook: judging, rest })
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
    const { code, body, headers } = await client.ask(path, { method: 'POST', body: {} })
    expect([code, body.spec.expirationSeconds]).toEqual([201, 900])
    expect(headers.get('warning')).toContain('a short one')
    expect((await requests(judging))[0]).toMatchObject({
      operation: 'CREATE',
      kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      resource: { group: '', version: 'v1', resource: 'serviceaccounts' },
      subResource: 'token',
      namespace: 'default',
      name: 'default',
      object: { kind: 'TokenRequest', metadata: { name: 'default' }, spec: { expirationSeconds: 900 } },
    })
    await judging.behave({ allowed: false, status: { code: 403 } })
    expect((await client.ask(path, { method: 'POST', body: {} })).code).toBe(403)
  })

  it('judges bindings and evictions as what they are', async () => {
    await client.post(PODS, pod('bound'))
    const webhook = await newWebhook('acts', { allowed: false, status: { code: 403 } })
    await configure('Validating', 'acts', { webhook, rest: { rules: [rule(['pods/binding', 'pods/eviction'])] } })
    const binding = { metadata: { name: 'bound' }, target: { kind: 'Node', name: 'n1' } }
    expect((await client.ask(`${PODS}/bound/binding`, { method: 'POST', body: binding })).code).toBe(403)
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'bound' } }
    expect((await client.ask(`${PODS}/bound/eviction`, { method: 'POST', body: eviction })).code).toBe(403)
    expect((await client.get(`${PODS}/bound`)).spec.nodeName).toBeUndefined()
    expect((await requests(webhook)).map(({ operation, kind }) => `${operation} ${kind.kind}`)).toEqual([
      'CREATE Binding',
      'CREATE Eviction',
    ])
  })

  it('does not count what it refuses', async () => {
    await client.post('/api/v1/namespaces', { metadata: { name: 'counted' } })
    const inside = '/api/v1/namespaces/counted'
    await client.post(`${inside}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard: { secrets: '5' } } })
    const webhook = await newWebhook('uncounted', { allowed: false })
    await configure('Validating', 'uncounted', { webhook, rest: { rules: [rule(['secrets'])] } })
    expect((await client.ask(`${inside}/secrets`, { method: 'POST', body: configMap('s') })).code).toBe(400)
    expect((await client.get(`${inside}/resourcequotas/q`)).status.used).toEqual({ secrets: '0' })
  })
})

describe('a mutating webhook', () => {
  it('changes the object, and defaults are filled in after it', async () => {
    const container = { name: 'added', image: 'added:1' }
    const webhook = await newWebhook('sidecar', {
      patch: [{ op: 'add', path: '/spec/initContainers', value: [container] }],
    })
    await configure('Mutating', 'sidecar', { webhook, rest: { rules: [rule(['pods'], ['CREATE'])] } })
    const made = await client.post(PODS, pod('changed'))
    expect(made.spec.initContainers).toMatchObject([
      { ...container, imagePullPolicy: 'IfNotPresent', terminationMessagePolicy: 'File' },
    ])
    // Kubernetes' own plugins have seen it too.
    expect(made.spec.initContainers[0].volumeMounts).toHaveLength(1)
    // What a webhook adds is nobody's.
    expect(JSON.stringify(made.metadata.managedFields)).not.toContain('initContainers')
  })

  it('changes of a subresource its own part only', async () => {
    await client.post(PODS, pod('joined'))
    const added = { name: 'added', image: 'added:1' }
    const webhook = await newWebhook('joins', {
      patch: [
        { op: 'add', path: '/spec/ephemeralContainers/-', value: added },
        { op: 'add', path: '/metadata/labels', value: { stolen: 'yes' } },
        { op: 'replace', path: '/spec/containers/0/image', value: 'stolen:1' },
      ],
    })
    await configure('Mutating', 'joins', { webhook, rest: { rules: [rule(['pods/ephemeralcontainers'], ['UPDATE'])] } })
    const sent = { spec: { ephemeralContainers: [{ name: 'sent', image: 'sent:1' }] } }
    const { metadata, spec } = await client.patch(`${PODS}/joined/ephemeralcontainers`, sent)
    expect(spec.ephemeralContainers).toMatchObject([{ name: 'sent' }, { ...added, imagePullPolicy: 'IfNotPresent' }])
    expect(spec.containers[0].image).toBe(pod('joined').spec.containers[0]?.image)
    expect(metadata.labels).toEqual(pod('joined').metadata.labels)
    expect(await requests(webhook)).toMatchObject([
      { kind: { kind: 'Pod' }, subResource: 'ephemeralcontainers', operation: 'UPDATE' },
    ])
  })

  it('comes before validation: what it breaks is refused', async () => {
    const webhook = await newWebhook('breaks', { patch: [{ op: 'replace', path: '/spec/containers', value: [] }] })
    await configure('Mutating', 'breaks', { webhook, rest: { rules: [rule(['pods'])] } })
    const { code, body } = await client.ask(PODS, { method: 'POST', body: pod('broken') })
    expect(code).toBe(422)
    expect(body.details.causes[0].field).toBe('spec.containers')
  })

  it('and the next see what those before them made, in the order of their names', async () => {
    const first = await newWebhook('first', { patch: [{ op: 'add', path: '/data', value: { a: '1' } }] })
    const second = await newWebhook('second', { patch: [{ op: 'add', path: '/data/b', value: '2' }] })
    const last = await newWebhook('last')
    await configure('Mutating', 'b', { webhook: second })
    await configure('Mutating', 'a', { webhook: first })
    await configure('Validating', 'c', { webhook: last })
    const made = await client.post(CONFIG_MAPS, configMap('chained'))
    expect(made.data).toEqual({ a: '1', b: '2' })
    expect((await requests(second))[0].object.data).toEqual({ a: '1' })
    expect((await requests(last))[0].object.data).toEqual({ a: '1', b: '2' })
    expect(await requests(first)).toHaveLength(1)
  })

  it('is asked again where it wants to see what came after it', async () => {
    const curious = await newWebhook('curious')
    const content = await newWebhook('content')
    const later = await newWebhook('later', { patch: [{ op: 'add', path: '/data', value: { a: '1' } }] })
    await configure('Mutating', 'a', { webhook: curious, rest: { reinvocationPolicy: 'IfNeeded' } })
    await configure('Mutating', 'b', { webhook: content })
    await configure('Mutating', 'c', { webhook: later })
    await client.post(CONFIG_MAPS, configMap('reinvoked'))
    expect((await requests(curious)).map(({ object }) => object.data)).toEqual([undefined, { a: '1' }])
    expect(await requests(content)).toHaveLength(1)
  })

  it('changes updates, and a patch that changes nothing writes nothing', async () => {
    const made = await client.post(CONFIG_MAPS, configMap('updated', { data: { a: '1' } }))
    const webhook = await newWebhook('updates', { patch: [{ op: 'add', path: '/data/b', value: 'w' }] })
    await configure('Mutating', 'updates', { webhook })
    const next = await client.put(`${CONFIG_MAPS}/updated`, made)
    expect(next.data).toEqual({ a: '1', b: 'w' })
    const again = await client.put(`${CONFIG_MAPS}/updated`, next)
    expect(again.metadata.resourceVersion).toBe(next.metadata.resourceVersion)
  })

  it('can change how many replicas a Scale has', async () => {
    const webhook = await newWebhook('capped', { patch: [{ op: 'replace', path: '/spec/replicas', value: 1 }] })
    await configure('Mutating', 'capped', { webhook, rest: { rules: [rule(['deployments/scale'])] } })
    const scale = await client.patch(`${DEPLOYMENTS}/scaled/scale`, { spec: { replicas: 9 } }, MERGE)
    expect(scale.spec.replicas).toBe(1)
    expect((await client.get(`${DEPLOYMENTS}/scaled`)).spec.replicas).toBe(1)
  })

  it('may not change what is deleted', async () => {
    await client.post(CONFIG_MAPS, configMap('going'))
    const webhook = await newWebhook('grasps', { patch: [{ op: 'add', path: '/data', value: {} }] })
    await configure('Mutating', 'grasps', { webhook })
    const { code, body } = await client.ask(`${CONFIG_MAPS}/going`, { method: 'DELETE' })
    expect(code).toBe(500)
    expect(body.message).toContain('attempted to modify the object, which is not supported for this operation')
  })

  it('can rename nothing', async () => {
    const webhook = await newWebhook('renames', {
      patch: [{ op: 'replace', path: '/metadata/uid', value: 'mine' }],
    })
    await configure('Mutating', 'renames', { webhook })
    const made = await client.post(CONFIG_MAPS, configMap('renamed'))
    expect(made.metadata).toMatchObject({ name: 'renamed', uid: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  })

  it('whose patch can not be applied fails the write, in its name', async () => {
    const webhook = await newWebhook('garbled', { patch: [{ op: 'remove', path: '/data/nothing' }] })
    await configure('Mutating', 'garbled', { webhook })
    const { code, body } = await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('garbled') })
    expect(code).toBe(500)
    expect(body.message).toContain('"hook.example.com"')
  })
})

describe('which writes a webhook is asked about', () => {
  const asked = async (webhook: Webhook) => (await requests(webhook)).map(({ name }) => name)

  it('follows the labels of object and namespace', async () => {
    await client.post('/api/v1/namespaces', { metadata: { name: 'watched', labels: { watched: 'yes' } } })
    const webhook = await newWebhook('labels')
    await configure('Validating', 'labels', {
      webhook,
      rest: {
        namespaceSelector: { matchLabels: { watched: 'yes' } },
        objectSelector: { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] },
      },
    })
    const inside = '/api/v1/namespaces/watched/configmaps'
    await client.post(inside, configMap('seen'))
    await client.post(inside, { metadata: { name: 'unlabelled', labels: { skip: 'yes' } } })
    await client.post(CONFIG_MAPS, configMap('elsewhere'))
    expect(await asked(webhook)).toEqual(['seen'])
  })

  it('follows its match conditions', async () => {
    const webhook = await newWebhook('conditions')
    await configure('Validating', 'conditions', {
      webhook,
      rest: { matchConditions: [{ name: 'only', expression: "object.metadata.name.startsWith('yes-')" }] },
    })
    await client.post(CONFIG_MAPS, configMap('yes-1'))
    await client.post(CONFIG_MAPS, configMap('no-1'))
    expect(await asked(webhook)).toEqual(['yes-1'])
  })

  it('refuses what its conditions can not be told of, unless it may be passed over', async () => {
    const webhook = await newWebhook('unclear')
    const matchConditions = [{ name: 'unclear', expression: "object.data.missing == 'x'" }]
    await configure('Validating', 'unclear', { webhook, rest: { matchConditions } })
    expect((await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('unclear') })).code).toBe(403)
    await client.delete(VALIDATING)
    await configure('Validating', 'unclear', { webhook, rest: { matchConditions, failurePolicy: 'Ignore' } })
    expect((await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('unclear') })).code).toBe(201)
    expect(await asked(webhook)).toEqual([])
  })

  it('shows it another version of the same object, where its rules name that', async () => {
    const webhook = await newWebhook('equivalent')
    await configure('Validating', 'equivalent', {
      webhook,
      rest: {
        rules: [rule(['horizontalpodautoscalers'], ['*'], { apiGroups: ['autoscaling'], apiVersions: ['v1'] })],
      },
    })
    await client.post('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
      metadata: { name: 'scaler' },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
    })
    expect(await requests(webhook)).toMatchObject([
      {
        kind: { group: 'autoscaling', version: 'v1' },
        requestKind: { group: 'autoscaling', version: 'v2' },
        object: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 80 } },
      },
    ])
  })

  it('is never one of webhook configurations themselves', async () => {
    const webhook = await newWebhook('own', { allowed: false })
    await configure('Validating', 'own', { webhook, rest: { rules: [rule(['*'])] } })
    await client.patch(`${VALIDATING}/own`, { metadata: { labels: { a: 'b' } } }, MERGE)
    await client.delete(`${VALIDATING}/own`)
    expect(await webhook.calls()).toEqual([])
  })
})

describe('a webhook that fails', () => {
  it.each([
    {
      how: 'is down',
      behaviour: { instead: { status: 503, text: 'down' } },
      says: 'an error on the server ("down") has prevented the request from succeeding',
    },
    { how: 'is too slow', behaviour: { delayMs: 5_000 }, says: 'context deadline exceeded' },
    { how: 'speaks no JSON', behaviour: { instead: { status: 200, text: 'hello' } }, says: 'is no JSON' },
    {
      how: 'answers no review',
      behaviour: { instead: { status: 200, text: '{"kind":"Pod"}' } },
      says: 'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview',
    },
    {
      how: 'answers another review',
      behaviour: {
        instead: {
          status: 200,
          text: '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"x","allowed":true}}',
        },
      },
      says: 'expected response.uid=',
    },
  ])('because it $how refuses the write, unless it may be passed over', async ({ how, behaviour, says }) => {
    const name = how.replaceAll(' ', '-').toLowerCase()
    const webhook = await newWebhook(name, behaviour)
    await configure('Validating', name, { webhook, rest: { timeoutSeconds: 1 } })
    const { code, body } = await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap(name) })
    expect(code).toBe(500)
    expect(body.reason).toBe('InternalError')
    expect(body.message).toContain('failed calling webhook "hook.example.com": ')
    expect(body.message).toContain(says)
    await client.delete(VALIDATING)
    await configure('Validating', name, { webhook, rest: { timeoutSeconds: 1, failurePolicy: 'Ignore' } })
    expect((await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap(name) })).code).toBe(201)
  })

  it('because no node leads to its Service says so', async () => {
    const service = { namespace: 'default', name: 'nowhere', path: '/check' }
    const webhook = await newWebhook('unused')
    await configure('Validating', 'service', { webhook, rest: { clientConfig: { service } } })
    const { code, body } = await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('service') })
    expect(code).toBe(500)
    expect(body.message).toContain(
      'Post "https://nowhere.default.svc:443/check?timeout=2s": service "nowhere" not found',
    )
  })
})

describe('while a webhook thinks', () => {
  it('others write on, and what it judges is what is written in the end', async () => {
    await client.post(CONFIG_MAPS, configMap('contended', { data: { a: '1' } }))
    const webhook = await newWebhook('slow', { delayMs: 300 })
    await configure('Validating', 'slow', {
      webhook,
      rest: { matchConditions: [{ name: 'only', expression: "has(object.data) && 'slow' in object.data" }] },
    })
    const slow = client.patch(`${CONFIG_MAPS}/contended`, { data: { slow: 'yes' } }, MERGE)
    await eventually('it is asked', async () => (await webhook.calls()).length > 0)
    await client.patch(`${CONFIG_MAPS}/contended`, { data: { a: '2' } }, MERGE)
    const written = await slow
    expect(written.data).toEqual({ a: '2', slow: 'yes' })
    // It was asked again, of what had become of the object meanwhile.
    const seen = (await requests(webhook)).map(({ object }) => object.data)
    expect(seen).toEqual([
      { a: '1', slow: 'yes' },
      { a: '2', slow: 'yes' },
    ])
  })

  it('of two who create the same name one is told that it is there', async () => {
    const webhook = await newWebhook('twice', { delayMs: 100 })
    await configure('Validating', 'twice', { webhook })
    const codes = await Promise.all(
      [1, 2].map(async () => (await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('twice') })).code),
    )
    expect(codes.sort()).toEqual([201, 409])
  })

  it('a name that is made up is the same for it and for the store', async () => {
    const webhook = await newWebhook('generated')
    await configure('Validating', 'generated', { webhook })
    const made = await client.post(CONFIG_MAPS, { metadata: { generateName: 'made-up-' } })
    expect((await requests(webhook)).map(({ object }) => object.metadata.name)).toEqual([made.metadata.name])
  })
})

describe('what controllers write', () => {
  const web = (name: string, replicas: number) => {
    const labels = { app: name }
    return {
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pod('x').spec },
      },
    }
  }
  const podsOf = async (name: string) => (await client.get(`${PODS}?labelSelector=app%3D${name}`)).items

  it('passes webhooks too: a sidecar gets into the Pods of a Deployment, each asked about once', async () => {
    const webhook = await newWebhook('inject', {
      patch: [{ op: 'add', path: '/spec/containers/-', value: { name: 'sidecar', image: 's:1' } }],
    })
    await configure('Mutating', 'inject', {
      webhook,
      rest: { rules: [rule(['pods'], ['CREATE'])], objectSelector: { matchLabels: { app: 'injected' } } },
    })
    await client.post(DEPLOYMENTS, web('injected', 5))
    const pods = await eventually('five Pods', async () => {
      const found = await podsOf('injected')
      return found.length === 5 && found
    })
    for (const { spec } of pods) expect(spec.containers.map(({ name }: Json) => name)).toEqual(['main', 'sidecar'])
    const told = await requests(webhook)
    expect(told).toHaveLength(5)
    expect(told[0].userInfo.username).toBe('system:serviceaccount:kube-system:replicaset-controller')
  })

  it('is refused, said so, and made when the webhook has changed its mind', async () => {
    const webhook = await newWebhook('strict', { allowed: false, status: { code: 403, message: 'no such Pods' } })
    await configure('Validating', 'strict', {
      webhook,
      rest: { rules: [rule(['pods'], ['CREATE'])], objectSelector: { matchLabels: { app: 'refused' } } },
    })
    await client.post(DEPLOYMENTS, web('refused', 1))
    await eventually('the ReplicaSet says why', async () => {
      const { items } = await client.get('/apis/apps/v1/namespaces/default/replicasets?labelSelector=app%3Drefused')
      return items[0]?.status.conditions?.some(
        ({ type, message }: Json) => type === 'ReplicaFailure' && message.includes('denied the request: no such Pods'),
      )
    })
    await webhook.behave({})
    await eventually('the Pod is there', async () => (await podsOf('refused')).length === 1)
  })
})
