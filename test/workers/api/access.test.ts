/** Who may ask: 401 for who is nobody, 404 for what is another's, and neither tells what exists. */
import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTenancy } from '../../../src/tenancy/tenancy.ts'
import { newWorld } from '../world.ts'
import {
  type Answer,
  type Asked,
  answerOf,
  type Client,
  CONFIG_MAPS,
  configMap,
  expectRefusal,
  letAccountsView,
  newClient,
  PODS,
  pod,
} from './client.ts'

const NO_CLUSTER = 'c-0000000000000000'
const tenancy = createTenancy(env.DB, () => Date.now())

let client: Client
/** An organization of its own, which has nothing. */
let stranger: string
let joinToken: string
let nodeToken: string
let clusterToken: string
let accountToken: string

beforeAll(async () => {
  client = await newClient('access')
  const { cluster } = client.world
  await env.DB.prepare("INSERT INTO organizations (id, name, created_at) VALUES ('o-other', 'other', 0)").run()
  stranger = (await tenancy.createToken({ organizationId: 'o-other', kind: 'organization', description: '' })).token
  joinToken = (await asked(`/platform/v1/clusters/${cluster}/join-tokens`, { method: 'POST', body: {} })).body.token
  nodeToken = (await asked('/agent/v1/join', { method: 'POST', token: joinToken, body: { nodeName: 'node-1' } })).body
    .credential
  clusterToken = (await asked('/platform/v1/tokens', { method: 'POST', body: { kind: 'cluster', cluster } })).body.token
  await letAccountsView(client)
  accountToken = await tokenOf('default')
})

/** Anywhere, as the organization that has the cluster or as `token`. */
const asked = async (path: string, { method = 'GET', body, token, headers }: Asked = {}): Promise<Answer> =>
  answerOf(
    await client.world.request(path, {
      method,
      body,
      ...(token === undefined ? {} : { token }),
      ...(headers ? { headers } : {}),
    }),
  )

async function tokenOf(account: string, spec: object = {}): Promise<string> {
  const { status } = await client.post(`/api/v1/namespaces/default/serviceaccounts/${account}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec,
  })
  return status.token
}

const UNAUTHORIZED = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' }

function expectUnauthorized(answer: Answer): void {
  expectRefusal(answer, UNAUTHORIZED)
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
}

/** What an answer says, whichever cluster it is about. */
const tells = ({ code, headers, text }: Answer) => ({
  code,
  headers: Object.fromEntries([...headers].filter(([name]) => name !== 'date')),
  text: text.replaceAll(/c-[a-z0-9]{16}/g, '<cluster>'),
})

const forged = (claims: object, alg = 'none') => {
  const part = (value: object) => btoa(JSON.stringify(value)).replaceAll('=', '')
  return `${part({ alg, typ: 'JWT' })}.${part(claims)}.${btoa('signature').replaceAll('=', '')}`
}
const CLAIMS = {
  iss: 'https://kubernetes.default.svc.cluster.local',
  aud: ['https://kubernetes.default.svc.cluster.local'],
  sub: 'system:serviceaccount:default:default',
  exp: 4_102_444_800,
}

describe('a request of nobody', () => {
  it.each([
    { who: 'no token', authorization: '' },
    { who: 'an empty one', authorization: 'Bearer ' },
    { who: 'another scheme', authorization: 'Basic YTpi' },
    { who: 'an unknown token', authorization: `Bearer skc_${'a'.repeat(43)}` },
    { who: 'a malformed token', authorization: 'Bearer %%%' },
    { who: 'something like a JWT', authorization: 'Bearer a.b.c' },
    { who: 'an unsigned JWT', authorization: `Bearer ${forged(CLAIMS)}` },
    { who: 'a JWT signed with the wrong kind of key', authorization: `Bearer ${forged(CLAIMS, 'HS256')}` },
  ])('is 401 for $who, whether or not the cluster exists', async ({ authorization }) => {
    const headers = { authorization }
    for (const path of [
      '',
      ...(authorization ? ['/version'] : []),
      '/api',
      '/apis/none',
      CONFIG_MAPS,
      `${CONFIG_MAPS}?watch=true`,
      '/none',
    ]) {
      const answer = await asked(`/clusters/${client.world.cluster}${path}`, { headers })
      expectUnauthorized(answer)
      expect(tells(await asked(`/clusters/${NO_CLUSTER}${path}`, { headers }))).toEqual(tells(answer))
    }
    for (const path of ['/platform/v1/clusters', '/platform/v1/none', '/agent/v1/sync', '/agent/v1/join'])
      expectUnauthorized(await asked(path, { headers, method: 'POST', body: {} }))
  })

  it('without any credentials is shown what the roles show to all: health and version, and no more', async () => {
    const nobody = async (path: string, cluster = client.world.cluster, method = 'GET') =>
      answerOf(await exports.default.fetch(`https://skycrane.test/clusters/${cluster}${path}`, { method }))
    for (const path of ['/healthz', '/livez', '/readyz', '/version']) {
      expect((await nobody(path)).code, path).toBe(200)
      expectUnauthorized(await nobody(path, NO_CLUSTER))
      expectUnauthorized(await nobody(path, client.world.cluster, 'POST'))
    }
    for (const path of ['/api', '/livez/ping', '/metrics', CONFIG_MAPS, '/none']) expectUnauthorized(await nobody(path))
    const keys = '/openid/v1/jwks'
    expectRefusal(await nobody(keys), {
      code: 403,
      reason: 'Forbidden',
      message: `forbidden: User "system:anonymous" cannot get path "${keys}"`,
    })
    const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
    await client.post(bindings, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'issuer-for-all' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'system:service-account-issuer-discovery',
      },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:unauthenticated' }],
    })
    expect((await nobody(keys)).body.keys).toHaveLength(1)
    await client.delete(`${bindings}/system:public-info-viewer`)
    expect((await nobody('/healthz')).code).toBe(403)
  })

  it('is 401 once its token has expired or was taken back', async () => {
    const { organizationId } = (await tenancy.token(client.world.token)) ?? {}
    if (!organizationId) throw new Error('no organization')
    const expired = await tenancy.createToken({
      organizationId,
      kind: 'organization',
      description: '',
      expiresAt: Date.now() - 1,
    })
    expectUnauthorized(await client.ask(CONFIG_MAPS, { token: expired.token }))
    const made = await asked('/platform/v1/tokens', { method: 'POST', body: { kind: 'organization' } })
    const { id, token } = made.body
    expect((await client.ask(CONFIG_MAPS, { token })).code).toBe(200)
    expect((await asked(`/platform/v1/tokens/${id}`, { method: 'DELETE' })).code).toBe(200)
    expectUnauthorized(await client.ask(CONFIG_MAPS, { token }))
  })
})

