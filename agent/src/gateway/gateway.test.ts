/** The way from a Pod to the API, with a server behind it that is told what to say and when. Loopback only. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { request } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import WebSocket, { WebSocketServer } from 'ws'
import { ApiGateway } from './gateway.ts'
import { type Authority, createAuthority } from './testing.ts'

let authority: Authority
let behind: Server
let gateway: ApiGateway
let port: number
let answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void
/** The next requests for a certificate fail. */
let refusals = 0

beforeEach(async () => {
  authority = await createAuthority(['127.0.0.1'])
  behind = createServer((incoming, outgoing) => answer(incoming, outgoing))
  await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve))
  const apiServer = `http://127.0.0.1:${portOf(behind)}/clusters/c1`
  port = await freePort()
  gateway = new ApiGateway({
    apiServer: () => apiServer,
    ca: undefined,
    port,
    certificate: (asked) => {
      refusals--
      return refusals >= 0 ? Promise.reject(new Error('not now')) : authority.sign(asked)
    },
    log: pino({ level: 'silent' }),
  })
})

afterEach(() => {
  refusals = 0
  gateway.stop()
  behind.closeAllConnections()
  behind.close()
})

function portOf(server: { address(): unknown }): number {
  return (server.address() as { port: number }).port
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const found = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return found
}

const DEADLINE_MS = 10_000

/** Tried until somebody listens. */
async function open(path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  const deadline = Date.now() + DEADLINE_MS
  for (;;) {
    try {
      return await openOnce(path, options)
    } catch (error) {
      if ((error as { code?: string }).code !== 'ECONNREFUSED' || Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

function openOnce(path: string, options: { method?: string; headers?: Record<string, string> }) {
  const sent = request(`https://127.0.0.1:${port}${path}`, { ca: authority.ca, agent: false, ...options })
  const response = new Promise<IncomingMessage>((resolve, reject) => sent.on('response', resolve).on('error', reject))
  const connected = new Promise<void>((resolve, reject) => {
    sent.on('socket', (socket) => socket.on('secureConnect', () => resolve()))
    sent.on('error', reject)
  })
  // Where it never connects, that is what is told.
  response.catch(() => {})
  // Only a request without a body is sent at once.
  if ((options.method ?? 'GET') === 'GET') sent.end()
  return connected.then(() => ({ sent, response }))
}

const chunk = async (stream: IncomingMessage) => String(await new Promise((resolve) => stream.once('data', resolve)))

describe('the kubernetes Service', () => {
  it('is served as soon as there is a certificate for it', async () => {
    refusals = 1
    answer = (incoming, outgoing) => outgoing.end(incoming.url)
    gateway.serve('127.0.0.1')
    const { response } = await open('/version')
    expect(await text(await response)).toBe('/clusters/c1/version')
  })

  it('passes each frame of a watch on as it comes, and its end', async () => {
    const held = new Promise<ServerResponse>((resolve) => {
      answer = (_, outgoing) => {
        outgoing.writeHead(200)
        outgoing.flushHeaders()
        resolve(outgoing)
      }
    })
    gateway.serve('127.0.0.1')
    const { response } = await open('/watch')
    const watch = await response
    const outgoing = await held
    for (const frame of ['one', 'two']) {
      const next = chunk(watch)
      outgoing.write(frame)
      expect(await next).toBe(frame)
    }
    const broken = new Promise((resolve) => watch.once('error', resolve))
    outgoing.destroy()
    expect(await broken).toMatchObject({ message: 'aborted' })
  })

  it.each(['POST', 'DELETE'])('passes the parts of a %s body on as they come', async (method) => {
    const received = new Promise<IncomingMessage>((resolve) => {
      answer = (incoming, outgoing) => {
        resolve(incoming)
        incoming.once('end', () => outgoing.end('done'))
      }
    })
    gateway.serve('127.0.0.1')
    const { sent, response } = await open('/objects', { method, headers: { 'transfer-encoding': 'chunked' } })
    sent.write('first')
    const incoming = await received
    expect(await chunk(incoming)).toBe('first')
    sent.end('last')
    expect(await chunk(incoming)).toBe('last')
    expect(await text(await response)).toBe('done')
  })

  it('closes the request behind when the client goes', async () => {
    const gone = new Promise((resolve) => {
      answer = (incoming, outgoing) => {
        incoming.once('close', resolve)
        outgoing.writeHead(200)
        outgoing.flushHeaders()
      }
    })
    gateway.serve('127.0.0.1')
    const { sent, response } = await open('/watch')
    const watch = await response
    watch.on('error', () => {})
    sent.destroy()
    await gone
  })

  it('switches to a WebSocket, with its protocol and the client’s token', async () => {
    const sockets = new WebSocketServer({ server: behind, handleProtocols: () => 'v5.channel.k8s.io' })
    sockets.on('connection', (socket, { url, headers }) => {
      socket.send(`${url} ${headers.authorization}`)
      socket.on('message', (data) => socket.send(`heard ${data}`))
    })
    answer = (_, outgoing) => outgoing.end()
    gateway.serve('127.0.0.1')
    await (await open('/')).response
    const client = new WebSocket(`wss://127.0.0.1:${port}/exec?command=ls`, ['v5.channel.k8s.io'], {
      ca: authority.ca,
      headers: { authorization: 'Bearer pod-token' },
    })
    const next = () => new Promise((resolve) => client.once('message', (data) => resolve(String(data))))
    expect(await next()).toBe('/clusters/c1/exec?command=ls Bearer pod-token')
    expect(client.protocol).toBe('v5.channel.k8s.io')
    const echo = next()
    client.send('hello')
    expect(await echo).toBe('heard hello')
    const closed = new Promise((resolve) => client.once('close', resolve))
    for (const socket of sockets.clients) socket.close(1000)
    expect(await closed).toBe(1000)
  })

  it('passes on that a switch is refused', async () => {
    answer = (_, outgoing) => outgoing.end()
    gateway.serve('127.0.0.1')
    await (await open('/')).response
    answer = (_, outgoing) => {
      outgoing.writeHead(403, { 'content-type': 'text/plain' })
      outgoing.end('no')
    }
    behind.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'))
    const client = new WebSocket(`wss://127.0.0.1:${port}/exec`, { ca: authority.ca })
    const refusal = await new Promise((resolve) => client.once('error', (error) => resolve(error.message)))
    expect(refusal).toBe('Unexpected server response: 403')
  })

  it('says 503 as a Status when nobody is behind', async () => {
    gateway.serve('127.0.0.1')
    answer = (_, outgoing) => outgoing.end()
    await (await open('/')).response
    behind.closeAllConnections()
    await new Promise((resolve) => behind.close(resolve))
    const { response } = await open('/version')
    expect(JSON.parse(await text(await response))).toMatchObject({ kind: 'Status', code: 503 })
  })
})
