/** Questions about access: what may be done, by whom, and whose a token is. */
import { createLocalJWKSet, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Answer,
  type Asked,
  type Client,
  CONFIG_MAPS,
  expectRefusal,
  type Json,
  newClient,
  PODS,
  pod,
} from './client.ts'

const AUTHORIZATION = '/apis/authorization.k8s.io/v1'
const AUTHENTICATION = '/apis/authentication.k8s.io/v1'
const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts'
const ISSUER = 'https://kubernetes.default.svc.cluster.local'

let client: Client
/** Of the user ann, of the group people, who may view the default namespace. */
let ann: string

beforeAll(async () => {
  client = await newClient('reviews')
  ann = (await issue({ user: 'ann', groups: ['people'] })).token
  await client.post('/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'people' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'Group', name: 'people' }],
  })
})

async function issue(rest: object): Promise<Json> {
  const { request, cluster } = client.world
  const made = await request('/platform/v1/tokens', { method: 'POST', body: { kind: 'cluster', cluster, ...rest } })
  return made.json()
}

const review = (group: string, kind: string, spec: object | undefined, asked: Asked = {}): Promise<Answer> =>
  client.ask(`${group}/${kind.toLowerCase()}s`, {
    method: 'POST',
    body: { apiVersion: group.slice('/apis/'.length), kind, ...(spec ? { spec } : {}) },
    ...asked,
  })
const statusOf = async (group: string, kind: string, spec: object, asked: Asked = {}): Promise<Json> => {
  const { code, body, text } = await review(group, kind, spec, asked)
  expect(code, text).toBe(201)
  expect(body).toMatchObject({ apiVersion: group.slice('/apis/'.length), kind, spec })
  return body.status
}

const lists = (resource: string, rest: object = {}) => ({
  resourceAttributes: { verb: 'list', resource, namespace: 'default', ...rest },
})
const REASON = 'RBAC: allowed by RoleBinding "people/default" of ClusterRole "view" to Group "people"'

describe('a user of a token', () => {
  it('may do what its user and groups may', async () => {
    expect((await client.ask(PODS, { token: ann })).code).toBe(200)
    expect((await client.ask('/api/v1/pods', { token: ann })).code).toBe(403)
    const admin = await issue({})
    expect((await client.ask('/api/v1/pods', { token: admin.token })).code).toBe(200)
  })

  it.each([
    { user: 'system:admin' },
    { user: 'ann', groups: ['system:nodes'] },
    { groups: ['people'] },
    { kind: 'organization', user: 'ann' },
  ])('is refused as %j', async (rest) => {
    expect(await issue(rest)).toMatchObject({ kind: 'Status', code: 422, reason: 'Invalid' })
  })
})

describe('a review', () => {
  it('has no form but its own', async () => {
    const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const ask = (accept: string) =>
      review(
        '/apis/authorization.k8s.io/v1',
        'SelfSubjectAccessReview',
        { nonResourceAttributes: { path: '/', verb: 'get' } },
        { headers: { accept } },
      )
    const refused = await ask(table)
    expect([refused.code, refused.body.reason]).toEqual([406, 'NotAcceptable'])
    const answered = await ask(`${table},application/json`)
    expect([answered.code, answered.body.status.allowed]).toEqual([201, true])
  })
})

describe('who am I', () => {
  it('is answered with name, groups, and what the token says', async () => {
    const me = async (asked: Asked = {}): Promise<Json> =>
      (await review(AUTHENTICATION, 'SelfSubjectReview', undefined, asked)).body.status.userInfo
    expect(await me({ token: ann })).toEqual({ username: 'ann', groups: ['people', 'system:authenticated'] })
    expect(await me({ headers: { 'impersonate-user': 'bob', 'impersonate-extra-Example.com%2Fa': 'b' } })).toEqual({
      username: 'bob',
      groups: ['system:authenticated'],
      extra: { 'example.com/a': ['b'] },
    })
    const { metadata } = await client.post(PODS, pod('mine'))
    const spec = { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'mine' } }
    const { status } = await client.post(`${ACCOUNTS}/default/token`, { spec })
    expect(await me({ token: status.token })).toEqual({
      username: 'system:serviceaccount:default:default',
      uid: expect.any(String),
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=[-0-9a-f]{36}$/)],
        'authentication.kubernetes.io/pod-name': ['mine'],
        'authentication.kubernetes.io/pod-uid': [metadata.uid],
      },
    })
  })
})

