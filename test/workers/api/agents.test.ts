/** The agents' API over HTTP: joining, what a node hears, and that it speaks of its own only. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Answer,
  answerOf,
  type Client,
  CONFIG_MAPS,
  configMap,
  expectRefusal,
  type Json,
  letAccountsView,
  newClient,
  PODS,
  pod,
  type Refusal,
} from './client.ts'

const SECRETS = '/api/v1/namespaces/default/secrets'

let client: Client
let joinToken: string
/** Credentials of two nodes. */
let one: string
let two: string

beforeAll(async () => {
  client = await newClient('agents')
  joinToken = (await post(`/platform/v1/clusters/${client.world.cluster}/join-tokens`, client.world.token, {})).body
    .token
  one = await joined('node-1')
  two = await joined('node-2')
})

const post = async (path: string, token: string, body: unknown): Promise<Answer> =>
  answerOf(await client.world.request(path, { method: 'POST', token, body }))

const join = (body: unknown, token = joinToken) => post('/agent/v1/join', token, body)

async function joined(nodeName: string): Promise<string> {
  const { code, body } = await join({ nodeName })
  expect(code).toBe(201)
  expect((await sync(body.credential, { node: { labels: { at: nodeName }, status: READY } })).code).toBe(200)
  return body.credential
}

const READY = { conditions: [{ type: 'Ready', status: 'True' }], allocatable: { cpu: '4', memory: '8Gi', pods: '110' } }

const sync = (credential: string, rest: object = {}) =>
  post('/agent/v1/sync', credential, { pods: [], ended: [], events: [], ...rest })

/** What a node hears: everything, or what is new since a cursor. */
const heard = async (credential: string, cursor?: string): Promise<Json> => (await sync(credential, { cursor })).body

const namesOf = ({ changed }: Json): string[] => changed.map(({ metadata }: Json) => metadata.name).sort()

const bound = (name: string, nodeName: string, spec: object = {}): Promise<Json> =>
  client.post(PODS, pod(name, { spec: { nodeName, ...spec } }))

const mountsSecret = (secretName: string) => ({ volumes: [{ name: 's', secret: { secretName } }] })

describe('joining', () => {
  it('gives a credential, and where the API is', async () => {
    const { code, body } = await join({ nodeName: 'node-3' })
    expect(code).toBe(201)
    expect(body).toEqual({
      cluster: client.world.cluster,
      nodeName: 'node-3',
      credential: expect.stringMatching(/^skc_/),
      apiServer: `https://skycrane.test/clusters/${client.world.cluster}`,
    })
  })

  it('under the name of a live node is refused, but for the machine that has it', async () => {
    expectRefusal(await join({ nodeName: 'node-2' }), { code: 409, reason: 'Conflict' })
    expectRefusal(await join({ nodeName: 'node-2', formerCredential: one }), { code: 409, reason: 'Conflict' })
    const again = await join({ nodeName: 'node-2', formerCredential: two })
    expect(again.code).toBe(201)
    expectRefusal(await sync(two), { code: 401, reason: 'Unauthorized' })
    two = again.body.credential
    expect((await sync(two)).code).toBe(200)
  })

  it.each<{ when: string; body: unknown; message: RegExp }>([
    { when: 'no JSON', body: '{', message: /json|body/i },
    { when: 'nothing', body: {}, message: /^nodeName: / },
    { when: 'a name that is no text', body: { nodeName: 7 }, message: /^nodeName: / },
    { when: 'a name that is none', body: { nodeName: 'Node_1' }, message: /^nodeName: Invalid value: "Node_1"/ },
    { when: 'a name that is too long', body: { nodeName: 'n'.repeat(254) }, message: /^nodeName: / },
    {
      when: 'a credential that is no text',
      body: { nodeName: 'n', formerCredential: 1 },
      message: /^formerCredential: /,
    },
  ])('with $when is refused', async ({ body, message }) => {
    expectRefusal(await join(body), { code: 400, reason: 'BadRequest', message })
  })
})

