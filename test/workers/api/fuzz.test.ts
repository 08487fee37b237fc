/**
 * Requests of any shape: paths, methods, queries, headers, bodies, definitions of kinds. Each is answered with what was
 * asked or a Status, none is a fault of ours, and whatever changed is in the log.
 */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type Client, CONFIG_MAPS, configMap, type Json, newClient, settled } from './client.ts'

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

function expectSound({ code, headers, body, text: shown }: Answer, asked: string): void {
  expect(code, `${asked}: ${shown}`).toBeLessThan(500)
  if (code < 400 || shown === '') return
  expect(headers.get('content-type'), asked).toMatch(/json|yaml|text\/plain/)
  if (body !== undefined) expect(body, asked).toMatchObject({ kind: 'Status', status: 'Failure', code })
}

/** All that the cluster has, by kind and name, with its version. */
async function everything(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const { path, items } of await Promise.all((await listPaths()).map(listed)))
    for (const { metadata } of items)
      found.set(`${path} ${metadata.namespace ?? ''}/${metadata.name}`, metadata.resourceVersion)
  return found
}

const listed = async (path: string): Promise<{ path: string; items: Json[] }> => ({
  path,
  items: (await client.get(path)).items,
})

async function listPaths(): Promise<string[]> {
  const groups: Json[] = (await client.get('/apis')).groups
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)]
  const lists = await Promise.all(roots.map(async (root) => ({ root, resources: (await client.get(root)).resources })))
  return lists.flatMap(({ root, resources }) =>
    resources
      // What is told and not kept can't be watched.
      .filter(({ verbs, name }: Json) => verbs.includes('watch') && !name.includes('/'))
      .map(({ name }: Json) => `${root}/${name}`),
  )
}

/** What was there, with what a watch tells of since, is what is there. */
async function expectLogged(before: ReadonlyMap<string, string>, since: string): Promise<void> {
  await settled(client)
  const after = await everything()
  const told = new Map(before)
  const note = (path: string, line: string): void => {
    const { type, object } = JSON.parse(line)
    if (type === 'BOOKMARK') return
    const id = `${path} ${object.metadata.namespace ?? ''}/${object.metadata.name}`
    if (type === 'DELETED') told.delete(id)
    else told.set(id, object.metadata.resourceVersion)
  }
  const watched = async (path: string): Promise<void> => {
    const { text: frames } = await client.ask(`${path}?watch=true&resourceVersion=${since}&timeoutSeconds=1`)
    for (const line of frames.split('\n')) if (line !== '') note(path, line)
  }
  await Promise.all((await listPaths()).map(watched))
  expect([...told].sort()).toEqual([...after].sort())
}

describe('a request of any shape', () => {
  it.each([
    { what: 'a path of any words', path: anyPath },
    { what: 'the path of a kind', path: realPath },
  ])('is answered, never a fault: $what', async ({ path }) => {
    const before = await everything()
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
    await expectLogged(before, since)
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
    const before = await everything()
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
    await expectLogged(before, since)
  }, 180_000)
})