describe('may I', () => {
  it('is answered with the reason', async () => {
    const may = (spec: object, asked: Asked = { token: ann }) =>
      statusOf(AUTHORIZATION, 'SelfSubjectAccessReview', spec, asked)
    expect(await may(lists('pods'))).toEqual({ allowed: true, reason: REASON })
    expect(await may(lists('secrets'))).toEqual({ allowed: false })
    expect(await may(lists('pods', { namespace: '' }))).toEqual({ allowed: false })
    expect(await may(lists('pods', { subresource: 'exec', verb: 'create' }))).toEqual({ allowed: false })
    expect(await may({ nonResourceAttributes: { verb: 'get', path: '/version' } })).toMatchObject({ allowed: true })
    expect(await may({ nonResourceAttributes: { verb: 'get', path: '/metrics' } })).toEqual({ allowed: false })
    expect(await may(lists('anything', { group: 'example.com' }), {})).toEqual({ allowed: true })
  })

  it('is answered whole, for a namespace', async () => {
    const { resourceRules, nonResourceRules, incomplete } = await statusOf(
      AUTHORIZATION,
      'SelfSubjectRulesReview',
      { namespace: 'default' },
      { token: ann },
    )
    expect(resourceRules).toContainEqual({
      verbs: ['get', 'list', 'watch'],
      apiGroups: [''],
      resources: ['namespaces'],
    })
    expect(resourceRules).toContainEqual({
      verbs: ['create'],
      apiGroups: ['authentication.k8s.io'],
      resources: ['selfsubjectreviews'],
    })
    expect(nonResourceRules[0].verbs).toEqual(['get'])
    expect(incomplete).toBe(false)
    const elsewhere = await statusOf(
      AUTHORIZATION,
      'SelfSubjectRulesReview',
      { namespace: 'kube-system' },
      { token: ann },
    )
    expect(JSON.stringify(elsewhere)).not.toContain('configmaps')
  })

  it.each([
    { spec: {}, field: 'spec.resourceAttributes' },
    { spec: { ...lists('pods'), nonResourceAttributes: { path: '/' } }, field: 'spec.nonResourceAttributes' },
  ])('is refused as $field', async ({ spec, field }) => {
    const answer = await review(AUTHORIZATION, 'SelfSubjectAccessReview', spec)
    expectRefusal(answer, { code: 422, reason: 'Invalid' })
    expect(answer.body.details.causes[0].field).toBe(field)
  })
})

describe('may somebody', () => {
  it('is answered of a user, of a group, and of all in one namespace', async () => {
    const may = (spec: object) => statusOf(AUTHORIZATION, 'SubjectAccessReview', spec)
    expect(await may({ user: 'x', groups: ['people'], ...lists('pods') })).toEqual({ allowed: true, reason: REASON })
    expect(await may({ user: 'ann', ...lists('pods') })).toEqual({ allowed: false })
    const local = `${AUTHORIZATION}/namespaces/default/localsubjectaccessreviews`
    const asked = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'LocalSubjectAccessReview',
      metadata: { namespace: 'default' },
    }
    const ok = await client.post(local, { ...asked, spec: { groups: ['people'], ...lists('pods') } })
    expect(ok.status).toEqual({ allowed: true, reason: REASON })
    const other = await client.ask(local, {
      method: 'POST',
      body: { ...asked, spec: { user: 'ann', ...lists('pods', { namespace: 'other' }) } },
    })
    expectRefusal(other, { code: 422, reason: 'Invalid' })
  })

  it('is not for everybody to ask, nor of nobody', async () => {
    expectRefusal(await review(AUTHORIZATION, 'SubjectAccessReview', { user: 'x', ...lists('pods') }, { token: ann }), {
      code: 403,
      reason: 'Forbidden',
    })
    const answer = await review(AUTHORIZATION, 'SubjectAccessReview', lists('pods'))
    expect([answer.code, answer.body.details.causes[0].field]).toEqual([422, 'spec.user'])
  })
})

