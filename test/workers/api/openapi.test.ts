/** How OpenAPI documents are asked for, kept and renewed, as client-go's caches do it. */
import { exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type Client, newClient } from './client.ts'

let client: Client
let prefix: string

beforeAll(async () => {
  client = await newClient('openapi')
  prefix = `/clusters/${client.world.cluster}`
})

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

const definition = (description: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'kites.toys.example.com' },
  spec: {
    group: 'toys.example.com',
    scope: 'Namespaced',
    names: { plural: 'kites', kind: 'Kite' },
    versions: [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', description } } },
    ],
  },
})

async function indexed(): Promise<Record<string, string>> {
  const { paths } = await client.get('/openapi/v3')
  return Object.fromEntries(
    Object.entries<{ serverRelativeURL: string }>(paths).map(([name, { serverRelativeURL }]) => [
      name,
      serverRelativeURL.slice(prefix.length),
    ]),
  )
}

const header = ({ headers }: Answer, name: string): string => headers.get(name) ?? ''

describe('an OpenAPI v3 document', () => {
  it.each(['api', 'api/v1', 'apis', 'apis/apps', 'apis/apps/v1', 'version', 'openid/v1/jwks'])(
    'of %s is kept for good by who names its hash',
    async (name) => {
      const url = (await indexed())[name] ?? ''
      const [, hash = ''] = url.split('?hash=')
      const answer = await client.ask(url)
      expect(answer.code).toBe(200)
      expect(Object.keys(answer.body.paths)).toContain(`/${name}/`)
      expect(header(answer, 'cache-control')).toBe('public, immutable')
      expect(Date.parse(header(answer, 'expires'))).toBeGreaterThan(Date.now() + 300 * 24 * 3_600_000)
      expect(header(answer, 'etag')).toBe(`"${hash}"`)
      expect(header(answer, 'vary')).toMatch(/^Accept\b/)
      const plain = await client.ask(`/openapi/v3/${name}`)
      expect(plain.text).toBe(answer.text)
      expect([header(plain, 'cache-control'), header(plain, 'expires')]).toEqual(['no-cache, private', ''])
    },
  )

  it('is not sent to who has it', async () => {
    const { 'apis/apps/v1': url = '' } = await indexed()
    const etag = `"${url.split('?hash=')[1]}"`
    for (const known of [etag, `"other", ${etag}`, `W/${etag}`]) {
      const { code, text } = await client.ask('/openapi/v3/apis/apps/v1', { headers: { 'if-none-match': known } })
      expect([known, code, text]).toEqual([known, 304, ''])
    }
    expect((await client.ask(url, { headers: { 'if-none-match': '"other"' } })).code).toBe(200)
  })

  it('leads from a hash that it had to the one that it has', async () => {
    const { 'apis/apps/v1': url = '' } = await indexed()
    const answer = await client.ask('/openapi/v3/apis/apps/v1?hash=FORMER')
    expect([answer.code, header(answer, 'location')]).toEqual([301, `${prefix}${url}`])
  })

  it('of custom kinds changes with their definitions, and no other does', async () => {
    const name = 'apis/toys.example.com/v1'
    const before = await indexed()
    await client.post(DEFINITIONS, definition('flies'))
    const made = await indexed()
    await client.patch(`${DEFINITIONS}/kites.toys.example.com`, definition('flies high'))
    const changed = await indexed()
    expect(changed[name]).not.toBe(made[name])
    expect(made).toEqual({ ...before, [name]: made[name] })
    expect(changed).toEqual({ ...before, [name]: changed[name] })
    const former = await client.ask(made[name] ?? '')
    expect([former.code, header(former, 'location')]).toEqual([301, `${prefix}${changed[name]}`])
    expect((await client.ask(changed[name] ?? '')).text).toContain('flies high')
    // Kubernetes tells of no discovery and no older watches for them.
    const { paths } = (await client.ask(changed[name] ?? '')).body
    expect(Object.keys(paths).filter((path) => /\/watch\/|\/$/.test(path))).toEqual([])
  })
})