describe('a valid token of another organization', () => {
  it.each([
    { what: 'discovery', path: '/api' },
    { what: 'the version', path: '/version' },
    { what: 'a path that leads nowhere', path: '/none' },
    { what: 'a list', path: CONFIG_MAPS },
    { what: 'a watch', path: `${CONFIG_MAPS}?watch=true` },
    { what: 'a create', path: CONFIG_MAPS, method: 'POST', body: configMap('theirs') },
    { what: 'a malformed create', path: CONFIG_MAPS, method: 'POST', body: '{' },
    { what: 'a delete', path: `${CONFIG_MAPS}/kube-root-ca.crt`, method: 'DELETE' },
  ])('finds no such cluster: $what', async ({ path, ...rest }) => {
    const before = await client.version()
    const answer = await client.ask(path, { token: stranger, ...rest })
    expectRefusal(answer, { code: 404, reason: 'NotFound', message: `clusters "${client.world.cluster}" not found` })
    expect(tells(await asked(`/clusters/${NO_CLUSTER}${path}`, { token: stranger, ...rest }))).toEqual(tells(answer))
    expect(await client.version()).toBe(before)
  })

  it.each([
    { method: 'GET', path: '' },
    { method: 'DELETE', path: '' },
    { method: 'GET', path: '/kubeconfig' },
    { method: 'GET', path: '/figures' },
    { method: 'POST', path: '/join-tokens' },
  ])('finds it in the platform API neither: $method $path', async ({ method, path }) => {
    const of = (id: string) => asked(`/platform/v1/clusters/${id}${path}`, { method, token: stranger })
    const answer = await of(client.world.cluster)
    expectRefusal(answer, { code: 404, reason: 'NotFound' })
    expect(tells(await of(NO_CLUSTER))).toEqual(tells(answer))
  })

  it('gets no token for it, ends none of its tokens, and sees none of it listed', async () => {
    const body = { kind: 'cluster', cluster: client.world.cluster }
    expectRefusal(await asked('/platform/v1/tokens', { method: 'POST', token: stranger, body }), {
      code: 404,
      reason: 'NotFound',
    })
    const { items } = (await asked('/platform/v1/tokens')).body
    expectRefusal(await asked(`/platform/v1/tokens/${items[0].id}`, { method: 'DELETE', token: stranger }), {
      code: 404,
      reason: 'NotFound',
    })
    expect((await asked('/platform/v1/clusters', { token: stranger })).body).toEqual({ items: [] })
    const own = (await asked('/platform/v1/tokens', { token: stranger })).body.items
    expect(own.map((token: { organizationId: string }) => token.organizationId)).toEqual(['o-other'])
    expect(JSON.stringify(own)).not.toMatch(/hash|skc_/)
  })
})

