/** CertificateSigningRequests: asked for, approved, signed; and who may do each. */
import 'reflect-metadata'
import {
  ExtendedKeyUsageExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from '@peculiar/x509'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { type Answer, type Asked, type Client, expectRefusal, type Json, newClient } from './client.ts'

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const CLIENT = 'kubernetes.io/kube-apiserver-client'

let client: Client

beforeAll(async () => {
  client = await newClient('certificates')
})

async function csr(subject: string, ...names: { type: 'dns' | 'ip'; value: string }[]): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  // An asymmetric algorithm gives a pair.
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
    extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
  })
  return btoa(request.toString('pem'))
}

const request = (name: string, spec: object) => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name },
  spec,
})
const clientRequest = async (name: string, rest: object = {}) =>
  request(name, { request: await csr(`CN=${name}, O=people`), signerName: CLIENT, usages: ['client auth'], ...rest })

const as = (user: string, path: string, asked: Asked = {}): Promise<Answer> =>
  client.ask(path, { ...asked, headers: { 'impersonate-user': user } })

const verdict = (type: string) => ({ type, status: 'True', reason: 'Tested', message: 'by a test' })

async function approve(name: string, type = 'Approved'): Promise<Json> {
  const current = await client.get(`${REQUESTS}/${name}`)
  return client.put(`${REQUESTS}/${name}/approval`, { ...current, status: { conditions: [verdict(type)] } })
}

const signed = (name: string): Promise<string> =>
  eventually('the certificate', async () => (await client.get(`${REQUESTS}/${name}`)).status.certificate)

describe('a request', () => {
  it('says who asks, whatever the client says', async () => {
    const made = await client.post(REQUESTS, await clientRequest('asks', { username: 'somebody', groups: ['masters'] }))
    expect(made.spec).toMatchObject({
      username: expect.stringMatching(/^t-/),
      groups: ['system:masters', 'system:authenticated'],
    })
    const patch = { method: 'PATCH', body: { spec: { username: 'else' } }, type: 'application/merge-patch+json' }
    expect((await client.ask(`${REQUESTS}/asks`, patch)).body.spec).toEqual(made.spec)
    expect(
      (await client.get(`${REQUESTS}?fieldSelector=spec.signerName%3D${encodeURIComponent(CLIENT)}`)).items,
    ).toHaveLength(1)
  })

  it('is signed once it is approved, by the cluster, for what it asks', async () => {
    await client.post(REQUESTS, await clientRequest('signed', { expirationSeconds: 3600 }))
    const approved = await approve('signed')
    expect(approved.status.conditions).toEqual([
      { ...verdict('Approved'), lastUpdateTime: expect.any(String), lastTransitionTime: expect.any(String) },
    ])
    const certificate = new X509Certificate(atob(await signed('signed')))
    const { data } = await client.get('/api/v1/namespaces/default/configmaps/kube-root-ca.crt')
    const ca = new X509Certificate(data['ca.crt'])
    expect(await certificate.verify({ publicKey: await ca.publicKey.export() })).toBe(true)
    expect(certificate.subject).toBe('CN=signed, O=people')
    const [usage] = certificate.extensions.filter((extension) => extension instanceof ExtendedKeyUsageExtension)
    expect(usage?.usages).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.notAfter.getTime() - Date.now()).toBeLessThan(3600_000)
    const { conditions } = (await client.get(`${REQUESTS}/signed`)).status
    expect(conditions).toHaveLength(1)
  })

  it('for a node must be of a node', async () => {
    const signerName = 'kubernetes.io/kubelet-serving'
    const usages = ['digital signature', 'server auth']
    const names = [{ type: 'dns' as const, value: 'one' }]
    await client.post(
      REQUESTS,
      request('node', { request: await csr('CN=system:node:one, O=system:nodes', ...names), signerName, usages }),
    )
    await client.post(REQUESTS, request('no-node', { request: await csr('CN=one', ...names), signerName, usages }))
    for (const name of ['node', 'no-node']) await approve(name)
    expect(new X509Certificate(atob(await signed('node'))).subject).toBe('CN=system:node:one, O=system:nodes')
    const { conditions, certificate } = await eventually('the failure', async () => {
      const { status } = await client.get(`${REQUESTS}/no-node`)
      return status.conditions.length > 1 && status
    })
    expect(conditions[1]).toMatchObject({
      type: 'Failed',
      reason: 'SignerValidationFailure',
      message: expect.stringContaining('system:nodes'),
    })
    expect(certificate).toBeUndefined()
  })

  it('is not signed where it was denied, nor approved then', async () => {
    await client.post(REQUESTS, await clientRequest('denied'))
    await approve('denied', 'Denied')
    const current = await client.get(`${REQUESTS}/denied`)
    const both = { ...current, status: { conditions: [...current.status.conditions, verdict('Approved')] } }
    expectRefusal(await client.ask(`${REQUESTS}/denied/approval`, { method: 'PUT', body: both }), {
      code: 422,
      reason: 'Invalid',
      message: /Approved and Denied conditions are mutually exclusive/,
    })
    const none = { ...current, status: { conditions: [] } }
    expectRefusal(await client.ask(`${REQUESTS}/denied/approval`, { method: 'PUT', body: none }), {
      code: 422,
      reason: 'Invalid',
      message: /updates may not remove a condition of type "Denied"/,
    })
    // The status leaves verdicts as they are.
    await client.put(`${REQUESTS}/denied/status`, none)
    expect((await client.get(`${REQUESTS}/denied`)).status.conditions).toHaveLength(1)
  })

  it.each([
    { what: 'no PKCS#10', spec: { request: btoa('nothing') }, field: 'spec.request' },
    { what: 'no usages', spec: { usages: [] }, field: 'spec.usages' },
    { what: 'usages there are none of', spec: { usages: ['fly'] }, field: 'spec.usages[0]' },
    { what: 'a signer without domain', spec: { signerName: 'signer' }, field: 'spec.signerName' },
    { what: 'too short a time', spec: { expirationSeconds: 599 }, field: 'spec.expirationSeconds' },
  ])('is refused with $what', async ({ spec, field }) => {
    const answer = await client.ask(REQUESTS, { method: 'POST', body: await clientRequest('wrong', spec) })
    expectRefusal(answer, { code: 422, reason: 'Invalid' })
    expect(answer.body.details.causes[0].field).toBe(field)
  })
})

