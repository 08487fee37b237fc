/**
 * A cluster's control plane put together: store, engine, watches and the agents' gateway, on ports for all that is the
 * platform's (SQLite, sockets, turns, the alarm, time and chance). A Durable Object gives it the platform's, the
 * simulation its own. Everything in memory is a cache or a queue of work that the log can tell again; an end at any
 * moment loses nothing.
 * Must not know HTTP, keys or tenants.
 */
import { controllersOf } from '../controllers/index.ts'
import type { Compat } from '../kube/compat.ts'
import { mutatingWebhookConfigurations } from '../kube/resources/admissionregistration/mutating-webhook-configuration.ts'
import { validatingWebhookConfigurations } from '../kube/resources/admissionregistration/validating-webhook-configuration.ts'
import { createScheduler, writesOf } from '../scheduler/scheduler.ts'
import type { Sql } from '../store/sql.ts'
import { Store } from '../store/store.ts'
import { type Authorizer, createAuthorizer } from './access/authorizer.ts'
import { createHooks } from './apiserver/admission/hooks.ts'
import { createAdmission } from './apiserver/admission/index.ts'
import { createPolicies } from './apiserver/admission/policies.ts'
import { surroundingsOf } from './apiserver/admission/surroundings.ts'
import { createWebhooks } from './apiserver/admission/webhooks.ts'
import { createAllocator } from './apiserver/allocation.ts'
import { createJudgement, type Judgement } from './apiserver/judgement.ts'
import { type Clock, createOperations, nameSuffix, type Operations, type Random } from './apiserver/operations.ts'
import { type Attempts, createAttempts } from './callouts/attempt.ts'
import { createConverter } from './callouts/conversions.ts'
import type { After, Transport } from './callouts/transport.ts'
import { type ClusterCatalog, createCatalog } from './catalog.ts'
import { type CommitQueue, createCommitQueue } from './commit-queue.ts'
import { Engine } from './engine/engine.ts'
import { createEventRecorder } from './engine/event-recorder.ts'
import type { QueueFigures } from './engine/queue-figures.ts'
import { createScheduling } from './engine/scheduling.ts'
import { createView } from './engine/view.ts'
import { createWriter } from './engine/writes.ts'
import { createDoorbell, type Doorbell } from './gateway/doorbell.ts'
import { createGateway, type Gateway } from './gateway/gateway.ts'
import { createLiveness, type Liveness } from './gateway/liveness.ts'
import { createNodeMonitor } from './gateway/node-monitor.ts'
import { createTunnel, type Tunnel } from './gateway/tunnel.ts'
import { createRetention } from './retention.ts'
import type { TokenIssuer } from './service-account-tokens.ts'
import { type CertificateSigner, createSignatures } from './signatures.ts'
import type { Socket, Sockets } from './sockets.ts'
import { createFormer } from './watch/former.ts'
import { Hub } from './watch/hub.ts'

export interface ControlPlaneOptions {
  /** Migrated. */
  readonly sql: Sql
  readonly sockets: Sockets
  readonly clock: Clock
  readonly random: Random
  /** Runs work in a turn of its own. What a turn writes is committed as a whole, or not at all. */
  readonly later: (work: () => void) => void
  /** Sets the one alarm, in place of a former one; milliseconds since the epoch. Kept as what is written is. */
  readonly setAlarm: (at: number) => void
  readonly tokens: TokenIssuer
  readonly certificates: CertificateSigner
  /** Makes the calls to webhooks that only a node can make pass through one. */
  readonly transport: (tunnel: Tunnel['post']) => Transport
  readonly after: After
  /** PEM, for kube-root-ca.crt. */
  readonly caCertificate: () => string
  /** What the cluster was made for, beside clients of today; not known before it is made. */
  readonly compat: () => Compat | undefined
  /** How long the log, and Events, are kept; undefined: as long as kube-apiserver keeps Events. */
  readonly historyMs?: number | undefined
  readonly log: (message: string, fields: Record<string, unknown>) => void
}

export interface ControlPlane {
  readonly store: Store
  readonly catalog: ClusterCatalog
  readonly authorizer: Authorizer
  readonly operations: Operations
  readonly queue: CommitQueue
  readonly attempts: Attempts
  readonly judgement: Judgement
  readonly gateway: Gateway
  readonly doorbell: Doorbell
  readonly tunnel: Tunnel
  readonly liveness: Liveness
  /** Made when first needed: after a sleep it asks every open watch where it stands. */
  hub(): Hub
  /** A socket has closed, or broken. */
  closed(socket: Socket): void
  /** Watches held now. */
  watches(): number
  /** What waits for each controller, and how much there was. */
  queues(): QueueFigures[]
  /** Whether controllers and scheduler have nothing to do before the next change or timer. */
  isSettled(): boolean
  /** The alarm has gone off: does what is due, and sets the next. */
  alarm(): Promise<void>
}

/** While controllers have work, an alarm so far ahead makes sure that it is done whatever happens to this process. */
const SAFETY_MS = 5_000