describe('an OpenAPI document in a form that there is not', () => {
  it.each([
    { path: '/openapi/v2', accept: 'text/plain' },
    { path: '/openapi/v2', accept: 'application/yaml' },
    { path: '/openapi/v3/apis/apps/v1', accept: 'text/plain' },
    { path: '/openapi/v3/apis/apps/v1', accept: 'application/yaml;q=0.9, application/json;q=0' },
  ])('is 406: $path as $accept', async ({ path, accept }) => {
    const { code, text } = await client.ask(path, { headers: { accept } })
    expect(code).toBe(406)
    // A Status, in JSON or YAML.
    expect(text).toMatch(/"?reason"?: ?"?NotAcceptable/)
  })

  const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
  it.each([
    { path: '/openapi/v2', accept: '*/*', type: 'application/json' },
    { path: '/openapi/v2', accept: 'text/plain, application/*', type: 'application/json' },
    { path: '/openapi/v2', accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf', type: PROTOBUF },
    { path: '/openapi/v2', accept: `application/json;q=0.5, ${PROTOBUF}`, type: PROTOBUF },
    { path: '/openapi/v3/version', accept: 'text/plain;q=0.9, */*;q=0.1', type: 'application/json' },
    { path: '/openapi/v3', accept: 'text/plain', type: 'application/json' },
  ])('is not: $path as $accept', async ({ path, accept, type }) => {
    const { code, headers } = await client.ask(path, { headers: { accept } })
    expect([code, headers.get('content-type')]).toEqual([200, type])
  })
})

describe('OpenAPI v2', () => {
  it('is not sent to who has it, in either form', async () => {
    const other = await newClient('openapi-v2')
    for (const accept of ['application/json', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf']) {
      const first = await other.ask('/openapi/v2', { headers: { accept } })
      const known = { accept, 'if-none-match': header(first, 'etag') }
      const again = await other.ask('/openapi/v2', { headers: known })
      expect([first.code, again.code, again.text]).toEqual([200, 304, ''])
      const own = await client.ask('/openapi/v2', { headers: known })
      // This cluster has a kind of its own by now.
      expect(own.code).toBe(200)
      expect(
        (await client.ask('/openapi/v2', { headers: { accept, 'if-none-match': header(own, 'etag') } })).code,
      ).toBe(304)
    }
  })

  it('says the same compressed and not, as protobuf', async () => {
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
    const headers = { accept, authorization: `Bearer ${client.world.token}` }
    const bytesOf = async (path: string, clientAcceptEncoding: string) => {
      const request = new Request(`https://skycrane.test${path}`, { headers, cf: { clientAcceptEncoding } })
      const response = await exports.default.fetch(request)
      // What is encoded is decoded on the way.
      const bytes = new Uint8Array(await response.arrayBuffer())
      return { encoding: response.headers.get('content-encoding'), bytes }
    }
    const other = await newClient('openapi-compressed')
    // Of a cluster with no kind of its own, and of one with some.
    for (const path of [`/clusters/${other.world.cluster}/openapi/v2`, `${prefix}/openapi/v2`]) {
      const [plain, compressed] = [await bytesOf(path, ''), await bytesOf(path, 'gzip')]
      expect([plain.encoding, compressed.encoding]).toEqual(['identity', 'gzip'])
      expect(plain.bytes.length).toBeGreaterThan(1_000_000)
      expect(compressed.bytes).toEqual(plain.bytes)
    }
  })

  it('tells of discovery, the issuer and the older watches too', async () => {
    const { paths, parameters } = await client.get('/openapi/v2')
    for (const path of ['/api/', '/apis/', '/apis/apps/', '/apis/apps/v1/', '/version/', '/openid/v1/jwks/'])
      expect(paths[path].get.responses['200'].schema, path).toBeDefined()
    expect(paths['/api/v1/watch/namespaces/{namespace}/pods/{name}'].get['x-kubernetes-action']).toBe('watch')
    expect(parameters.labelSelector).toMatchObject({ name: 'labelSelector', in: 'query', type: 'string' })
    // kubectl before 1.27 looks for these in the operation itself.
    const { patch } = paths['/api/v1/namespaces/{namespace}/pods/{name}']
    expect(patch.parameters.map(({ name }: { name?: string }) => name)).toEqual(
      expect.arrayContaining(['dryRun', 'fieldValidation']),
    )
  })
})
