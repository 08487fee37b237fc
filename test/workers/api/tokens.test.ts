/** ServiceAccounts' tokens: what is asked for is what is given, and they end with what they are bound to. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import {
  type Client,
  CONFIG_MAPS,
  expectRefusal,
  type Json,
  letAccountsView,
  newClient,
  PODS,
  pod,
  type Refusal,
} from './client.ts'

const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts'
const SECRETS = '/api/v1/namespaces/default/secrets'

let client: Client

beforeAll(async () => {
  client = await newClient('tokens')
  await letAccountsView(client)
  await account('robot')
  await client.post(PODS, pod('of-default'))
})

const account = (name: string) =>
  client.post(ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } })

const requestToken = (name: string, spec: object = {}, metadata: object = {}) =>
  client.ask(`${ACCOUNTS}/${name}/token`, {
    method: 'POST',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata, spec },
  })

const tokenOf = async (name: string, spec: object = {}): Promise<string> =>
  (await requestToken(name, spec)).body.status.token

const uses = async (token: string): Promise<number> => (await client.ask(CONFIG_MAPS, { token })).code

const claimsOf = (token: string): Json =>
  JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')))

describe('a TokenRequest', () => {
  it('answers the token, its audiences and when it ends', async () => {
    const { code, body } = await requestToken('robot', { expirationSeconds: 1200 })
    expect(code).toBe(201)
    expect(body).toMatchObject({
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: 'robot', namespace: 'default' },
      spec: { audiences: ['https://kubernetes.default.svc.cluster.local'], expirationSeconds: 1200 },
    })
    const claims = claimsOf(body.status.token)
    expect(claims.sub).toBe('system:serviceaccount:default:robot')
    expect(claims.exp - claims.iat).toBe(1200)
    expect(Date.parse(body.status.expirationTimestamp)).toBe(claims.exp * 1000)
    expect(await uses(body.status.token)).toBe(200)
  })

  const robot = { account: 'robot' }
  const reference = (rest: object) => ({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', ...rest } })
  it.each<{ when: string; account: string; spec?: object; metadata?: object; want: Refusal }>([
    {
      when: 'shorter than ten minutes',
      ...robot,
      spec: { expirationSeconds: 599 },
      want: {
        code: 422,
        reason: 'Invalid',
        causes: [
          {
            reason: 'FieldValueInvalid',
            field: 'spec.expirationSeconds',
            message: 'Invalid value: 599: may not specify a duration less than 10 minutes',
          },
        ],
      },
    },
    {
      when: 'of another account by its name',
      ...robot,
      metadata: { name: 'default' },
      want: {
        code: 422,
        reason: 'Invalid',
        message:
          'TokenRequest.authentication.k8s.io "robot" is invalid: metadata.name: Invalid value: "default": must match the service account name if specified',
      },
    },
    {
      when: 'of another account by its namespace',
      ...robot,
      metadata: { namespace: 'kube-system' },
      want: { code: 422, reason: 'Invalid', message: /must match the service account namespace if specified$/ },
    },
    {
      when: 'longer than 2^32 seconds',
      ...robot,
      spec: { expirationSeconds: 2 ** 32 + 1 },
      want: { code: 422, reason: 'Invalid', message: /larger than 2\^32 seconds/ },
    },
    { when: 'of no account', account: 'nobody', spec: {}, want: { code: 404, reason: 'NotFound' } },
    {
      when: 'bound to no Pod',
      ...robot,
      spec: reference({ name: 'absent' }),
      want: { code: 404, reason: 'NotFound', message: 'pods "absent" not found' },
    },
    {
      when: "bound to another account's Pod",
      ...robot,
      spec: reference({ name: 'of-default' }),
      want: { code: 400, reason: 'BadRequest', message: /different serviceaccount name/ },
    },
    {
      when: 'bound to a former Pod of that name',
      account: 'default',
      spec: reference({ name: 'of-default', uid: 'former' }),
      want: { code: 409, reason: 'Conflict', message: /does not match the UID in record/ },
    },
    {
      when: 'bound to a ConfigMap',
      ...robot,
      spec: reference({ kind: 'ConfigMap', name: 'kube-root-ca.crt' }),
      want: { code: 400, reason: 'BadRequest', message: /cannot bind token/ },
    },
    {
      when: 'with audiences that are none',
      ...robot,
      spec: { audiences: 'vault' },
      want: { code: 400, reason: 'BadRequest' },
    },
    {
      when: 'for a time that is none',
      ...robot,
      spec: { expirationSeconds: 'long' },
      want: { code: 400, reason: 'BadRequest' },
    },
  ])('is refused $when', async ({ account: name, spec = {}, metadata, want }) => {
    expectRefusal(await requestToken(name, spec, metadata), want)
  })

  it('is refused where the body is something else', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap' }
    const answer = await client.ask(`${ACCOUNTS}/robot/token`, { method: 'POST', body })
    expectRefusal(answer, { code: 400, reason: 'BadRequest' })
  })
})

describe('a token ends', () => {
  it('with its account, and is not good for a new one of that name', async () => {
    await account('mortal')
    const token = await tokenOf('mortal')
    expect(await uses(token)).toBe(200)
    await client.delete(`${ACCOUNTS}/mortal`)
    expectRefusal(await client.ask(CONFIG_MAPS, { token }), { code: 401, reason: 'Unauthorized' })
    await account('mortal')
    expect(await uses(token)).toBe(401)
    expect(await uses(await tokenOf('mortal'))).toBe(200)
  })

  it('with the Pod it is bound to, and is not good for a new one of that name', async () => {
    const spec = { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'bound' } }
    const { metadata } = await client.post(PODS, pod('bound', { spec: { serviceAccountName: 'robot' } }))
    const token = await tokenOf('robot', spec)
    expect(claimsOf(token)['kubernetes.io']).toMatchObject({
      namespace: 'default',
      pod: { name: 'bound', uid: metadata.uid },
    })
    expect(await uses(token)).toBe(200)
    await client.delete(`${PODS}/bound`)
    expect(await uses(token)).toBe(401)
    const watch = await client.ask(`${CONFIG_MAPS}?watch=true&timeoutSeconds=1`, { token })
    expectRefusal(watch, { code: 401, reason: 'Unauthorized' })
    await client.post(PODS, pod('bound', { spec: { serviceAccountName: 'robot' } }))
    expect(await uses(token)).toBe(401)
    expect(await uses(await tokenOf('robot'))).toBe(200)
  })

  it('with the Secret it is bound to', async () => {
    await client.post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bound' } })
    const token = await tokenOf('robot', { boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 'bound' } })
    expect(await uses(token)).toBe(200)
    await client.delete(`${SECRETS}/bound`)
    expect(await uses(token)).toBe(401)
  })
})

describe('a Secret that is to hold a token', () => {
  const holder = (name: string, of: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, annotations: { 'kubernetes.io/service-account.name': of } },
    type: 'kubernetes.io/service-account-token',
  })
  const filled = (name: string): Promise<Json> =>
    eventually('the token', async () => {
      const secret = await client.get(`${SECRETS}/${name}`)
      return secret.data?.token && secret
    })

  it('is filled, and again when it was emptied, and goes with its account', async () => {
    await account('held')
    await client.post(SECRETS, holder('holder', 'held'))
    const { data, metadata } = await filled('holder')
    const { uid } = (await client.get(`${ACCOUNTS}/held`)).metadata
    expect(metadata.annotations['kubernetes.io/service-account.uid']).toBe(uid)
    expect(atob(data.namespace)).toBe('default')
    expect(atob(data['ca.crt'])).toMatch(/^-----BEGIN CERTIFICATE-----/)
    const token = atob(data.token)
    expect(claimsOf(token)).toMatchObject({ sub: 'system:serviceaccount:default:held' })
    expect(claimsOf(token).exp).toBeUndefined()
    expect(await uses(token)).toBe(200)
    await client.patch(`${SECRETS}/holder`, { data: { token: null } })
    expect(await uses(atob((await filled('holder')).data.token))).toBe(200)
    await client.delete(`${ACCOUNTS}/held`)
    await eventually('the Secret is gone', async () => (await client.ask(`${SECRETS}/holder`)).code === 404)
    expect(await uses(token)).toBe(401)
  })

  it('of no account is deleted', async () => {
    await client.post(SECRETS, holder('nobodys', 'nobody'))
    await eventually('the Secret is gone', async () => (await client.ask(`${SECRETS}/nobodys`)).code === 404)
  })

  it('must name the account', async () => {
    const { metadata: _, ...rest } = holder('', '')
    const answer = await client.ask(SECRETS, { method: 'POST', body: { ...rest, metadata: { name: 'nameless' } } })
    expectRefusal(answer, { code: 422, reason: 'Invalid' })
  })
})
