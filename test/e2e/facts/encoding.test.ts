/** Encodings, media types and caching: what a client's HTTP stack sees. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { CONFIG_MAPS, configMap, facts } from './facts.ts'

const shared = facts()
const { get, post } = shared

/** As Go's transport asks, and without undoing what comes back. */
function raw(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const { ready, caFile } = shared.plane
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${ready.url}/clusters/${ready.cluster}${path}`,
      {
        ca: readFileSync(caFile),
        headers: { authorization: `Bearer ${ready.token}`, 'accept-encoding': 'gzip', ...headers },
      },
      resolve,
    )
    request.on('error', reject)
    request.end()
  })
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

describe('compression', () => {
  it('is not used below 128 KiB, though the client takes gzip', async () => {
    await post(CONFIG_MAPS, configMap('small', { a: 'x'.repeat(100_000) }))
    const answer = await raw(`${CONFIG_MAPS}/small`)
    expect(answer.headers['content-encoding']).toBe('identity')
    expect(JSON.parse((await bytesOf(answer)).toString())).toMatchObject({ metadata: { name: 'small' } })
  })

  it('is used above it, for who takes gzip only', async () => {
    await post(CONFIG_MAPS, configMap('large', { a: 'x'.repeat(200_000) }))
    const zipped = await raw(`${CONFIG_MAPS}/large`)
    expect(zipped.headers['content-encoding']).toBe('gzip')
    expect(zipped.headers['vary']).toBe('Accept, Accept-Encoding')
    const plain = await raw(`${CONFIG_MAPS}/large`, { 'accept-encoding': 'identity' })
    expect(plain.headers['content-encoding'] ?? 'identity').toBe('identity')
    expect(gunzipSync(await bytesOf(zipped))).toEqual(await bytesOf(plain))
  })

  it('never holds back a watch: each frame comes by itself while the stream is open', async () => {
    const version = await shared.version()
    const watch = await raw(`${CONFIG_MAPS}?watch=true&resourceVersion=${version}&timeoutSeconds=30`)
    expect(watch.headers['content-encoding']).toBe('identity')
    const frames: string[] = []
    watch.on('data', (chunk: Buffer) => frames.push(chunk.toString()))
    for (let index = 0; index < 3; index++) {
      await post(CONFIG_MAPS, configMap(`framed-${index}`))
      await expect.poll(() => frames.length, { interval: 2, timeout: 1000 }).toBe(index + 1)
      expect(JSON.parse(frames[index] ?? '')).toMatchObject({
        type: 'ADDED',
        object: { metadata: { name: `framed-${index}` } },
      })
    }
    watch.destroy()
  })
})

describe('representations', () => {
  it('are kept apart by caches, and never shared', async () => {
    for (const path of [CONFIG_MAPS, '/api', '/apis', '/openapi/v3', '/version']) {
      const { headers } = await get(path)
      expect({ path, cache: headers.get('cache-control') }).toEqual({ path, cache: 'no-cache, private' })
      expect({ path, vary: headers.get('vary')?.includes('Accept') }).toEqual({ path, vary: true })
    }
  })

  it.each(['v2', 'v2beta1'])('of aggregated discovery name their media type exactly: %s', async (version) => {
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
    const { headers, body } = await get('/apis', { accept: `${type},application/json` })
    expect(headers.get('content-type')).toBe(type)
    expect(body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}` })
  })

  it('of discovery have an ETag each, and answer 304 to who has it', async () => {
    const type = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const aggregated = await get('/apis', { accept: type })
    const legacy = await get('/apis')
    const etag = aggregated.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[0-9a-fA-F]+"$/)
    expect(legacy.headers.get('etag')).not.toBe(etag)
    const again = await get('/apis', { accept: type, 'if-none-match': etag })
    expect({ status: again.status, text: again.text }).toEqual({ status: 304, text: '' })
  })

  it('are JSON where a client prefers protobuf and takes anything', async () => {
    const { status, body } = await get(CONFIG_MAPS, { accept: 'application/vnd.kubernetes.protobuf, */*' })
    expect({ status, kind: body['kind'] }).toEqual({ status: 200, kind: 'ConfigMapList' })
  })

  it('are refused with 406 where none is acceptable', async () => {
    const { status, body } = await get(CONFIG_MAPS, { accept: 'text/html' })
    expect({ status, reason: body['reason'] }).toEqual({ status: 406, reason: 'NotAcceptable' })
  })

  it('as a Table have the columns that kubectl prints, of a list, an object and a watch', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
    const list = await get(CONFIG_MAPS, { accept })
    expect(list.body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
    expect((list.body['columnDefinitions'] as { name: string }[]).map(({ name }) => name)).toEqual([
      'Name',
      'Data',
      'Age',
    ])
    expect(list.body['rows']).toContainEqual(
      expect.objectContaining({
        cells: ['small', 1, expect.any(String)],
        object: expect.objectContaining({ kind: 'PartialObjectMetadata' }),
      }),
    )
    expect((await get(`${CONFIG_MAPS}/small`, { accept })).body).toMatchObject({
      kind: 'Table',
      rows: [{ cells: ['small', 1, expect.any(String)] }],
    })
    const { text } = await get(`${CONFIG_MAPS}?watch=true&resourceVersion=1&timeoutSeconds=1`, { accept })
    const tables = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).object)
    expect(tables.every(({ kind }) => kind === 'Table')).toBe(true)
    expect(tables[0].columnDefinitions).toHaveLength(3)
  })

  it('as metadata alone leave out the rest', async () => {
    const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json'
    const { body, text } = await get(CONFIG_MAPS, { accept })
    expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' })
    expect(text).not.toContain('"data"')
    const one = await get(`${CONFIG_MAPS}/small`, {
      accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    })
    expect(one.body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'small' } })
  })
})

