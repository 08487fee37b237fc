/** What a client gets that asks for what can't be: always a Status with the code, reason and field it can act on. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type Asked,
  type Client,
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  deployment,
  expectRefusal,
  LEASES,
  MERGE,
  newClient,
  PODS,
  pod,
  type Refusal,
  SERVICES,
  service,
  settled,
} from './client.ts'

interface Case extends Asked {
  readonly when: string
  readonly path: string
  readonly want: Refusal
}

let client: Client
let before: string

beforeAll(async () => {
  client = await newClient('errors')
  await client.post(CONFIG_MAPS, configMap('there', { data: { a: '1' } }))
  await settled(client)
})

beforeEach(async () => {
  before = await client.version()
})

afterEach(async () => {
  expect(await client.version(), 'a refused request changed something').toBe(before)
})

const refuses = (name: string, cases: readonly Case[]) =>
  it.each(cases)(`${name} $when`, async ({ path, want, ...asked }) => {
    expectRefusal(await client.ask(path, asked), want)
  })

const NO_SUCH = { code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' }

describe('a path that leads nowhere', () => {
  refuses('is 404:', [
    { when: 'an unknown group', path: '/apis/no.such.group/v1/things', want: NO_SUCH },
    { when: 'an unknown group in discovery', path: '/apis/no.such.group', want: NO_SUCH },
    { when: 'an unknown version', path: '/apis/apps/v1beta1/deployments', want: NO_SUCH },
    { when: 'an unknown version in discovery', path: '/apis/apps/v9', want: NO_SUCH },
    { when: 'a cluster-scoped resource in a namespace', path: '/api/v1/namespaces/default/nodes', want: NO_SUCH },
    { when: 'a name without its namespace', path: '/api/v1/configmaps/there', want: NO_SUCH },
    { when: 'an OpenAPI document of no group', path: '/openapi/v3/apis/no.such/v1', want: NO_SUCH },
  ])

  refuses('is 400 where its escapes are broken:', [
    { when: 'cut off', path: `${CONFIG_MAPS}/a%2`, want: { code: 400, reason: 'BadRequest' } },
    { when: 'not UTF-8', path: '/api/v1/namespaces/%ff/configmaps', want: { code: 400, reason: 'BadRequest' } },
  ])
})

describe('a method that a path does not know', () => {
  const NOT_ALLOWED = { code: 405, reason: 'MethodNotAllowed' }
  refuses('is 405:', [
    { when: 'PATCH of a collection', path: CONFIG_MAPS, method: 'PATCH', body: {}, type: MERGE, want: NOT_ALLOWED },
    { when: 'POST in all namespaces', path: '/api/v1/configmaps', method: 'POST', body: {}, want: NOT_ALLOWED },
    { when: 'DELETE in all namespaces', path: '/api/v1/configmaps', method: 'DELETE', want: NOT_ALLOWED },
    { when: 'DELETE of all namespaces', path: '/api/v1/namespaces', method: 'DELETE', want: NOT_ALLOWED },
    { when: 'GET of a binding', path: `${PODS}/a/binding`, want: NOT_ALLOWED },
    { when: 'DELETE of a status', path: `${PODS}/a/status`, method: 'DELETE', want: NOT_ALLOWED },
    { when: 'POST to discovery', path: '/apis', method: 'POST', body: {}, want: NOT_ALLOWED },
    { when: 'DELETE of the version', path: '/version', method: 'DELETE', want: NOT_ALLOWED },
    { when: 'a method of no standard', path: CONFIG_MAPS, method: 'PROPFIND', want: NOT_ALLOWED },
  ])

  it('answers HEAD of a watch at once', async () => {
    const watched = await client.ask(`${CONFIG_MAPS}?watch=true&timeoutSeconds=30`, { method: 'HEAD' })
    expect([watched.code, watched.text]).toEqual([200, ''])
  }, 10_000)
})

describe('a body that can not be read', () => {
  const create = { path: CONFIG_MAPS, method: 'POST' }
  const bad = (message?: string | RegExp) => ({ code: 400, reason: 'BadRequest', ...(message ? { message } : {}) })
  refuses('is 400:', [
    { when: 'null', ...create, body: 'null', want: bad() },
    { when: 'malformed YAML', ...create, body: 'a: [', type: 'application/yaml', want: bad(/yaml/i) },
    { when: 'YAML of nothing', ...create, body: '', type: 'application/yaml', want: bad() },
    { when: 'malformed protobuf', ...create, body: 'k8s', type: 'application/vnd.kubernetes.protobuf', want: bad() },
    { when: 'another version', ...create, body: { ...configMap('a'), apiVersion: 'v2' }, want: bad(/\(v2\).*\(v1\)/) },
    { when: 'metadata of a wrong type', ...create, body: { ...configMap('a'), metadata: 'a' }, want: bad(/metadata/) },
    {
      when: 'a number of a wrong type',
      path: DEPLOYMENTS,
      method: 'POST',
      body: deployment('a', { spec: { replicas: 'three' } }),
      want: bad(
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
      ),
    },
    { when: 'a malformed patch', path: `${CONFIG_MAPS}/there`, method: 'PATCH', body: '{', type: MERGE, want: bad() },
    {
      when: 'a version on create',
      ...create,
      body: { ...configMap('a'), metadata: { name: 'a', resourceVersion: '1' } },
      want: bad(/resourceVersion should not be set/),
    },
    {
      when: 'malformed options of a delete',
      path: `${CONFIG_MAPS}/there`,
      method: 'DELETE',
      body: '{"gracePeriodSeconds":"soon"}',
      want: bad(),
    },
  ])

  const unsupported = (types: RegExp) => ({ code: 415, reason: 'UnsupportedMediaType', message: types })
  refuses('is 415:', [
    { when: 'of a foreign type', ...create, body: '<a/>', type: 'application/xml', want: unsupported(/json/) },
    { when: 'a form', ...create, body: 'a=b', type: 'application/x-www-form-urlencoded', want: unsupported(/json/) },
    {
      when: 'a patch in plain JSON',
      path: `${CONFIG_MAPS}/there`,
      method: 'PATCH',
      body: {},
      type: 'application/json',
      want: unsupported(/application\/merge-patch\+json/),
    },
  ])
})

describe('an object that breaks its rules', () => {
  const create = { method: 'POST' }
  const invalid = (...causes: { reason: string; field: string; message: string }[]) => ({
    code: 422,
    reason: 'Invalid',
    causes,
  })
  const SUBDOMAIN =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
  refuses('is 422, and each field is named:', [
    {
      when: 'a name that is none',
      path: CONFIG_MAPS,
      ...create,
      body: configMap('Not_A.name'),
      want: {
        ...invalid({
          reason: 'FieldValueInvalid',
          field: 'metadata.name',
          message: `Invalid value: "Not_A.name": ${SUBDOMAIN}`,
        }),
        message: `ConfigMap "Not_A.name" is invalid: metadata.name: Invalid value: "Not_A.name": ${SUBDOMAIN}`,
      },
    },
    {
      when: 'a Pod without containers',
      path: PODS,
      ...create,
      body: pod('a', { spec: { containers: [] } }),
      want: invalid({ reason: 'FieldValueRequired', field: 'spec.containers', message: 'Required value' }),
    },
    {
      when: 'a container without name and image',
      path: PODS,
      ...create,
      body: pod('a', { spec: { containers: [{}] } }),
      want: invalid(
        { reason: 'FieldValueRequired', field: 'spec.containers[0].name', message: 'Required value' },
        { reason: 'FieldValueRequired', field: 'spec.containers[0].image', message: 'Required value' },
      ),
    },
    {
      when: 'a selector that its template does not match',
      path: DEPLOYMENTS,
      ...create,
      body: deployment('a', { spec: { selector: { matchLabels: { app: 'b' } } } }),
      want: {
        code: 422,
        reason: 'Invalid',
        message:
          'Deployment.apps "a" is invalid: spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      },
    },
    {
      when: 'a port that is none',
      path: SERVICES,
      ...create,
      body: service('a', { ports: [{ port: 70000 }] }),
      want: invalid(
        ...['port', 'targetPort'].map((field) => ({
          reason: 'FieldValueInvalid',
          field: `spec.ports[0].${field}`,
          message: 'Invalid value: 70000: must be between 1 and 65535, inclusive',
        })),
      ),
    },
    {
      when: 'a Lease of no time',
      path: LEASES,
      ...create,
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'a' },
        spec: { leaseDurationSeconds: 0 },
      },
      want: invalid({
        reason: 'FieldValueInvalid',
        field: 'spec.leaseDurationSeconds',
        message: 'Invalid value: 0: must be greater than 0',
      }),
    },
  ])

  it('is 409 where its name is taken', async () => {
    expectRefusal(await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('there') }), {
      code: 409,
      reason: 'AlreadyExists',
      message: 'configmaps "there" already exists',
    })
  })
})