export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { sql, sockets, clock, random, later, setAlarm, tokens, certificates, caCertificate, compat, historyMs, log } =
    options
  const store = new Store({ sql, now: clock.now })
  const doorbell = createDoorbell(sockets)
  const tunnel = createTunnel({ store, doorbell, uuid: random.uuid, after: options.after })
  const transport = options.transport(tunnel.post)
  const converter = createConverter(transport, random.uuid)
  const catalog = createCatalog(store, converter, compat)
  const formerOf = createFormer(store, converter)
  const authorizer = createAuthorizer(store)
  const attempts = createAttempts(random, clock)
  const allocator = createAllocator(store, attempts.random.next)
  const admission = createAdmission({ store, kinds: catalog.byName, suffix: () => nameSuffix(attempts.random) })
  const judges = { store, catalog, surroundings: surroundingsOf(store, catalog), decide: authorizer.decide }
  const policies = createPolicies(judges)
  const webhooks = createWebhooks({
    mutating: createHooks(mutatingWebhookConfigurations, judges),
    validating: createHooks(validatingWebhookConfigurations, judges),
    transport,
    uuid: random.uuid,
  })
  const judgement = createJudgement(policies, webhooks)
  const operations = createOperations({
    store,
    clock: attempts.clock,
    random: attempts.random,
    allocator,
    admission,
    judgement,
    caCertificate,
  })
  const recorder = createEventRecorder(store, operations, clock)
  const signatures = createSignatures({
    store,
    operations,
    tokens,
    certificates,
    caCertificate,
    clock,
    log,
    commit: (work) => queue.commit(work),
  })
  const writer = createWriter(store, operations, recorder, signatures.wish)
  const liveness = createLiveness((node) => doorbell.lastPing(node))
  const monitor = createNodeMonitor({ store, operations, liveness, clock })
  const retention = createRetention(store, historyMs)
  const scheduler = createScheduling({ store, writer, clock, random, createScheduler, writesOf, log })
  const engine = new Engine({
    store,
    view: createView(store, catalog),
    catalog,
    writer,
    controllers: controllersOf({ caCertificate, compat }),
    scheduler,
    attempts,
    commit: (work) => queue.commit(work),
    clock,
    log,
  })
  const queue = createCommitQueue({ transaction: (work) => store.transaction(work), committed, later })
  const gateway = createGateway({ store, operations, queue, recorder, liveness, monitor, doorbell, tokens, clock, log })
  let made: Hub | undefined
  let isTicking = false
  let alarmAt: number | undefined

  function hub(): Hub {
    made ??= new Hub({ store, clock, sockets, catalog, formerOf, life: random.uuid(), later })
    return made
  }

  /** After each turn's writes, in the same turn: watches, doorbells and controllers hear of them. */
  function committed(): void {
    signatures.fulfil()
    const changes = store.takeChanges()
    retention.heed(changes.length > 0, clock.now())
    if (changes.length > 0) {
      allocator.observe(changes)
      authorizer.heed(changes)
      admission.heed(changes)
      policies.heed(changes)
      webhooks.heed(changes)
      engine.observe(changes)
      hub().publish(changes)
      if (catalog.heed(changes)) hub().refresh()
      doorbell.publish(changes)
      monitor.heed(changes)
    }
    tick()
  }

  /** Lets controllers and retention work in turns of their own, one slice a turn, until nothing is left. */
  function tick(): void {
    setNextAlarm()
    if (isTicking || (engine.isSettled() && !retention.isDue(clock.now()))) return
    isTicking = true
    later(slice)
  }

  function slice(): void {
    isTicking = false
    try {
      engine.slice()
      store.transaction(() => retention.step(clock.now()))
    } finally {
      committed()
    }
  }

  /** Set for the earliest timer, or soon while work is left; a later one that is set already is moved, an earlier kept. */
  function setNextAlarm(): void {
    const now = clock.now()
    const earliest = store.timers.earliest()
    // What is due while there is work waits for its turn, and is no reason to go off at once, again and again.
    const timer = earliest !== undefined && earliest <= now && !engine.isSettled() ? undefined : earliest
    const safety = engine.isSaved() ? undefined : now + SAFETY_MS
    const wanted = timer === undefined ? safety : Math.max(now, Math.min(timer, safety ?? timer))
    if (wanted === undefined || (alarmAt !== undefined && alarmAt <= wanted && alarmAt > now - SAFETY_MS)) return
    alarmAt = wanted
    setAlarm(wanted)
  }

  async function alarm(): Promise<void> {
    alarmAt = undefined
    const now = clock.now()
    engine.wake(now)
    await queue.commit(() => {
      monitor.look(now)
      if (engine.isSettled()) engine.save()
    })
    tick()
  }

  function closed(socket: Socket): void {
    hub().close(socket)
    tunnel.closed(socket)
    const node = doorbell.nodeOf(socket)
    if (node === undefined || doorbell.isOpen(node)) return
    // Refused only where the cluster is overloaded: then the node is found out later.
    queue.commit(() => monitor.lost(node, sockets.lastPing(socket))).catch(() => undefined)
  }

  // In a turn of its own: what woke the object may be the alarm, which to set anew now would be to cancel.
  if (!engine.isSettled()) later(tick)
  const watches = () => made?.size ?? 0
  const isSettled = () => engine.isSettled()
  const queues = () => engine.figures()
  return {
    store,
    catalog,
    authorizer,
    operations,
    queue,
    attempts,
    judgement,
    gateway,
    doorbell,
    tunnel,
    liveness,
    hub,
    closed,
    watches,
    queues,
    isSettled,
    alarm,
  }
}
