import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serverCertificate } from '../../../cli/src/embedded/certificates.ts'
import { passOn } from './tunnel.ts'

const NAME = 'judge.hooks.svc'
const folder = mkdtempSync(join(tmpdir(), 'skycrane-tunnel-'))
let port = 0
let ca = ''
let stop: (() => void) | undefined

beforeAll(async () => {
  const { ca: authority, certificate, key } = await serverCertificate(folder, [NAME])
  ca = authority
  const server = createServer({ key, cert: certificate }, (request, response) => {
    if (request.url === '/slow') return
    if (request.url === '/long') {
      response.end('x'.repeat(4 * 1024 * 1024))
      return
    }
    request.setEncoding('utf8')
    request.on('data', (text) => response.end(`${request.headers.host} ${request.url} ${text}`))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  // It listens on an address.
  port = (server.address() as AddressInfo).port
  stop = () => {
    server.closeAllConnections()
    server.close()
  }
})

afterAll(() => {
  stop?.()
  rmSync(folder, { recursive: true, force: true })
})

const request = (path: string, rest: object = {}) =>
  passOn({
    id: 'a',
    url: `https://${NAME}:${port}${path}`,
    address: '127.0.0.1',
    ca,
    body: 'hello',
    timeoutMs: 5000,
    ...rest,
  })

describe('a call passed on', () => {
  it('connects to the address, by the name of the certificate', async () => {
    expect(await request('/x?timeout=2s')).toEqual({
      id: 'a',
      reply: { status: 200, text: `${NAME}:${port} /x?timeout=2s hello` },
    })
  })

  it.each([
    {
      what: 'another CA',
      rest: { ca: undefined },
      says: /^tls: failed to verify certificate: x509: certificate signed by unknown authority$/,
    },
    { what: 'another name', rest: { url: 'https://other.hooks.svc:1/x' }, says: /ECONNREFUSED/ },
    { what: 'plain HTTP', rest: { url: 'http://judge.hooks.svc/' }, says: /http: is not passed on/ },
    { what: 'nothing in time', rest: { timeoutMs: 50 }, says: /context deadline exceeded/, path: '/slow' },
    { what: 'too long an answer', rest: {}, says: /longer than/, path: '/long' },
  ])('fails with $what, and says why', async ({ rest, says, path = '/x' }) => {
    expect(await request(path, rest)).toEqual({ id: 'a', reply: { failure: expect.stringMatching(says) } })
  })

  it('does not take a certificate of another name', async () => {
    const { reply } = await request('/x', { url: `https://other.hooks.svc:${port}/x` })
    expect(reply).toMatchObject({
      failure: 'tls: failed to verify certificate: x509: certificate is valid for judge.hooks.svc, not other.hooks.svc',
    })
  })
})