describe('whose is a token', () => {
  const whose = (token: string, audiences?: string[]): Promise<Json> =>
    statusOf(AUTHENTICATION, 'TokenReview', { token, ...(audiences ? { audiences } : {}) })

  it("is answered of a ServiceAccount's, for the audience that is asked", async () => {
    const { status } = await client.post(`${ACCOUNTS}/default/token`, { spec: { audiences: ['vault', 'other'] } })
    expect(await whose(status.token, ['vault', 'third'])).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
      user: { username: 'system:serviceaccount:default:default' },
    })
    expect(await whose(status.token)).toEqual({
      user: {},
      error: expect.stringMatching(/is invalid for the target audiences/),
    })
    const { status: usual } = await client.post(`${ACCOUNTS}/default/token`, { spec: {} })
    expect(await whose(usual.token)).toMatchObject({ authenticated: true, audiences: [ISSUER] })
  })

  it('is answered of a token of the platform, in its own cluster', async () => {
    expect(await whose(ann)).toEqual({
      authenticated: true,
      audiences: [ISSUER],
      user: { username: 'ann', groups: ['people', 'system:authenticated'] },
    })
    expect(await whose(ann, ['vault'])).toMatchObject({ error: expect.any(String) })
    const other = await newClient('reviews-other')
    const answer = await other.post(`${AUTHENTICATION}/tokenreviews`, { spec: { token: ann } })
    expect(answer.status).toEqual({ user: {}, error: 'invalid bearer token' })
  })

  it("is nobody's where it is unknown or has ended", async () => {
    expect(await whose('skc_unknown')).toEqual({ user: {}, error: 'invalid bearer token' })
    expect(await whose('ünknown\n')).toEqual({ user: {}, error: 'invalid bearer token' })
    expect(await whose('a.b.c')).toEqual({ user: {}, error: 'invalid bearer token' })
    await client.post(ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'mortal' } })
    const { status } = await client.post(`${ACCOUNTS}/mortal/token`, { spec: {} })
    expect(await whose(status.token)).toMatchObject({ authenticated: true })
    await client.delete(`${ACCOUNTS}/mortal`)
    expect(await whose(status.token)).toEqual({ user: {}, error: expect.stringMatching(/has been invalidated/) })
    expectRefusal(await review(AUTHENTICATION, 'TokenReview', {}), { code: 400, reason: 'BadRequest' })
  })
})

describe('reviews', () => {
  it('are only made', async () => {
    const { resources } = await client.get(AUTHORIZATION)
    expect(resources).toContainEqual({
      name: 'selfsubjectaccessreviews',
      singularName: 'selfsubjectaccessreview',
      namespaced: false,
      kind: 'SelfSubjectAccessReview',
      verbs: ['create'],
    })
    for (const path of [
      `${AUTHORIZATION}/subjectaccessreviews`,
      `${AUTHORIZATION}/subjectaccessreviews/a`,
      `${AUTHENTICATION}/tokenreviews?watch=true`,
    ])
      expectRefusal(await client.ask(path), { code: 405, reason: 'MethodNotAllowed' })
    const before = await client.version()
    await review(AUTHORIZATION, 'SelfSubjectAccessReview', lists('pods'))
    expect(await client.version()).toBe(before)
  })
})

describe("the issuer's documents", () => {
  it("verify a ServiceAccount's token", async () => {
    const configuration = await client.get('/.well-known/openid-configuration')
    expect(configuration).toMatchObject({ issuer: ISSUER, id_token_signing_alg_values_supported: ['ES256'] })
    const { body: keys, headers } = await client.ask(new URL(configuration.jwks_uri).pathname)
    expect(headers.get('content-type')).toBe('application/jwk-set+json')
    const { status } = await client.post(`${ACCOUNTS}/default/token`, { spec: { audiences: ['vault'] } })
    const { payload, protectedHeader } = await jwtVerify(status.token, createLocalJWKSet(keys), {
      issuer: ISSUER,
      audience: 'vault',
    })
    expect(payload.sub).toBe('system:serviceaccount:default:default')
    expect(protectedHeader.kid).toBe(keys.keys[0].kid)
    expect(JSON.stringify(keys)).not.toContain('"d"')
    expect((await client.ask(CONFIG_MAPS, { token: status.token })).code).toBe(401)
  })
})