describe('a sync', () => {
  it('is everything first, and from then on what is new', async () => {
    await client.post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mounted' } })
    await bound('first', 'node-1', mountsSecret('mounted'))
    const all = await heard(one)
    expect(all.full).toBe(true)
    expect(namesOf(all.pods)).toContain('first')
    expect(namesOf(all.secrets)).toEqual(['mounted'])
    expect(namesOf(all.services)).toEqual(['kubernetes'])
    expect(all.node.podCIDR).toMatch(/\/24$/)

    const nothing = await heard(one, all.cursor)
    expect([nothing.full, nothing.pods, nothing.services]).toEqual([
      false,
      { changed: [], gone: [] },
      { changed: [], gone: [] },
    ])

    await bound('second', 'node-1')
    await client.patch(`${SECRETS}/mounted`, { stringData: { a: '1' } })
    const news = await heard(one, nothing.cursor)
    expect([namesOf(news.pods), namesOf(news.secrets), news.full]).toEqual([['second'], ['mounted'], false])

    await client.delete(`${PODS}/second`, { gracePeriodSeconds: 0 })
    const gone = await heard(one, news.cursor)
    expect(gone.pods).toEqual({ changed: [], gone: [{ namespace: 'default', name: 'second' }] })
  })

  it("holds neither another node's Pods nor what they mount, nor what nobody mounts", async () => {
    for (const name of ['of-two', 'of-nobody'])
      await client.post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name } })
    await client.post(CONFIG_MAPS, configMap('of-nobody'))
    const { cursor } = await heard(one)
    await bound('theirs', 'node-2', mountsSecret('of-two'))
    await client.patch(`${SECRETS}/of-two`, { stringData: { a: '1' } })
    for (const text of [JSON.stringify(await heard(one)), JSON.stringify(await heard(one, cursor))])
      expect(text).not.toMatch(/theirs|of-two|of-nobody/)
    expect(namesOf((await heard(two)).secrets)).toEqual(['of-two'])
  })

  it.each(['1', '999999999', '0'])(
    'from cursor %s, which the log does not go back or on to, is news or everything',
    async (cursor) => {
      const { code, body } = await sync(one, { cursor })
      expect(code).toBe(200)
      expect(namesOf(body.pods)).toContain('first')
    },
  )
})

describe('a report', () => {
  const reported = ({ metadata }: Json, phase: string) => ({
    namespace: 'default',
    name: metadata.name,
    uid: metadata.uid,
    status: { phase },
  })
  const phaseOf = async (name: string): Promise<string> => (await client.get(`${PODS}/${name}`)).status.phase

  it("of a node's own Pod is written, and of another's is not", async () => {
    const own = await bound('own', 'node-1')
    const other = await bound('others', 'node-2')
    await sync(one, { pods: [reported(own, 'Running'), reported(other, 'Failed')] })
    expect([await phaseOf('own'), await phaseOf('others')]).toEqual(['Running', 'Pending'])
  })

  it('of a former Pod of the name is not written', async () => {
    const former = await bound('renewed', 'node-1')
    await client.delete(`${PODS}/renewed`, { gracePeriodSeconds: 0 })
    await bound('renewed', 'node-1')
    await sync(one, { pods: [reported(former, 'Failed')], ended: [reported(former, '')] })
    expect(await phaseOf('renewed')).toBe('Pending')
  })

  it('that a Pod has ended removes it only while it is terminating, and only for its node', async () => {
    const made = await bound('ending', 'node-1')
    await sync(one, { ended: [reported(made, '')] })
    expect(await phaseOf('ending')).toBe('Pending')
    await client.delete(`${PODS}/ending`)
    await sync(two, { ended: [reported(made, '')] })
    expect(await phaseOf('ending')).toBe('Pending')
    await sync(one, { ended: [reported(made, '')] })
    expect((await client.ask(`${PODS}/ending`)).code).toBe(404)
  })

  it("of an event about another node's Pod is not recorded", async () => {
    const other = await bound('quiet', 'node-2')
    const about = { kind: 'Pod', namespace: 'default', name: 'quiet', uid: other.metadata.uid }
    await sync(one, { events: [{ about, type: 'Warning', reason: 'Slander', message: 'm' }] })
    await sync(two, { events: [{ about, type: 'Normal', reason: 'Pulled', message: 'm' }] })
    const { items } = await client.get('/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dquiet')
    expect(items.map(({ reason }: Json) => reason)).toEqual(['Pulled'])
  })
})

describe("a Pod's token", () => {
  const asked = ({ metadata }: Json, rest: object = {}) => ({
    pod: { namespace: 'default', name: metadata.name, uid: metadata.uid },
    serviceAccount: 'default',
    audiences: [],
    expirationSeconds: 3607,
    ...rest,
  })

  it("is given to the Pod's node only, for its own account, and ends with the Pod", async () => {
    await letAccountsView(client)
    const made = await bound('tokened', 'node-1')
    const { code, body } = await post('/agent/v1/token', one, asked(made))
    expect(code).toBe(200)
    expect((await client.ask(PODS, { token: body.token })).code).toBe(200)
    expectRefusal(await post('/agent/v1/token', two, asked(made)), { code: 404, reason: 'NotFound' })
    const other = asked(made, { serviceAccount: 'admin' })
    expectRefusal(await post('/agent/v1/token', one, other), { code: 403, reason: 'Forbidden' })
    await client.delete(`${PODS}/tokened`, { gracePeriodSeconds: 0 })
    expect((await client.ask(PODS, { token: body.token })).code).toBe(401)
  })
})

