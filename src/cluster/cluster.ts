/**
 * The Cluster Durable Object: the platform's face of a control plane (control-plane.ts), and the keeper of its keys. One
 * cluster is one object is one SQLite database. Requests come from the edge Worker only, which has found out who asks.
 */
import { DurableObject } from 'cloudflare:workers'
import type { Compat } from '../kube/compat.ts'
import {
  badRequest,
  internalError,
  methodNotAllowed,
  type Status,
  StatusError,
  tooManyRequests,
} from '../kube/errors.ts'
import { stringify } from '../kube/json.ts'
import { nodes } from '../kube/resources/core/node.ts'
import type { CertificateRequest, CertificateResponse } from '../protocol/agent.ts'
import { AUDIT_ID_HEADER } from '../protocol/audit-id.ts'
import { IDENTITY_HEADER, type Identity } from '../protocol/identity.ts'
import { countObjects } from '../store/counts.ts'
import { migrate } from '../store/migrate.ts'
import { furnishCluster, isFurnished } from './apiserver/furnishing.ts'
import { type ApiServer, type AskedPath, createApiServer } from './apiserver/handler.ts'
import { errorResponse, jsonResponse } from './apiserver/responses.ts'
import { relayThrough } from './callouts/relay.ts'
import { createTransport } from './callouts/transport.ts'
import { createAuthority, createSigningKey, signRequested, signServingCertificate } from './certificates.ts'
import { Overloaded } from './commit-queue.ts'
import { type ControlPlane, createControlPlane } from './control-plane.ts'
import { readCertificateRequest, readSync, readTokenRequest } from './gateway/bodies.ts'
import { DOORBELL_TAG, PING, PONG } from './gateway/doorbell.ts'
import { GRACE_MS, isUnknown } from './gateway/liveness.ts'
import { printMetrics } from './metrics/metrics.ts'
import { createRequestMetrics } from './metrics/requests.ts'
import { migrations } from './migrations.ts'
import { durableSockets, durableSql } from './platform.ts'
import { createSealer, type Sealer } from './sealing.ts'
import { createTokenIssuer } from './service-account-tokens.ts'
import type { SigningRequest } from './signatures.ts'
import { Hub } from './watch/hub.ts'

/** What the tenancy keeps of a cluster: public halves only, the keys never leave the object. */
export interface Founded {
  /** PEM of the cluster's CA. */
  readonly caCertificate: string
  /** JWK text that ServiceAccount tokens are verified with. */
  readonly signingPublicKey: string
}

export interface ClusterEnv {
  readonly CLUSTERS: DurableObjectNamespace<Cluster>
  /** 32 bytes, base64: seals the cluster's keys at rest. */
  readonly SEALING_KEY: string
  /** Calls webhooks that the platform's own fetch can't (a private CA): the embedded server's Node. */
  readonly RELAY?: Fetcher
  /** How long the log of changes, and Events, are kept; an hour if unset. */
  readonly HISTORY_SECONDS?: string
}

export interface Figures {
  /** Since the object's memory was made. */
  readonly rowsWritten: number
  readonly resourceVersion: number
  /** Up to which version the log has been compacted. */
  readonly horizon: number
  readonly watches: number
  readonly databaseBytes: number
}

/** How a cluster is to be, for good. */
export interface FoundingOptions {
  /** Beside clients of today. */
  readonly compat?: Compat | undefined
}

interface Seed extends Founded, FoundingOptions {
  readonly sealedCaKey: string
  readonly sealedSigningKey: string
}

const SEED = 'seed'
const CA_KEY = 'cluster-ca-key'
const SIGNING_KEY = 'service-account-signing-key'

export class Cluster extends DurableObject<ClusterEnv> {
  readonly #plane: ControlPlane
  readonly #api: ApiServer
  readonly #sealer: Sealer
  /** Read once: it never changes. */
  #known: Seed | undefined
  /** Requests wait for it; the platform's own waiting would hold up the turn that it is done in. */
  #upToDate: Promise<void> | undefined
  readonly #clock = { now: () => Date.now() }

