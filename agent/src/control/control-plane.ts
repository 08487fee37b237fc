/** The control plane as the agent knows it: joining, and the calls made with the node's credential. */
import { join } from 'node:path'
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
import { readJson, writeFileAtomic } from '../disk.ts'
import type { Log } from '../log.ts'
import { ControlError, postJson, type Transport } from './http.ts'

/** What a node keeps of having joined. */
export type Membership = JoinResponse

export class ControlPlane {
  readonly #server: string
  readonly #transport: Transport
  readonly #path: string
  readonly #token: string | undefined
  readonly #log: Log
  #membership: Membership | undefined
  #joining: Promise<Membership> | undefined

  constructor(options: { server: string; token?: string; dataDir: string; transport: Transport; log: Log }) {
    this.#server = options.server
    this.#token = options.token
    this.#transport = options.transport
    this.#path = join(options.dataDir, 'membership.json')
    this.#log = options.log
  }

  get membership(): Membership | undefined {
    return this.#membership
  }

  async load(): Promise<Membership | undefined> {
    this.#membership = await readJson(this.#path, isMembership)
    return this.#membership
  }

  /** Joins if the node has not yet. */
  async ensureJoined(nodeName: string): Promise<Membership> {
    if (this.#membership) return this.#membership
    this.#joining ??= this.#join(nodeName).finally(() => {
      this.#joining = undefined
    })
    return this.#joining
  }

  /** The credential was refused: join again, if a token is at hand. Proves with the old one that it is this machine. */
  async rejoin(nodeName: string): Promise<Membership> {
    this.#log.warn('the credential was refused; joining again')
    return this.#join(nodeName, this.#membership?.credential)
  }

  sync(request: SyncRequest): Promise<SyncResponse> {
    return this.#call<SyncResponse>('sync', request)
  }

  token(request: TokenRequest): Promise<TokenResponse> {
    return this.#call<TokenResponse>('token', request)
  }

  certificate(request: CertificateRequest): Promise<CertificateResponse> {
    return this.#call<CertificateResponse>('certificate', request)
  }

  urlOf(name: string): URL {
    return new URL(`${this.#server}/agent/v1/${name}`)
  }

  async #join(nodeName: string, formerCredential?: string): Promise<Membership> {
    if (this.#token === undefined) throw new ControlError(401, 'the node has not joined and no --token was given')
    const body: JoinRequest = { nodeName, ...(formerCredential ? { formerCredential } : {}) }
    // The protocol types the answer; the control plane is trusted as the agent's master.
    const membership = (await postJson(this.#transport, this.urlOf('join'), {
      body,
      bearer: this.#token,
    })) as JoinResponse
    await writeFileAtomic(this.#path, JSON.stringify(membership), 0o600)
    this.#membership = membership
    this.#log.info({ cluster: membership.cluster, node: membership.nodeName }, 'joined')
    return membership
  }

  async #call<T>(name: string, body: unknown): Promise<T> {
    const bearer = this.#membership?.credential
    if (bearer === undefined) throw new ControlError(401, 'the node has not joined')
    // As above: the shape is the protocol's promise.
    return (await postJson(this.#transport, this.urlOf(name), { body, bearer })) as T
  }
}

function isMembership(value: unknown): value is Membership {
  return typeof value === 'object' && value !== null && 'credential' in value && 'apiServer' in value
}