describe('a token of narrower use', () => {
  const forbidden = { code: 403, reason: 'Forbidden' }

  it("a cluster's works in that cluster only, and not on the platform", async () => {
    const other = await newWorld('access-other')
    expect((await client.ask(CONFIG_MAPS, { token: clusterToken })).code).toBe(200)
    expectRefusal(await asked(`/clusters/${other.cluster}${CONFIG_MAPS}`, { token: clusterToken }), {
      code: 404,
      reason: 'NotFound',
    })
    expectRefusal(await asked('/platform/v1/clusters', { token: clusterToken }), forbidden)
    expectRefusal(await asked('/agent/v1/sync', { method: 'POST', token: clusterToken, body: {} }), forbidden)
  })

  it('a join token does nothing but join', async () => {
    expectUnauthorized(await client.ask(CONFIG_MAPS, { token: joinToken }))
    expectUnauthorized(await client.ask('/version', { token: joinToken }))
    expectRefusal(await asked('/platform/v1/clusters', { token: joinToken }), forbidden)
    expectRefusal(await asked('/agent/v1/sync', { method: 'POST', token: joinToken, body: {} }), forbidden)
  })

  it("a node's credential is its node's, and lets no one join", async () => {
    expectRefusal(await client.ask(CONFIG_MAPS, { token: nodeToken }), {
      ...forbidden,
      message:
        'configmaps is forbidden: User "system:node:node-1" cannot list resource "configmaps" in API group "" in the namespace "default": No Object name found',
    })
    expectRefusal(await client.ask('/api/v1/nodes/node-2', { method: 'DELETE', token: nodeToken }), forbidden)
    expectRefusal(await asked('/platform/v1/clusters', { token: nodeToken }), forbidden)
    const join = { method: 'POST', token: nodeToken, body: { nodeName: 'node-2' } }
    expectRefusal(await asked('/agent/v1/join', join), { code: 401, reason: 'Unauthorized' })
  })

  it("a ServiceAccount's is good in its own cluster only", async () => {
    const other = await newWorld('access-elsewhere')
    expect((await client.ask(CONFIG_MAPS, { token: accountToken })).code).toBe(200)
    expectUnauthorized(await asked(`/clusters/${other.cluster}${CONFIG_MAPS}`, { token: accountToken }))
    expectUnauthorized(await asked(`/clusters/${NO_CLUSTER}${CONFIG_MAPS}`, { token: accountToken }))
    for (const path of ['/platform/v1/clusters', '/agent/v1/sync', '/agent/v1/join'])
      expectUnauthorized(await asked(path, { method: 'POST', token: accountToken, body: {} }))
  })

  it("a ServiceAccount's may do what it was given, in its namespace", async () => {
    const may = async (path: string, rest: Asked = {}) =>
      (await client.ask(path, { token: accountToken, ...rest })).code
    expect(await may(PODS)).toBe(200)
    expect(await may('/api/v1/namespaces/default/secrets')).toBe(403)
    expect(await may('/api/v1/namespaces/kube-system/configmaps')).toBe(403)
    expect(await may('/api/v1/pods')).toBe(403)
    expect(await may('/api/v1/nodes')).toBe(403)
    expect(await may(PODS, { method: 'POST', body: pod('a') })).toBe(403)
    expect(await may(`${CONFIG_MAPS}/kube-root-ca.crt`, { method: 'DELETE' })).toBe(403)
  })

  it('with an audience of its own is not for the API', async () => {
    expectUnauthorized(await client.ask(CONFIG_MAPS, { token: await tokenOf('default', { audiences: ['vault'] }) }))
  })
})