describe('paths', () => {
  it.each([
    '/api',
    '/apis',
    '/api/v1',
    '/apis/apps',
    '/apis/apps/v1',
    '/version',
    '/openapi/v2',
    '/openapi/v3',
    CONFIG_MAPS,
  ])('%s answers with and without a trailing slash, without a redirect', async (path) => {
    const [plain, slashed] = [await get(path), await get(`${path}/`)]
    expect(plain.status).toBe(200)
    expect({ status: slashed.status, text: slashed.text }).toEqual({ status: 200, text: plain.text })
  })

  it('say a version that helm takes for a release', async () => {
    const { body } = await get('/version')
    expect(body['gitVersion']).toMatch(/^v1\.32\.\d+\+skycrane\.\d+$/)
    expect(body).toMatchObject({ major: '1', minor: '32' })
  })

  it('of OpenAPI are found by the index, also where a proxy has doubled the prefix', async () => {
    const { body } = await get('/openapi/v3')
    const paths = body['paths'] as Record<string, { serverRelativeURL: string }>
    const { serverRelativeURL } = paths['apis/apps/v1'] ?? { serverRelativeURL: '' }
    expect(serverRelativeURL).toMatch(/^\/clusters\/[^/]+\/openapi\/v3\/apis\/apps\/v1\?hash=/)
    const direct = await shared.plane.request(serverRelativeURL)
    const doubled = await get(serverRelativeURL)
    expect(direct.body).toMatchObject({ openapi: '3.0.0' })
    expect(doubled.text).toBe(direct.text)
  })
})

describe('GraphQL', () => {
  it('is compressed as the API is: above 128 KiB, and never a stream', async () => {
    const { ready, caFile } = shared.plane
    const ask = (query: string, accept: string) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const request = httpsRequest(
          `${ready.url}/graphql`,
          {
            ca: readFileSync(caFile),
            method: 'POST',
            headers: {
              authorization: `Bearer ${ready.token}`,
              'content-type': 'application/json',
              'accept-encoding': 'gzip',
              accept,
            },
          },
          resolve,
        )
        request.on('error', reject)
        request.end(JSON.stringify({ query }))
      })
    const small = await ask('{ clusters { name } }', 'application/json')
    expect(small.headers['content-encoding']).toBe('identity')
    expect(JSON.parse((await bytesOf(small)).toString())).toEqual({
      data: { clusters: [{ name: expect.any(String) }] },
    })
    const large = await ask('{ clusters { configMaps { items { data } } } }', 'application/json')
    expect(large.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(await bytesOf(large)).toString()).toContain('x'.repeat(1000))
  })
})
