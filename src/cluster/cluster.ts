/**
 * The Cluster Durable Object: assembly. One cluster is one object is one SQLite database. Requests come from the edge
 * Worker only, which has found out who asks. Everything in memory is a cache or a queue of work that the log can tell
 * again; an eviction at any moment loses nothing.
 */
import { DurableObject } from 'cloudflare:workers'
import { controllers } from '../controllers/index.ts'
import { badRequest, internalError, StatusError, tooManyRequests } from '../kube/errors.ts'
import { nodes } from '../kube/resources/core/node.ts'
import type { Node } from '../kube/types.ts'
import type { CertificateRequest, CertificateResponse, SyncRequest, TokenRequest } from '../protocol/agent.ts'
import { IDENTITY_HEADER, type Identity } from '../protocol/identity.ts'
import { createScheduler, writesOf } from '../scheduler/scheduler.ts'
import { migrate } from '../store/migrate.ts'
import { Store } from '../store/store.ts'
import { createAllocator } from './apiserver/allocation.ts'
import { furnishCluster } from './apiserver/furnishing.ts'
import { type ApiServer, createApiServer } from './apiserver/handler.ts'
import { createOperations, type Operations } from './apiserver/operations.ts'
import { errorResponse, jsonResponse } from './apiserver/responses.ts'
import { createAuthority, createSigningKey, signServingCertificate } from './certificates.ts'
import { type CommitQueue, createCommitQueue, Overloaded } from './commit-queue.ts'
import { Engine } from './engine/engine.ts'
import { createEventRecorder } from './engine/event-recorder.ts'
import { createScheduling } from './engine/scheduling.ts'
import { createView } from './engine/view.ts'
import { createWriter } from './engine/writes.ts'
import { createDoorbell, type Doorbell, PING, PONG } from './gateway/doorbell.ts'
import { createGateway, type Gateway } from './gateway/gateway.ts'
import { createLiveness, GRACE_MS, isUnknown, type Liveness, unknownStatus } from './gateway/liveness.ts'
import { migrations } from './migrations.ts'
import { createSealer, type Sealer } from './sealing.ts'
import { createTokenIssuer, timestampOf } from './service-account-tokens.ts'
import { durableSql } from './storage.ts'
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
}

interface Seed extends Founded {
  readonly sealedCaKey: string
  readonly sealedSigningKey: string
}

const SEED = 'seed'
const CA_KEY = 'cluster-ca-key'
const SIGNING_KEY = 'service-account-signing-key'
/** The log's window: how far back watches may begin and lists be continued. */
const WINDOW_MS = 60 * 60 * 1000
const COMPACT_ROWS = 200
/** While controllers have work, an alarm so far ahead makes sure that it is done whatever happens to this process. */
const SAFETY_MS = 5_000
const NODE_MONITOR = 'node-monitor'

export class Cluster extends DurableObject<ClusterEnv> {
  readonly #store: Store
  readonly #queue: CommitQueue
  readonly #operations: Operations
  readonly #engine: Engine
  readonly #api: ApiServer
  readonly #gateway: Gateway
  readonly #doorbell: Doorbell
  readonly #liveness: Liveness
  readonly #sealer: Sealer
  #hub: Hub | undefined
  #isTicking = false
  #alarmAt: number | undefined

