/**
 * Where the `kubernetes` Service ends in every Pod: TLS with a certificate that kube-root-ca.crt vouches for, and each
 * request passed on to the cluster's path with the client's own token. Streams both ways; nothing is looked into.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { request as httpRequest } from 'node:http'
import { Agent, createServer, request as httpsRequest, type Server } from 'node:https'
import type { CertificateRequest, CertificateResponse } from '../../../src/protocol/agent.ts'
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

export class ApiGateway {
  readonly #options: GatewayOptions
  readonly #upstream: Agent
  #server: Server | undefined
  #address: string | undefined
  #renewal: NodeJS.Timeout | undefined

  constructor(options: GatewayOptions) {
    this.#options = options
    this.#upstream = new Agent({ keepAlive: true, ca: trustedBy(options.ca) })
  }

  /** Listens on the bridge's address; idempotent. */
  async listen(address: string): Promise<void> {
    if (this.#address === address) return
    this.#server?.close()
    const { key, certificate, renewAt } = await newCertificate(this.#options.certificate, Date.now())
    const server = createServer({ key, cert: certificate }, (incoming, outgoing) => this.#forward(incoming, outgoing))
    // A watch lasts longer than any time-out of requests.
    server.requestTimeout = 0
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#options.port, address, resolve)
    })
    this.#server = server
    this.#address = address
    this.#renewIn(renewAt - Date.now())
  }

  stop(): void {
    clearTimeout(this.#renewal)
    this.#server?.closeAllConnections()
    this.#server?.close()
    this.#upstream.destroy()
  }

  #renewIn(ms: number): void {
    this.#renewal = setTimeout(() => void this.#renew(), Math.min(ms, 2 ** 31 - 1))
    this.#renewal.unref()
  }

  async #renew(): Promise<void> {
    const HOUR_MS = 3600_000
    try {
      const { key, certificate, renewAt } = await newCertificate(this.#options.certificate, Date.now())
      this.#server?.setSecureContext({ key, cert: certificate })
      this.#renewIn(renewAt - Date.now())
    } catch (error) {
      this.#options.log.warn({ error: messageOf(error) }, 'the serving certificate could not be renewed')
      this.#renewIn(HOUR_MS)
    }
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const target = new URL(`${this.#options.apiServer()}${incoming.url ?? '/'}`)
    const isTls = target.protocol === 'https:'
    const upstream = (isTls ? httpsRequest : httpRequest)(
      target,
      { method: incoming.method, headers: passedOn(incoming.headers), ...(isTls ? { agent: this.#upstream } : {}) },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, passedOn(answer.headers))
        // The first frame of a watch may be long in coming; its headers are not.
        outgoing.flushHeaders()
        answer.pipe(outgoing)
      },
    )
    upstream.on('error', (error) => {
      this.#options.log.debug({ error: error.message }, 'a request of a pod could not be passed on')
      if (outgoing.headersSent) outgoing.destroy()
      else refuse(outgoing)
    })
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  }
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