describe('approving', () => {
  beforeAll(async () => {
    const rules = [{ apiGroups: ['certificates.k8s.io'], resources: ['*'], verbs: ['create', 'get', 'update'] }]
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'asks' }, rules }
    await client.post(`${RBAC}/clusterroles`, role)
    const signers = {
      apiGroups: ['certificates.k8s.io'],
      resources: ['signers'],
      resourceNames: ['example.com/*'],
      verbs: ['approve', 'sign'],
    }
    await client.post(`${RBAC}/clusterroles`, { ...role, metadata: { name: 'approves' }, rules: [...rules, signers] })
    for (const [user, name] of [
      ['ann', 'asks'],
      ['bob', 'approves'],
    ])
      await client.post(`${RBAC}/clusterrolebindings`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ kind: 'User', name: user }],
      })
  })

  it("and signing are for who has the right to the signer's name", async () => {
    const body = await clientRequest('own', { signerName: 'example.com/own' })
    const made = (await as('ann', REQUESTS, { method: 'POST', body })).body
    expect(made.spec.username).toBe('ann')
    const approval = (status: object): Asked => ({
      method: 'PUT',
      body: { ...made, metadata: { name: 'own' }, status },
    })
    const approved = approval({ conditions: [verdict('Approved')] })
    expectRefusal(await as('ann', `${REQUESTS}/own/approval`, approved), {
      code: 403,
      reason: 'Forbidden',
      message:
        'certificatesigningrequests.certificates.k8s.io "own" is forbidden: user not permitted to approve requests with signerName "example.com/own"',
    })
    expect((await as('bob', `${REQUESTS}/own/approval`, approved)).code).toBe(200)
    const certificate = btoa('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n')
    expectRefusal(await as('ann', `${REQUESTS}/own/status`, approval({ certificate })), {
      code: 403,
      reason: 'Forbidden',
      message: /not permitted to sign/,
    })
    expect((await as('bob', `${REQUESTS}/own/status`, approval({ certificate }))).body.status.certificate).toBe(
      certificate,
    )
    const other = btoa('-----BEGIN CERTIFICATE-----\nAB==\n-----END CERTIFICATE-----\n')
    expectRefusal(await as('bob', `${REQUESTS}/own/status`, approval({ certificate: other })), {
      code: 422,
      reason: 'Invalid',
    })
  })

  it('is no way to be a master', async () => {
    const body = await clientRequest('master', { request: await csr('CN=me, O=system:masters') })
    expectRefusal(await client.ask(REQUESTS, { method: 'POST', body }), {
      code: 403,
      reason: 'Forbidden',
      message: /use of kubernetes\.io\/kube-apiserver-client signer with system:masters group is not allowed/,
    })
  })
})
