/** How answers are encoded, judged by what the client takes: behind the hosted edge that stands in `request.cf` alone. */
import { exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Client, CONFIG_MAPS, configMap, newClient } from './client.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('encoding')
  await client.post(CONFIG_MAPS, configMap('large', { data: { text: 'x'.repeat(300 * 1024) } }))
  await client.post(CONFIG_MAPS, configMap('small'))
})

/** `header`: what the edge says it takes; `taken`: what the client said to the edge, undefined where there is no edge. */
async function ask(path: string, { header, taken }: { header?: string; taken?: string | undefined } = {}) {
  const request = new Request(`https://skycrane.test/clusters/${client.world.cluster}${path}`, {
    headers: { authorization: `Bearer ${client.world.token}`, ...(header ? { 'accept-encoding': header } : {}) },
    ...(taken === undefined ? {} : { cf: { clientAcceptEncoding: taken } }),
  })
  const response = await exports.default.fetch(request)
  const { length } = await response.text()
  return {
    code: response.status,
    encoding: response.headers.get('content-encoding'),
    headers: response.headers,
    length,
  }
}

describe('an answer', () => {
  it.each([
    { of: 'above 128 KiB', path: '/large', header: 'br, gzip', taken: 'gzip', encoding: 'gzip' },
    { of: 'above 128 KiB', path: '/large', header: 'br, gzip', taken: 'gzip, deflate, br', encoding: 'gzip' },
    { of: 'above 128 KiB', path: '/large', header: 'br, gzip', taken: '', encoding: 'identity' },
    { of: 'above 128 KiB', path: '/large', header: 'br, gzip', taken: 'br', encoding: 'identity' },
    { of: 'above 128 KiB', path: '/large', header: 'gzip', taken: undefined, encoding: 'gzip' },
    { of: 'above 128 KiB', path: '/large', header: 'identity', taken: undefined, encoding: 'identity' },
    { of: 'above 128 KiB', path: '', header: 'br, gzip', taken: 'gzip', encoding: 'gzip' },
    { of: 'below it', path: '/small', header: 'br, gzip', taken: 'gzip', encoding: 'identity' },
    { of: 'of an error', path: '/absent', header: 'br, gzip', taken: 'gzip', encoding: 'identity' },
  ])(
    '$of is $encoding where the edge takes "$header" and the client "$taken"',
    async ({ path, header, taken, encoding }) => {
      const answer = await ask(`${CONFIG_MAPS}${path}`, { header, taken })
      expect(answer.encoding).toBe(encoding)
      expect(answer.headers.get('cache-control')).toBe('no-cache, private')
      expect(answer.headers.get('vary')).toContain('Accept')
    },
  )

  it('of a large document is compressed by the same rule, and read back whole', async () => {
    const plain = await ask('/openapi/v2', { header: 'br, gzip', taken: '' })
    const small = await ask('/openapi/v2', { header: 'br, gzip', taken: 'gzip' })
    expect([plain.encoding, small.encoding]).toEqual(['identity', 'gzip'])
    expect(small.length).toBe(plain.length)
  })
})
