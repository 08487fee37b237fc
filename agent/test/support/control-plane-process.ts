/**
 * A stand-in for the control plane that speaks the agent protocol and nothing else. It runs as a process of its own in
 * the agent's namespace, and is told what to want over Node's message channel.
 */
import { createServer, type IncomingMessage } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import type { SyncRequest } from '../../../src/protocol/agent.ts'
import { createAuthority } from '../../src/gateway/testing.ts'
import { Wishes } from './wishes.ts'

const [, , port = '0'] = process.argv
const wishes = new Wishes()
const sockets = new Set<WebSocket>()
const authority = await createAuthority(['10.96.0.1'])
let tokens = 0
let endWatch = () => {}

async function answer(path: string, body: unknown): Promise<unknown> {
  switch (path) {
    case '/agent/v1/join':
      return {
        cluster: 'c1',
        nodeName: 'node-a',
        credential: 'node-secret',
        apiServer: `http://127.0.0.1:${port}/clusters/c1`,
      }
    case '/agent/v1/sync': {
      const request = body as SyncRequest
      process.send?.({ kind: 'sync', request })
      if (wishes.take(request)) ring()
      return wishes.answer(request.cursor)
    }
    case '/agent/v1/token':
      tokens++
      return { token: `token-${tokens}`, expirationTimestamp: new Date(Date.now() + 3600_000).toISOString() }
    case '/agent/v1/certificate':
      return authority.sign(body as { csr: string })
    default:
      return undefined
  }
}

const ring = () => {
  for (const socket of sockets) socket.send('r')
}

async function readBody(incoming: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of incoming) text += chunk
  return text === '' ? undefined : JSON.parse(text)
}

const server = createServer(async (incoming, outgoing) => {
  const body = await readBody(incoming)
  const { url = '/', headers } = incoming
  if (url.startsWith('/clusters/c1/watch')) {
    outgoing.writeHead(200, { 'content-type': 'application/json' })
    outgoing.write('{"frame":1}\n')
    endWatch = () => outgoing.end('{"frame":2}\n')
    return
  }
  const result = url.startsWith('/clusters/c1')
    ? { path: url, authorization: headers.authorization, host: headers.host }
    : await answer(url, body)
  outgoing.writeHead(result ? 200 : 404, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify(result ?? { message: 'not found' }))
})
const doorbells = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, socket, head) =>
  doorbells.handleUpgrade(request, socket, head, (opened) => {
    sockets.add(opened)
    opened.on('message', (data) => String(data) === 'ping' && opened.send('pong'))
    opened.on('close', () => sockets.delete(opened))
    process.send?.({ kind: 'doorbell' })
  }),
)
process.on('message', (message) => {
  if (message === 'end-watch') return endWatch()
  wishes.change(message as Parameters<Wishes['change']>[0])
  ring()
})
server.listen(Number(port), '127.0.0.1', () => process.send?.({ kind: 'ready', ca: authority.ca }))
