/** HTTPS to the control plane: the agent's four calls. Keeps its connection, and trusts the private CA it was given. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { rootCertificates } from 'node:tls'
import type {
  CertificateRequest,
  CertificateResponse,
  JoinRequest,
  JoinResponse,
  SyncRequest,
  SyncResponse,
  TokenRequest,
  TokenResponse,
} from '../../../src/protocol/agent.ts'

const TIMEOUT_MS = 30_000

/** The control plane answered, and refused. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface ControlClient {
  join(token: string, request: JoinRequest): Promise<JoinResponse>
  sync(credential: string, request: SyncRequest): Promise<SyncResponse>
  token(credential: string, request: TokenRequest): Promise<TokenResponse>
  certificate(credential: string, request: CertificateRequest): Promise<CertificateResponse>
}

/** CAs for TLS towards the control plane: its own private one beside the public ones. */
export const trustedBy = (ca: string | undefined): string[] | undefined =>
  ca === undefined ? undefined : [...rootCertificates, ca]

export function createClient({ server, ca }: { server: string; ca?: string }): ControlClient {
  const isTls = server.startsWith('https:')
  const agent = isTls ? new HttpsAgent({ keepAlive: true, ca: trustedBy(ca) }) : new HttpAgent({ keepAlive: true })
  const send = isTls ? httpsRequest : httpRequest

  function call<T>(path: string, bearer: string, body: unknown): Promise<T> {
    const text = JSON.stringify(body)
    return new Promise<T>((resolve, reject) => {
      const request = send(
        `${server}${path}`,
        {
          method: 'POST',
          agent,
          timeout: TIMEOUT_MS,
          headers: {
            authorization: `Bearer ${bearer}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(text),
            accept: 'application/json',
          },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () =>
            settle(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'), resolve, reject),
          )
        },
      )
      request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
      request.on('error', reject)
      request.end(text)
    })
  }

  return {
    join: (token, request) => call('/agent/v1/join', token, request),
    sync: (credential, request) => call('/agent/v1/sync', credential, request),
    token: (credential, request) => call('/agent/v1/token', credential, request),
    certificate: (credential, request) => call('/agent/v1/certificate', credential, request),
  }
}

function settle<T>(status: number, text: string, resolve: (value: T) => void, reject: (error: Error) => void): void {
  try {
    const body: unknown = JSON.parse(text)
    if (status >= 200 && status < 300) {
      // Both sides are of one protocol, whose types these are.
      resolve(body as T)
      return
    }
    const { message } = body as { message?: string }
    reject(new Refused(status, message ?? `HTTP ${status}`))
  } catch {
    reject(new Refused(status, `HTTP ${status}, and not JSON`))
  }
}