  constructor(ctx: DurableObjectState, env: ClusterEnv) {
    super(ctx, env)
    this.#sealer = createSealer(env.SEALING_KEY)
    const clock = this.#clock
    const sql = durableSql(ctx.storage)
    migrate(sql, migrations)
    const publicKey = () => this.#seed().signingPublicKey
    const privateKey = () => this.#sealer.open(SIGNING_KEY, this.#seed().sealedSigningKey)
    const tokens = createTokenIssuer({ privateKey, publicKey }, () => crypto.randomUUID())
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
    this.#plane = createControlPlane({
      sql,
      sockets: durableSockets(ctx),
      clock,
      random: { next: () => Math.random(), uuid: () => crypto.randomUUID() },
      later: (work) => void setTimeout(work, 0),
      setAlarm: (at) => void ctx.storage.setAlarm(at),
      tokens,
      certificates: { sign: (request) => this.#sign(request) },
      transport: (tunnel) =>
        createTransport({ fetch: reach, relay: env.RELAY && relayThrough(env.RELAY), tunnel, after }),
      after,
      caCertificate: () => this.#seed().caCertificate,
      compat: () => this.#compat(),
      historyMs: historyOf(env),
      log: (message, fields) => console.error(JSON.stringify({ message, ...fields })),
    })
    const { store, catalog, authorizer, operations, queue, attempts, judgement, queues, hub } = this.#plane
    if (store.meta.get(SEED) !== undefined && !isFurnished(store)) this.#upToDate = this.#furnish()
    const requests = createRequestMetrics()
    const metrics = () =>
      printMetrics({
        requests,
        objects: () => countObjects(sql),
        watches: () => hub().counts(),
        queues,
        databaseBytes: () => ctx.storage.sql.databaseSize,
        resourceVersion: () => store.latest,
        rowsWritten: () => store.rowsWritten(),
      })
    this.#api = createApiServer({
      store,
      catalog,
      authorizer,
      operations,
      queue,
      attempts,
      judgement,
      hub,
      clock,
      turn: () => new Promise((done) => void setTimeout(done, 0)),
      tokens,
      publicKey,
      requests,
      metrics,
    })
  }

  /** Makes the cluster and its keys; again does nothing but answer the same. */
  async found(options: FoundingOptions = {}): Promise<Founded> {
    const { store, operations, queue } = this.#plane
    const known = store.meta.get(SEED)
    const fresh = known === undefined ? { ...(await this.#newSeed()), ...options } : undefined
    return queue.commit(() => {
      if (fresh && store.meta.get(SEED) === undefined) {
        store.meta.set(SEED, JSON.stringify(fresh))
        this.#known = fresh
        furnishCluster(store, operations, fresh)
      }
      const { caCertificate, signingPublicKey } = this.#seed()
      return { caCertificate, signingPublicKey }
    })
  }

  /** A cluster of before is given what newer ones begin with. Where something of its own is in the way, it goes on without. */
  async #furnish(): Promise<void> {
    const { store, operations, queue } = this.#plane
    try {
      await queue.commit(() => furnishCluster(store, operations, this.#seed()))
    } catch (error) {
      console.error(JSON.stringify({ message: 'the cluster could not be brought up to date', error: String(error) }))
    } finally {
      this.#upToDate = undefined
    }
  }

  async #newSeed(): Promise<Seed> {
    const authority = await createAuthority('skycrane-cluster-ca', this.#clock.now())
    const signing = await createSigningKey()
    return {
      caCertificate: authority.certificate,
      signingPublicKey: signing.publicKey,
      sealedCaKey: await this.#sealer.seal(CA_KEY, authority.key),
      sealedSigningKey: await this.#sealer.seal(SIGNING_KEY, signing.key),
    }
  }

  /** Ends the cluster: everything it stored is deleted. */
  async destroy(): Promise<void> {
    for (const socket of this.ctx.getWebSockets()) socket.close(1001, 'the cluster has been deleted')
    await this.ctx.storage.deleteAlarm()
    await this.ctx.storage.deleteAll()
    this.ctx.abort('the cluster has been deleted')
  }

  /**
   * What the edge makes discovery and schemas of, beside what every cluster serves: what the cluster was made for, and
   * the CustomResourceDefinitions that are served, as JSON; '' where nothing has changed since `known`.
   */
  async publishedDefinitions(
    known: string | undefined,
  ): Promise<{ version: string; definitions: string; compat: Compat | undefined }> {
    const { version, definitions } = this.#plane.catalog.published(known)
    return {
      version,
      definitions: definitions === undefined ? '' : stringify(definitions),
      compat: this.#compat(),
    }
  }

  /** Why somebody may not ask for a path that the edge answers; undefined where they may. */
  async refusalOf(identity: Identity, asked: AskedPath): Promise<Status | undefined> {
    try {
      this.#api.checkPath(identity, asked)
      return undefined
    } catch (error) {
      return this.#statusOf(error).toStatus()
    }
  }

  /** Figures for benches and metrics. */
  async figures(): Promise<Figures> {
    const { store } = this.#plane
    return {
      rowsWritten: store.rowsWritten(),
      resourceVersion: store.latest,
      horizon: store.horizon,
      watches: this.#plane.watches(),
      databaseBytes: this.ctx.storage.sql.databaseSize,
    }
  }

  /** Whether a node's name is free for a newcomer: no Node of that name, or one that nobody hears of any more. */
  async isNodeNameFree(name: string): Promise<boolean> {
    const { store, liveness } = this.#plane
    const node = store.get(nodes, { namespace: '', name })
    if (node === undefined || isUnknown(node)) return true
    // Nothing known of it: the object slept, and it may be alive until the monitor has found out.
    return this.#clock.now() - (liveness.lastHeard(name) ?? this.#clock.now()) > GRACE_MS
  }

  override async fetch(request: Request): Promise<Response> {
    const answer = await this.#answered(request)
    const auditId = request.headers.get(AUDIT_ID_HEADER)
    // Here its headers can still be written; the edge would have to copy it for that.
    if (auditId !== null && !answer.webSocket) answer.headers.set(AUDIT_ID_HEADER, auditId)
    return answer
  }

  async #answered(request: Request): Promise<Response> {
    await this.#upToDate
    try {
      return await this.#handle(request)
    } catch (error) {
      if (!request.bodyUsed) await request.body?.pipeTo(new WritableStream())
      return errorResponse(this.#statusOf(error))
    }
  }

  async #handle(request: Request): Promise<Response> {
    // The Worker has put it there, for every request.
    const identity = JSON.parse(request.headers.get(IDENTITY_HEADER) ?? 'null') as Identity
    const url = new URL(request.url)
    if (!url.pathname.startsWith('/agent/')) return this.#api.handle(request, url.pathname, url.searchParams, identity)
    if (identity.kind !== 'node') throw new StatusError(403, 'Forbidden', 'only a node credential can do this')
    return this.#agent(request, url.pathname, identity.node)
  }

  async #agent(request: Request, path: string, node: string): Promise<Response> {
    const { gateway, doorbell, liveness } = this.#plane
    if (request.method !== (path === '/agent/v1/doorbell' ? 'GET' : 'POST')) throw methodNotAllowed(request.method)
    switch (path) {
      case '/agent/v1/sync':
        return answer(await gateway.sync(node, await readSync(request)))
      case '/agent/v1/token':
        return answer(await gateway.token(node, await readTokenRequest(request)))
      case '/agent/v1/certificate':
        return answer(await this.#certificate(await readCertificateRequest(request)))
      case '/agent/v1/doorbell': {
        if (request.headers.get('upgrade') !== 'websocket') throw badRequest('the doorbell is a WebSocket')
        const pair = new WebSocketPair()
        doorbell.accept(node, pair[1])
        liveness.heard(node, this.#clock.now())
        return new Response(null, { status: 101, webSocket: pair[0] })
      }
      default:
        throw new StatusError(404, 'NotFound', 'the server could not find the requested resource')
    }
  }

  /** PEM. */
  async #sign(request: SigningRequest): Promise<string> {
    const { caCertificate, sealedCaKey } = this.#seed()
    const key = await this.#sealer.open(CA_KEY, sealedCaKey)
    return signRequested({ certificate: caCertificate, key }, request, this.#clock.now())
  }

  async #certificate(request: CertificateRequest): Promise<CertificateResponse> {
    const { caCertificate, sealedCaKey } = this.#seed()
    const key = await this.#sealer.open(CA_KEY, sealedCaKey)
    return signServingCertificate({ certificate: caCertificate, key }, request, this.#clock.now())
  }

  override async alarm(): Promise<void> {
    await this.#plane.alarm()
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    if (typeof message !== 'string') return
    const tags = this.ctx.getTags(socket)
    if (tags.includes(Hub.tag)) this.#plane.hub().message(socket, message)
    else if (tags.includes(DOORBELL_TAG)) this.#plane.tunnel.answered(socket, message)
  }

  override webSocketClose(socket: WebSocket): void {
    this.#plane.closed(socket)
    socket.close()
  }

  override webSocketError(socket: WebSocket): void {
    this.#plane.closed(socket)
  }

  #seed(): Seed {
    const seed = this.#seedIfAny()
    if (seed === undefined) throw new StatusError(404, 'NotFound', 'the cluster does not exist')
    return seed
  }

  #seedIfAny(): Seed | undefined {
    if (this.#known) return this.#known
    const text = this.#plane.store.meta.get(SEED)
    // found() wrote it.
    this.#known = text === undefined ? undefined : (JSON.parse(text) as Seed)
    return this.#known
  }

  #compat(): Compat | undefined {
    return this.#seedIfAny()?.compat
  }

  #statusOf(error: unknown): StatusError {
    if (error instanceof StatusError) return error
    if (error instanceof Overloaded) return tooManyRequests('the cluster is overloaded, please try again later', 1)
    console.error(
      JSON.stringify({
        message: 'request failed',
        error: String(error),
        stack: error instanceof Error ? error.stack : undefined,
      }),
    )
    return internalError("see the control plane's log")
  }
}

const reach = (url: string, init: RequestInit): Promise<Response> => fetch(url, init)

function after(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}

/** Throws where it is no number: a cluster that forgot at once would be of no use to anybody. */
function historyOf({ HISTORY_SECONDS: seconds }: ClusterEnv): number | undefined {
  if (seconds === undefined) return undefined
  if (!/^[1-9]\d*$/.test(seconds)) throw new Error(`HISTORY_SECONDS must be a number of seconds, not ${seconds}`)
  return Number(seconds) * 1000
}

const answer = (body: unknown): Response => jsonResponse(`${JSON.stringify(body)}\n`)
