/**
 * Where the `kubernetes` Service ends in every Pod: TLS with a certificate that kube-root-ca.crt vouches for, and each
 * request passed on to the cluster's path with the client's own token. Streams both ways; nothing is looked into.
 */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { request as httpRequest } from 'node:http'
import { Agent, createServer, request as httpsRequest, type Server } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import type { CertificateRequest, CertificateResponse } from '../../../src/protocol/agent.ts'
import { retryDelay } from '../backoff.ts'
import { trustedBy } from '../control/client.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { newCertificate } from './certificate.ts'

export interface GatewayOptions {
  /** `https://host/clusters/<id>`. */
  readonly apiServer: () => string
  readonly ca: string | undefined
  readonly port: number
  readonly certificate: (request: CertificateRequest) => Promise<CertificateResponse>
  readonly log: Log
}

/** Between client and server only; what one hop says to the next ends here. */
const HOP_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
])

const RETRY = { initialMs: 1000, maxMs: 60_000 }
/** Node's timers take no more. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

export class ApiGateway {
  readonly #options: GatewayOptions
  readonly #upstream: Agent
  #server: Server | undefined
  #address: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: GatewayOptions) {
    this.#options = options
    this.#upstream = new Agent({ keepAlive: true, ca: trustedBy(options.ca) })
  }

  /** Serves at the bridge's address from now on; what fails is tried again. Idempotent. */
  serve(address: string): void {
    if (this.#address === address) return
    this.#close()
    this.#address = address
    void this.#certify(address, 0)
  }

  stop(): void {
    this.#address = undefined
    this.#close()
    this.#upstream.destroy()
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#server?.close()
    this.#server?.closeAllConnections()
    this.#server = undefined
  }

  /** The first certificate opens the server; each later one takes the place of the one before. */
  async #certify(address: string, failures: number): Promise<void> {
    const { certificate: ask, log } = this.#options
    try {
      const { key, certificate, renewAt } = await newCertificate(ask, Date.now())
      if (this.#address !== address) return
      if (this.#server) this.#server.setSecureContext({ key, cert: certificate })
      else await this.#listen(address, { key, cert: certificate })
      this.#certifyIn(renewAt - Date.now(), { address, failures: 0 })
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'no certificate for the kubernetes Service yet')
      this.#certifyIn(retryDelay(failures, Math.random, RETRY), { address, failures: failures + 1 })
    }
  }

  #certifyIn(ms: number, { address, failures }: { address: string; failures: number }): void {
    if (this.#address !== address) return
    this.#timer = setTimeout(() => void this.#certify(address, failures), Math.min(ms, MAX_TIMEOUT_MS))
    this.#timer.unref()
  }

  async #listen(address: string, certificate: { key: string; cert: string }): Promise<void> {
    const server = createServer(certificate, (incoming, outgoing) => this.#forward(incoming, outgoing))
    server.on('upgrade', (incoming, socket: Socket, head) => this.#forwardUpgrade(incoming, socket, head))
    // A watch lasts longer than any time-out of requests.
    server.requestTimeout = 0
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#options.port, address, resolve)
    })
    this.#server = server
  }

  #request(incoming: IncomingMessage, headers: IncomingHttpHeaders): ClientRequest {
    const target = new URL(`${this.#options.apiServer()}${incoming.url ?? '/'}`)
    const isTls = target.protocol === 'https:'
    const options = { method: incoming.method, headers, ...(isTls ? { agent: this.#upstream } : {}) }
    return (isTls ? httpsRequest : httpRequest)(target, options)
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    // A body of unknown length is sent on as such, whatever the method.
    const framing = incoming.headers['transfer-encoding'] ? { 'transfer-encoding': 'chunked' } : {}
    const upstream = this.#request(incoming, { ...passedOn(incoming.headers), ...framing })
    upstream.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, passedOn(answer.headers))
      // The first frame of a watch may be long in coming; its headers are not.
      outgoing.flushHeaders()
      // An answer that breaks off breaks off for the client too.
      pipeline(answer, outgoing, () => {})
    })
    upstream.on('error', (error) => {
      this.#options.log.debug({ error: error.message }, 'a request of a pod could not be passed on')
      if (outgoing.headersSent) outgoing.destroy()
      else refuse(outgoing)
    })
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  }

  /** WebSocket and SPDY (exec, attach, port-forward, watches of browsers): from the switch on, bytes both ways. */
  #forwardUpgrade(incoming: IncomingMessage, client: Socket, head: Buffer): void {
    const { upgrade } = incoming.headers
    const upstream = this.#request(incoming, { ...passedOn(incoming.headers), connection: 'Upgrade', upgrade })
    client.on('error', () => upstream.destroy())
    client.on('close', () => upstream.destroy())
    upstream.on('upgrade', (answer, server: Socket, firstBytes) => {
      client.write(headOf(answer, { connection: 'Upgrade', upgrade: answer.headers.upgrade }))
      client.write(firstBytes)
      server.write(head)
      pipeline(client, server, () => {})
      pipeline(server, client, () => {})
    })
    // Not switched: an ordinary answer, after which the connection is of no more use.
    upstream.on('response', (answer) => {
      client.write(headOf(answer, { connection: 'close' }))
      pipeline(answer, client, () => {})
    })
    upstream.on('error', (error) => {
      this.#options.log.debug({ error: error.message }, 'an upgrade of a pod could not be passed on')
      client.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    })
    upstream.end()
  }
}

/** An answer's head as it goes over the wire. */
function headOf(answer: IncomingMessage, own: Record<string, string | undefined>): string {
  const headers = Object.entries({ ...passedOn(answer.headers), ...own }).flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => `${name}: ${each}`),
  )
  return `${[`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`, ...headers].join('\r\n')}\r\n\r\n`
}

const passedOn = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name)))

function refuse(outgoing: ServerResponse): void {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the control plane cannot be reached',
    reason: 'ServiceUnavailable',
    details: { retryAfterSeconds: 1 },
    code: 503,
  }
  outgoing.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' })
  outgoing.end(JSON.stringify(status))
}