describe('a malformed body', () => {
  const report = { namespace: 'default', name: 'first', uid: 'u', status: {} }
  const bad = (message: RegExp): Refusal => ({ code: 400, reason: 'BadRequest', message })
  it.each<{ path: string; body: unknown; want: Refusal }>([
    { path: 'sync', body: '{"pods":', want: bad(/json/i) },
    { path: 'sync', body: '', want: bad(/json/i) },
    { path: 'sync', body: [], want: bad(/^body: /) },
    { path: 'sync', body: { cursor: 7 }, want: bad(/^cursor: /) },
    { path: 'sync', body: { cursor: 'x' }, want: bad(/cursor/) },
    { path: 'sync', body: { pods: {} }, want: bad(/^pods: /) },
    { path: 'sync', body: { pods: [{ ...report, uid: 7 }] }, want: bad(/^pods\.0\.uid: /) },
    { path: 'sync', body: { pods: [{ ...report, status: 'Running' }] }, want: bad(/^pods\.0\.status: /) },
    { path: 'sync', body: { pods: [{ ...report, status: { phase: 7 } }] }, want: bad(/phase/) },
    { path: 'sync', body: { ended: [{ name: 'a' }] }, want: bad(/^ended\.0\.namespace: /) },
    { path: 'sync', body: { events: [{ reason: 'r' }] }, want: bad(/^events\.0\.about: /) },
    { path: 'sync', body: { node: { labels: { a: 1 }, status: {} } }, want: bad(/^node\.labels\.a: /) },
    { path: 'sync', body: { node: { labels: {}, status: { capacity: { cpu: 'much' } } } }, want: bad(/quantit/) },
    { path: 'token', body: {}, want: bad(/^pod: /) },
    {
      path: 'token',
      body: { pod: report, serviceAccount: 'a', expirationSeconds: 1.5 },
      want: bad(/^expirationSeconds: /),
    },
    { path: 'certificate', body: {}, want: bad(/^csr: /) },
    { path: 'certificate', body: { csr: 'not PEM' }, want: bad(/./) },
    { path: 'sync', body: 'x'.repeat(3 * 1024 * 1024 + 1), want: { code: 413, reason: 'RequestEntityTooLarge' } },
  ])('of $path is refused, and nothing of it is done: $want.message', async ({ path, body, want }) => {
    const before = await client.version()
    expectRefusal(await post(`/agent/v1/${path}`, one, body), want)
    expect(await client.version()).toBe(before)
  })

  it('or method or path is refused as anywhere', async () => {
    const ask = async (path: string, method: string) =>
      answerOf(await client.world.request(path, { method, token: one }))
    expectRefusal(await ask('/agent/v1/sync', 'GET'), { code: 405, reason: 'MethodNotAllowed' })
    expectRefusal(await ask('/agent/v1/none', 'POST'), { code: 404, reason: 'NotFound' })
    expectRefusal(await ask('/agent/v1/doorbell', 'GET'), { code: 400, reason: 'BadRequest' })
  })
})

describe('a report that is refused', () => {
  it('an Event of a namespace that is going, or about a name that is no name, keeps nothing else back', async () => {
    await client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } })
    const held = pod('held', { metadata: { finalizers: ['test/held'] }, spec: { nodeName: 'node-1' } })
    const inside = await client.post('/api/v1/namespaces/going/pods', held)
    const long = `${'n'.repeat(199)}-${'n'.repeat(20)}`
    const named = await bound(long, 'node-1')
    const other = await bound('reported', 'node-1')
    await client.delete('/api/v1/namespaces/going')
    const about = ({ metadata }: Json) => ({
      kind: 'Pod',
      namespace: metadata.namespace,
      name: metadata.name,
      uid: metadata.uid,
    })
    const event = (subject: Json) => ({ about: about(subject), type: 'Normal', reason: 'Killing', message: 'Stopping' })
    const { namespace, name, uid } = about(other)
    const answer = await sync(one, {
      pods: [{ namespace, name, uid, status: { phase: 'Running' } }],
      events: [event(inside), event(named), event(other)],
    })
    expect(answer.code).toBe(200)
    expect((await client.get(`${PODS}/reported`)).status.phase).toBe('Running')
    const events = await client.get('/api/v1/events?fieldSelector=reason%3DKilling')
    expect(events.items.map(({ involvedObject }: Json) => involvedObject.name).sort()).toEqual(
      [long, 'reported'].sort(),
    )
  })
})
