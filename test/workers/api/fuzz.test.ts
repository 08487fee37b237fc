/**
 * Requests of any shape: paths, methods, queries, headers, bodies, definitions of kinds. Each is answered with what was
 * asked or a Status, none is a fault of ours, and whatever changed is in the log.
 */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Client, CONFIG_MAPS, configMap, newClient, settled } from './client.ts'
import { everything, expectLogged, expectSound } from './soundness.ts'

/** The more requests one test makes, the slower the harness becomes with each. */
const RUNS = 30

let client: Client

beforeAll(async () => {
  client = await newClient('fuzz')
  await client.post(CONFIG_MAPS, configMap('a', { data: { a: '1' } }))
})

const word = fc.constantFrom(
  ...['api', 'apis', 'v1', 'v1beta1', 'apps', 'batch', 'rbac.authorization.k8s.io', 'apiextensions.k8s.io', 'watch'],
  ...['namespaces', 'default', 'kube-system', 'nodes', 'pods', 'configmaps', 'deployments', 'events', 'leases', 'a'],
  ...['status', 'scale', 'binding', 'eviction', 'token', 'finalize', 'log', 'proxy', 'approval', 'ephemeralcontainers'],
  ...['healthz', 'metrics', 'openapi', 'v2', 'v3', 'version', '.well-known', 'openid', 'jwks', 'etcd'],
  ...['%', '%zz', '%2F', '%00', '..', '.', '*', '', '~', 'ü', 'x'.repeat(300), "'", '"', ';', '\\'],
)
const anyPath = fc.array(word, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`)
const collection = fc.constantFrom(
  ...[
    '/api/v1/namespaces',
    '/api/v1/namespaces/default/configmaps',
    '/api/v1/namespaces/default/pods',
    '/api/v1/nodes',
  ],
  ...['/api/v1/namespaces/default/secrets', '/api/v1/namespaces/default/serviceaccounts', '/api/v1/pods'],
  ...[
    '/apis/apps/v1/namespaces/default/deployments',
    '/apis/batch/v1/namespaces/default/jobs',
    '/apis/apps/v1/deployments',
  ],
  ...[
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
  ],
  ...['/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', '/apis/authentication.k8s.io/v1/tokenreviews'],
  ...['/apis/certificates.k8s.io/v1/certificatesigningrequests', '/api/v1/watch/namespaces/default/configmaps'],
)
const realPath = fc
  .tuple(collection, fc.constantFrom('', '/', '/a', '/a/status', '/a/scale', '/a/b', '/a/b/c', '/%2e%2e', '/a/'))
  .map(([path, rest]) => path + rest)

const option = fc.constantFrom(
  ...['limit', 'continue', 'resourceVersion', 'resourceVersionMatch', 'labelSelector', 'fieldSelector', 'watch'],
  ...['timeoutSeconds', 'allowWatchBookmarks', 'sendInitialEvents', 'dryRun', 'fieldManager', 'fieldValidation'],
  ...['force', 'pretty', 'propagationPolicy', 'gracePeriodSeconds', 'orphanDependents', 'includeObject', 'x'],
)
const given = fc.oneof(
  fc.constantFrom('', '0', '1', '-1', '99999999999999999999', '1.5', 'true', 'false', 'All', 'Exact', 'NotOlderThan'),
  fc.constantFrom('a=b', 'a in (b', 'a in (b,c)', '!a', ',', '=', 'metadata.name=a', 'spec.x!=1', 'Strict', 'Orphan'),
  fc.constantFrom('eyJ2IjoxfQ', '%', '{}', 'null', '\u0000', 'ü', 'x'.repeat(500)),
)
const query = fc
  .array(fc.tuple(option, given), { maxLength: 4 })
  .map((pairs) => new URLSearchParams(pairs.map(([key, value]): [string, string] => [key, value])).toString())

const field = fc.constantFrom(
  ...['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'generateName', 'labels', 'annotations', 'finalizers'],
  ...['spec', 'status', 'data', 'rules', 'roleRef', 'subjects', 'containers', 'template', 'selector', 'request'],
  ...['token', 'resourceAttributes', 'verbs', 'ownerReferences', 'uid', 'resourceVersion', '__proto__', 'constructor'],
)
const scalar = fc.oneof(
  fc.constantFrom<unknown>('', 'a', 'v1', 'ConfigMap', 'Pod', 'apps/v1', 'ü', '\ud800', 'x'.repeat(300)),
  fc.constantFrom<unknown>(0, -1, 1.5, 2 ** 60, true, false, null),
)
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 5, depthSize: 'medium' },
    scalar,
    fc.array(tie('document'), { maxLength: 3 }),
    fc.dictionary(field, tie('document'), { maxKeys: 5, noNullPrototype: true }),
  ),
}))
const text = fc.oneof(
  document.map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '',
    '{',
    '[]',
    '{"a":1,"a":2}',
    'a: &x [*x]',
    '"\\ud800"',
    'null',
    '\u0000',
    '{"kind":"List","items":[{}]}',
  ),
  fc.constant('['.repeat(5000)),
  fc.constant(`{"a":${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}}`),
)
const header = fc.record(
  {
    'content-type': fc.constantFrom(
      ...['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'text/plain', ''],
      ...['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml', 'a/b;'],
    ),
    accept: fc.constantFrom(
      ...['*/*', 'application/yaml', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'text/html', ',;='],
      ...['application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'application/vnd.kubernetes.protobuf'],
    ),
    'impersonate-user': fc.constantFrom('', 'ann', 'system:serviceaccount:default:default', 'system:node:a'),
    'impersonate-group': fc.constantFrom('', 'people', ',', 'system:nodes'),
    'impersonate-extra-%zz': fc.constantFrom('', 'a'),
    upgrade: fc.constantFrom('', 'h2c'),
  },
  { requiredKeys: [] },
)
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE')

/** A watch without an end would be waited for. */
const bounded = (search: string): string => `${search}${search === '' ? '' : '&'}timeoutSeconds=1`

describe('a request of any shape', () => {
  it.each([
    { what: 'a path of any words', path: anyPath },
    { what: 'the path of a kind', path: realPath },
  ])('is answered, never a fault: $what', async ({ path }) => {
    const before = await everything(client)
    const since = await client.version()
    await fc.assert(
      fc.asyncProperty(method, path, query, header, text, async (verb, at, search, headers, body) => {
        const hasBody = verb !== 'GET' && verb !== 'HEAD' && verb !== 'TRACE'
        const asked = `${at}?${bounded(search)}`
        const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))
        const answer = await client.ask(asked, { method: verb, headers: sent, ...(hasBody ? { body } : {}) })
        expectSound(answer, `${verb} ${asked} ${JSON.stringify(sent)} ${body.slice(0, 200)}`)
      }),
      { numRuns: RUNS },
    )
    await expectLogged(client, before, since)
  })
})

const type = fc.constantFrom('object', 'array', 'string', 'integer', 'number', 'boolean', 'null', '')
const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.record({ type }),
    fc.record(
      {
        type,
        properties: fc.dictionary(field, tie('schema'), { maxKeys: 3, noNullPrototype: true }),
        items: tie('schema'),
        additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
        required: fc.array(field, { maxLength: 2 }),
        enum: fc.array(scalar, { maxLength: 2 }),
        default: document,
        pattern: fc.constantFrom('^a$', '(', '(a+)+$', '\\p{L}', ''),
        format: fc.constantFrom('int32', 'date-time', 'byte', 'none'),
        maximum: fc.constantFrom<unknown>(1, 1.5, '1', null),
        maxLength: fc.constantFrom<unknown>(0, -1, 2 ** 40, 'x'),
        nullable: fc.boolean(),
        not: tie('schema'),
        anyOf: fc.array(tie('schema'), { maxLength: 2 }),
        'x-kubernetes-preserve-unknown-fields': fc.constantFrom<unknown>(true, false, 'yes'),
        'x-kubernetes-int-or-string': fc.boolean(),
        'x-kubernetes-embedded-resource': fc.boolean(),
        'x-kubernetes-list-type': fc.constantFrom('map', 'set', 'atomic', 'none'),
        'x-kubernetes-list-map-keys': fc.array(field, { maxLength: 2 }),
        $ref: fc.constant('#/x'),
      },
      { requiredKeys: [] },
    ),
    scalar,
  ),
}))
/** Mostly as it should be at the root, so that some are accepted. */
const rooted = fc.oneof(
  schema,
  fc
    .dictionary(field, schema, { maxKeys: 3, noNullPrototype: true })
    .map((properties) => ({ type: 'object', properties })),
)

describe('a definition of any shape', () => {
  it('is served or refused, and so is what is made of it', async () => {
    const before = await everything(client)
    const since = await client.version()
    let number = 0
    await fc.assert(
      fc.asyncProperty(rooted, fc.array(document, { maxLength: 3 }), async (openAPIV3Schema, objects) => {
        number += 1
        const plural = `things${number}`
        const names = { plural, kind: `Thing${number}` }
        const version = {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema },
          subresources: { status: {} },
        }
        const made = await client.ask('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
          method: 'POST',
          body: {
            apiVersion: 'apiextensions.k8s.io/v1',
            kind: 'CustomResourceDefinition',
            metadata: { name: `${plural}.fuzz.example.com` },
            spec: { group: 'fuzz.example.com', scope: 'Namespaced', names, versions: [version] },
          },
        })
        expectSound(made, JSON.stringify(openAPIV3Schema))
        if (made.code !== 201) return
        await settled(client)
        for (const object of objects) {
          const body =
            typeof object === 'object' && object !== null && !Array.isArray(object)
              ? { ...object, apiVersion: 'fuzz.example.com/v1', kind: names.kind, metadata: { name: 'a' } }
              : object
          const answer = await client.ask(`/apis/fuzz.example.com/v1/namespaces/default/${plural}`, {
            method: 'POST',
            body: JSON.stringify(body),
          })
          expectSound(answer, `${JSON.stringify(openAPIV3Schema)} ${JSON.stringify(body)}`)
        }
        for (const path of ['/openapi/v2', '/openapi/v3/apis/fuzz.example.com/v1', '/apis/fuzz.example.com/v1'])
          expect((await client.ask(path)).code, `${path} ${JSON.stringify(openAPIV3Schema)}`).toBe(200)
      }),
      { numRuns: RUNS },
    )
    await expectLogged(client, before, since)
  }, 180_000)
})
