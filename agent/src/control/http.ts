/** HTTP to the control plane with its private CA, on kept-alive connections. */
import http from 'node:http'
import https from 'node:https'
import { rootCertificates } from 'node:tls'

export interface Transport {
  /** Sends any request; the caller reads the answer. */
  request(url: URL, options: http.RequestOptions): http.ClientRequest
  /** For clients that bring their own request (WebSocket). */
  readonly ca: readonly string[] | undefined
  close(): void
}

export function createTransport(ca: string | undefined): Transport {
  const trusted = ca === undefined ? undefined : [...rootCertificates, ca]
  const plain = new http.Agent({ keepAlive: true })
  const secure = new https.Agent({ keepAlive: true, ...(trusted ? { ca: [...trusted] } : {}) })
  return {
    ca: trusted,
    request: (url, options) =>
      url.protocol === 'https:'
        ? https.request(url, { agent: secure, ...options })
        : http.request(url, { agent: plain, ...options }),
    close: () => {
      plain.destroy()
      secure.destroy()
    },
  }
}

/** The control plane's refusal: a Kubernetes Status. */
export class ControlError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** A sync of a big node may take the control plane a while; one that takes longer than this is lost. */
const TIMEOUT_MS = 30_000

/** An answer larger than this is not one of ours. */
const ANSWER_LIMIT = 256 * 1024 * 1024

export async function postJson(
  transport: Transport,
  url: URL,
  { body, bearer }: { body: unknown; bearer: string },
): Promise<unknown> {
  const text = JSON.stringify(body)
  const { status, answer } = await new Promise<{ status: number; answer: string }>((resolve, reject) => {
    const request = transport.request(url, {
      method: 'POST',
      timeout: TIMEOUT_MS,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        // Answers come over one hop that often compresses badly for small bodies; large ones are rare.
        'accept-encoding': 'identity',
        authorization: `Bearer ${bearer}`,
      },
    })
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error('the control plane did not answer in time')))
    request.on('response', (response) => {
      collect(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject)
    })
    request.end(text)
  })
  if (status >= 200 && status < 300) return JSON.parse(answer)
  throw new ControlError(status, reasonOf(answer) ?? `HTTP ${status}`)
}

async function collect(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > ANSWER_LIMIT) throw new Error('the answer is too large')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString()
}

function reasonOf(answer: string): string | undefined {
  try {
    const status: unknown = JSON.parse(answer)
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message)
  } catch {
    // Not a Status: a proxy in between answered.
  }
  return undefined
}