  constructor(ctx: DurableObjectState, env: ClusterEnv) {
    super(ctx, env)
    this.#sealer = createSealer(env.SEALING_KEY)
    const sql = durableSql(ctx.storage)
    migrate(sql, migrations)
    const clock = { now: () => Date.now() }
    const random = { next: () => Math.random(), uuid: () => crypto.randomUUID() }
    const store = new Store({ sql, now: clock.now })
    const allocator = createAllocator(store, random.next)
    const operations = createOperations({
      store,
      clock,
      random,
      allocator,
      caCertificate: () => this.#seed().caCertificate,
    })
    const recorder = createEventRecorder(store, operations, clock)
    const writer = createWriter(store, operations, recorder)
    const tokens = createTokenIssuer(() => this.#sealer.open(SIGNING_KEY, this.#seed().sealedSigningKey))
    const log = (message: string, fields: Record<string, unknown>) =>
      console.error(JSON.stringify({ message, ...fields }))
    this.#store = store
    this.#operations = operations
    this.#doorbell = createDoorbell(ctx)
    this.#liveness = createLiveness({ startedAt: clock.now(), lastPing: (node) => this.#doorbell.lastPing(node) })
    this.#queue = createCommitQueue({
      transaction: (work) => store.transaction(work),
      committed: () => this.#committed(),
    })
    this.#engine = new Engine({
      store,
      view: createView(store),
      writer,
      controllers,
      scheduler: createScheduling({ store, writer, clock, random, createScheduler, writesOf, log }),
      clock,
      log,
    })
    this.#api = createApiServer({ store, operations, queue: this.#queue, hub: () => this.#watchHub(), clock, tokens })
    this.#gateway = createGateway({
      store,
      operations,
      queue: this.#queue,
      recorder,
      liveness: this.#liveness,
      doorbell: this.#doorbell,
      tokens,
      clock,
    })
    this.#observeAllocations = (changes) => allocator.observe(changes)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
    if (!this.#engine.isSettled()) this.#tick()
  }

  readonly #observeAllocations: (changes: Parameters<Engine['observe']>[0]) => void

  /** Makes the cluster and its keys; again does nothing but answer the same. */
  async found(): Promise<Founded> {
    const known = this.#store.meta.get(SEED)
    const fresh = known === undefined ? await this.#newSeed() : undefined
    return this.#queue.commit(() => {
      if (fresh && this.#store.meta.get(SEED) === undefined) {
        this.#store.meta.set(SEED, JSON.stringify(fresh))
        furnishCluster(this.#store, this.#operations)
      }
      const { caCertificate, signingPublicKey } = this.#seed()
      return { caCertificate, signingPublicKey }
    })
  }

  async #newSeed(): Promise<Seed> {
    const authority = await createAuthority('skycrane-cluster-ca', Date.now())
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

  /** Figures for benches and metrics. */
  async figures(): Promise<{ rowsWritten: number; resourceVersion: number; watches: number; databaseBytes: number }> {
    return {
      rowsWritten: this.#store.rowsWritten(),
      resourceVersion: this.#store.latest,
      watches: this.#hub?.size ?? 0,
      databaseBytes: this.ctx.storage.sql.databaseSize,
    }
  }

  /** Whether a node's name is free for a newcomer: no Node of that name, or one that nobody hears of any more. */
  async isNodeNameFree(name: string): Promise<boolean> {
    const node = this.#store.get(nodes, { namespace: '', name })
    return node === undefined || Date.now() - this.#liveness.lastHeard(name) > GRACE_MS
  }

  override async fetch(request: Request): Promise<Response> {
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
    switch (path) {
      case '/agent/v1/sync':
        return answer(await this.#gateway.sync(node, await bodyOf<SyncRequest>(request)))
      case '/agent/v1/token':
        return answer(await this.#gateway.token(node, await bodyOf<TokenRequest>(request)))
      case '/agent/v1/certificate':
        return answer(await this.#certificate(await bodyOf<CertificateRequest>(request)))
      case '/agent/v1/doorbell': {
        if (request.headers.get('upgrade') !== 'websocket') throw badRequest('the doorbell is a WebSocket')
        const pair = new WebSocketPair()
        this.#doorbell.accept(node, pair[1])
        this.#liveness.heard(node, Date.now())
        return new Response(null, { status: 101, webSocket: pair[0] })
      }
      default:
        throw new StatusError(404, 'NotFound', 'the server could not find the requested resource')
    }
  }

  async #certificate(request: CertificateRequest): Promise<CertificateResponse> {
    const { caCertificate, sealedCaKey } = this.#seed()
    const key = await this.#sealer.open(CA_KEY, sealedCaKey)
    return signServingCertificate({ certificate: caCertificate, key }, request, Date.now())
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    const now = Date.now()
    this.#engine.wake(now)
    await this.#queue.commit(() => {
      this.#monitorNodes(now)
      if (this.#engine.isSettled()) this.#engine.save()
    })
    this.#tick()
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    if (typeof message === 'string' && this.ctx.getTags(socket).includes(Hub.tag))
      this.#watchHub().message(socket, message)
  }

  override webSocketClose(socket: WebSocket): void {
    this.#watchHub().close(socket)
    socket.close()
  }

  override webSocketError(socket: WebSocket): void {
    this.#watchHub().close(socket)
  }

  /** Made when first needed: after a sleep it asks every open watch where it stands. */
  #watchHub(): Hub {
    this.#hub ??= new Hub({
      store: this.#store,
      clock: { now: () => Date.now() },
      sockets: () => this.ctx.getWebSockets(Hub.tag),
      accept: (socket, tags) => this.ctx.acceptWebSocket(socket, tags),
    })
    return this.#hub
  }

  #seed(): Seed {
    const seed = this.#store.meta.get(SEED)
    if (seed === undefined) throw new StatusError(404, 'NotFound', 'the cluster does not exist')
    // found() wrote it.
    return JSON.parse(seed) as Seed
  }

  /** After each turn's writes, in the same turn: watches, doorbells and controllers hear of them. */
  #committed(): void {
    const changes = this.#store.takeChanges()
    if (changes.length > 0) {
      this.#observeAllocations(changes)
      this.#engine.observe(changes)
      this.#watchHub().publish(changes)
      this.#doorbell.publish(changes)
      this.#heedNewNodes(changes)
    }
    this.#tick()
  }

  /** A client that writes a Node's status is its heartbeat; a new Node must be watched over. */
  #heedNewNodes(changes: readonly { resource: string; name: string; type: string }[]): void {
    for (const change of changes) {
      if (change.resource !== 'nodes') continue
      if (change.type === 'DELETED') this.#liveness.forget(change.name)
      else if (change.type === 'ADDED') {
        this.#liveness.heard(change.name, Date.now())
        this.#store.timers.set(
          NODE_MONITOR,
          '',
          Math.min(this.#monitorAt() ?? Number.POSITIVE_INFINITY, Date.now() + GRACE_MS),
        )
      }
    }
  }

  #monitorAt(): number | undefined {
    return this.#store.timers.due(Number.POSITIVE_INFINITY).find((timer) => timer.owner === NODE_MONITOR)?.at
  }

  /** Marks nodes not heard of as Unknown, and sets when to look again: when the next could have gone silent. */
  #monitorNodes(now: number): void {
    const at = this.#monitorAt()
    if (at === undefined || at > now) return
    let next: number | undefined
    for (const node of this.#store.list(nodes)) {
      if (isUnknown(node)) continue
      const silentAt = this.#liveness.lastHeard(node.metadata.name) + GRACE_MS
      if (silentAt <= now) {
        const status = unknownStatus(node, timestampOf(now))
        this.#operations.update<Node>(
          nodes,
          { namespace: '', name: node.metadata.name },
          { ...node, metadata: { ...node.metadata }, status },
          'status',
        )
      } else next = Math.min(next ?? Number.POSITIVE_INFINITY, silentAt)
    }
    this.#store.timers.set(NODE_MONITOR, '', next)
  }

  /** Lets the controllers work in turns of their own, one slice a turn, until nothing is left. */
  #tick(): void {
    this.#setAlarm()
    if (this.#isTicking || this.#engine.isSettled()) return
    this.#isTicking = true
    setTimeout(() => this.#slice(), 0)
  }

  #slice(): void {
    this.#isTicking = false
    try {
      this.#engine.slice()
      this.#store.compact(Date.now() - WINDOW_MS, COMPACT_ROWS)
    } finally {
      this.#committed()
    }
  }

  /** Set for the earliest timer, or soon while work is left; a later one that is set already is moved, an earlier kept. */
  #setAlarm(): void {
    const now = Date.now()
    const timer = this.#store.timers.earliest()
    const safety = this.#engine.isSaved() ? undefined : now + SAFETY_MS
    const wanted = timer === undefined ? safety : Math.max(now, Math.min(timer, safety ?? timer))
    if (
      wanted === undefined ||
      (this.#alarmAt !== undefined && this.#alarmAt <= wanted && this.#alarmAt > now - SAFETY_MS)
    )
      return
    this.#alarmAt = wanted
    void this.ctx.storage.setAlarm(wanted)
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

async function bodyOf<T>(request: Request): Promise<T> {
  try {
    // The agent's protocol is our own: its shape is checked where it is used.
    return (await request.json()) as T
  } catch {
    throw badRequest('the body is not JSON')
  }
}

const answer = (body: unknown): Response => jsonResponse(`${JSON.stringify(body)}\n`)
