/** An HTTPS client as a Kubernetes client is: keep-alive, bearer token, `Accept-Encoding: gzip`. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { gunzipSync } from 'node:zlib'

export interface Target {
  readonly url: string
  readonly token: string
  readonly ca: string
  readonly cluster: string
}

export interface Answer {
  readonly status: number
  readonly text: string
}

export interface Drained {
  readonly status: number
  /** As they came, which is compressed if the answer was. */
  readonly bytes: number
  /** Until the first of them. */
  readonly firstMs: number
  readonly ms: number
}

export class Client {
  readonly #target: Target
  readonly #agent: Agent
  readonly #options: RequestOptions

  constructor(target: Target, connections: number) {
    this.#target = target
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, ca: readFileSync(target.ca) })
    const { hostname, port } = new URL(target.url)
    this.#options = { hostname, port, agent: this.#agent }
  }

  get cluster(): string {
    return this.#target.cluster
  }

  /** `path` under the cluster's, or absolute with `raw`. */
  send(method: string, path: string, body?: unknown, { raw = false, type = 'application/json' } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const request = httpsRequest(
        {
          ...this.#options,
          method,
          path: raw ? path : `/clusters/${this.#target.cluster}${path}`,
          headers: this.#headers(text, type),
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const bytes = Buffer.concat(chunks)
            const plain = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
            resolve({ status: response.statusCode ?? 0, text: plain.toString('utf8') })
          })
        },
      )
      request.on('error', reject)
      request.end(text)
    })
  }

  /** A get whose answer is read and forgotten: of a list that would fill this process instead of the server. */
  drain(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Drained> {
    return new Promise((resolve, reject) => {
      const begun = performance.now()
      const options = { ...this.#options, path: `/clusters/${this.#target.cluster}${path}` }
      const request = httpsRequest(
        { ...options, headers: { ...this.#headers(undefined, ''), ...headers } },
        (response) => {
          let bytes = 0
          let firstMs = 0
          response.on('data', (chunk: Buffer) => {
            if (bytes === 0) firstMs = performance.now() - begun
            bytes += chunk.length
          })
          response.on('error', reject)
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, bytes, firstMs, ms: performance.now() - begun }),
          )
        },
      )
      request.on('error', reject)
      request.end()
    })
  }

  /** Opens a watch; `line` gets each frame. Resolves when the headers are there, to a function that ends it. */
  watch(path: string, line: (text: string) => void): Promise<() => void> {
    return new Promise((resolve, reject) => {
      // A watch keeps its connection: each has its own.
      const request = httpsRequest(
        {
          ...this.#options,
          agent: false,
          ca: this.#agent.options.ca,
          method: 'GET',
          path: `/clusters/${this.#target.cluster}${path}`,
          headers: this.#headers(undefined, ''),
        },
        (response: IncomingMessage) => {
          let rest = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            rest += chunk
            for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
              line(rest.slice(0, end))
              rest = rest.slice(end + 1)
            }
          })
          response.on('error', () => undefined)
          resolve(() => request.destroy())
        },
      )
      request.on('error', reject)
      request.end()
    })
  }

  #headers(text: string | undefined, type: string): Record<string, string> {
    return {
      authorization: `Bearer ${this.#target.token}`,
      accept: 'application/json',
      'accept-encoding': 'gzip',
      ...(text === undefined ? {} : { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }),
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}
