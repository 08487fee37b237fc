import { describe, expect, it } from 'vitest'
import { createTransport, type RelayedPost, type TransportOptions } from './transport.ts'

const CA = btoa('-----BEGIN CERTIFICATE-----')

function world(options: Partial<TransportOptions> = {}) {
  const went: string[] = []
  const posts: RelayedPost[] = []
  const by = (way: string) => async (post: RelayedPost) => {
    went.push(way)
    posts.push(post)
    return { status: 200, text: '{"way":"relayed"}' }
  }
  const transport = createTransport({
    fetch: async (url) => {
      went.push(`fetch ${url}`)
      return new Response('{"way":"direct"}')
    },
    relay: by('relay'),
    after: (ms, work) => {
      const timer = setTimeout(work, ms)
      return () => clearTimeout(timer)
    },
    tunnel: (post, service) =>
      by(service ? `tunnel to ${service.namespace}/${service.name}:${service.port}` : 'tunnel')(post),
    ...options,
  })
  return { transport, went, posts }
}

describe('a webhook', () => {
  it.each([
    { what: 'with a URL', config: { url: 'https://a.test/x' }, way: 'relay' },
    { what: 'with a CA of its own', config: { url: 'https://a.test', caBundle: CA }, way: 'relay' },
    { what: 'that is a Service', config: { service: { namespace: 'n', name: 's' } }, way: 'tunnel to n/s:443' },
    {
      what: 'that is a Service with a CA and a port',
      config: { service: { namespace: 'n', name: 's', port: 8443 }, caBundle: CA },
      way: 'tunnel to n/s:8443',
    },
  ])('$what goes by the way that leads there', async ({ config, way }) => {
    const { transport, went } = world()
    await transport.post(config, {}, 2000)
    expect(went).toEqual([way])
  })

  it('with a URL is fetched by the platform where there is no relay', async () => {
    const { transport, went } = world({ relay: undefined })
    await transport.post({ url: 'https://a.test/x' }, {}, 2000)
    expect(went).toEqual(['fetch https://a.test/x?timeout=2s'])
  })

  it('with a CA of its own goes through a node where there is no relay', async () => {
    const { transport, went, posts } = world({ relay: undefined })
    await transport.post({ url: 'https://a.test', caBundle: CA }, { a: 1 }, 2000)
    expect(went).toEqual(['tunnel'])
    expect(posts).toEqual([
      { url: 'https://a.test?timeout=2s', ca: '-----BEGIN CERTIFICATE-----', body: '{"a":1}', timeoutMs: 2000 },
    ])
  })

  it('of a Service is named by it, whatever leads there', async () => {
    const { transport, posts } = world()
    await transport.post({ service: { namespace: 'n', name: 's', port: 8443, path: '/check' } }, {}, 10_000)
    expect(posts[0]?.url).toBe('https://s.n.svc:8443/check?timeout=10s')
  })
})

describe('what is no answer', () => {
  const answered = (status: number, text: string) =>
    world({ relay: undefined, fetch: async () => new Response(text, { status }) })
  const post = ({ transport }: ReturnType<typeof world>) => transport.post({ url: 'https://a.test/' }, {}, 1000)

  it.each([
    { status: 500, text: 'oops', says: 'failed to call webhook: an error on the server ("oops") has prevented' },
    { status: 404, text: '', says: 'the server responded with the status code 404' },
    { status: 302, text: '', says: 'the server responded with the status code 302' },
    {
      status: 526,
      text: 'error code: 526',
      says: 'Post "https://a.test/?timeout=1s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    },
    { status: 200, text: '<html>', says: 'the response is no JSON' },
    { status: 200, text: '"x'.padEnd(4 * 1024 * 1024, 'x'), says: 'the response is longer than' },
  ])('is said to be so: $says', async ({ status, text, says }) => {
    await expect(post(answered(status, text))).rejects.toThrow(says)
  })

  it('keeps integers that JavaScript would round', async () => {
    const { a } = (await post(answered(200, '{"a":9007199254740993}'))) as { a: { rawJSON: string } }
    expect(a.rawJSON).toBe('9007199254740993')
  })

  it('says that time is up as kube-apiserver does', async () => {
    const late = world({
      relay: undefined,
      fetch: (_, { signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    })
    await expect(late.transport.post({ url: 'https://a.test/' }, {}, 20)).rejects.toThrow(
      'failed to call webhook: Post "https://a.test/?timeout=0.02s": context deadline exceeded',
    )
  })
})
