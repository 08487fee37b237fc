/**
 * Runs controllers and scheduler on the change log. Reads changes after its cursor, maps them to keys, reconciles the
 * keys, and commits the writes they want. Work is cut into slices, each a turn of its own, so that no client waits
 * behind it (PLATFORM: 50 writes a turn hide a tick of a thousand).
 *
 * Crash: the durable cursor never passes a change whose keys have not been reconciled, and a reconcile reads the state,
 * so doing one again is harmless. The cursor is written with a slice's writes; where a slice writes nothing it may
 * trail behind by MAX_UNSAVED changes, which costs a repeated look after a crash instead of a row each time.
 */
import type { ClusterView, Concern, Controller, Outcome } from '../../controllers/controller.ts'
import type { Catalog } from '../../kube/catalog.ts'
import { StatusError } from '../../kube/errors.ts'
import { parseKey } from '../../kube/object.ts'
import { resourceName } from '../../kube/resource.ts'
import type { Change } from '../../store/log.ts'
import type { Store } from '../../store/store.ts'
import type { Clock } from '../apiserver/operations.ts'
import { type Attempt, type Attempts, CalloutsNeeded } from '../callouts/attempt.ts'
import { isJudge } from './judges.ts'
import { QueueCounters, type QueueFigures } from './queue-figures.ts'
import type { SchedulerConsumer } from './scheduling.ts'
import type { Actor, Applied, Writer } from './writes.ts'

const CURSOR = 'engine-cursor'
const EVERY = '*'
/** Changes mapped at once. */
const BATCH = 500
/** A slice ends after this many writes, or keys. */
const SLICE_WRITES = 50
const SLICE_KEYS = 200
const MAX_UNSAVED = 256
const FIRST_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 5 * 60 * 1000

export interface EngineOptions {
  readonly store: Store
  readonly view: ClusterView
  readonly catalog: Catalog
  readonly writer: Writer
  readonly controllers: readonly Controller[]
  readonly scheduler: SchedulerConsumer
  readonly attempts: Attempts
  /** Runs work in a turn of its own, and lets the engine go on after it. */
  readonly commit: (work: () => void) => Promise<void>
  readonly clock: Clock
  readonly log: (message: string, fields: Record<string, unknown>) => void
}

interface Retry {
  readonly controller: Controller
  readonly key: string
  readonly failures: number
}

interface Asked {
  readonly attempt: Attempt
  /** Its answers have not come yet: until then the key is left alone. */
  isWaiting: boolean
}

export class Engine {
  readonly #options: EngineOptions
  readonly #byResource: ReadonlyMap<string, readonly Interest[]>
  readonly #byName: ReadonlyMap<string, Controller>
  /** Keys to reconcile, in order of their last changes: `controller\nkey`. */
  readonly #dirty = new Map<string, { controller: Controller; key: string }>()
  readonly #retries = new Map<string, Retry>()
  /** Keys whose reconcile waits for somebody outside, or goes on with what was answered. */
  readonly #asked = new Map<string, Asked>()
  readonly #counters = new QueueCounters()
  /** Changes committed in this process and not yet mapped; contiguous from #read on, else the log is read. */
  #feed: Change[] = []
  #read: number
  #saved: number

  constructor(options: EngineOptions) {
    this.#options = options
    this.#byName = new Map(options.controllers.map((controller) => [controller.name, controller]))
    this.#byResource = concernsByResource(options.controllers)
    this.#saved = Math.max(options.store.meta.number(CURSOR), 0)
    this.#read = this.#saved
  }

  /** Hears of committed changes; keeps them, so that they need not be read back from the log. */
  observe(changes: readonly Change[]): void {
    // At once, and not when they are mapped: the scheduler decides on what it remembers, and that must be what is.
    for (const change of changes) this.#options.scheduler.observe(change)
    if (this.#feed.length + changes.length > 4 * BATCH) this.#feed = []
    this.#feed.push(...changes)
  }

  /** Whether there is nothing to do before the next change or timer. */
  isSettled(): boolean {
    return this.#dirty.size === 0 && this.#read >= this.#options.store.latest && !this.#options.scheduler.hasWork()
  }

  /** What waits, and how much there was, by controller. */
  figures(): QueueFigures[] {
    const depths = new Map<string, number>()
    for (const { controller } of this.#dirty.values())
      depths.set(controller.name, (depths.get(controller.name) ?? 0) + 1)
    return [...this.#byName.keys()].map((name) => this.#counters.figures(name, depths.get(name) ?? 0))
  }

  /** Whether a crash now would leave work that only a look at the log would find. */
  isSaved(): boolean {
    return this.isSettled() && this.#asked.size === 0 && this.#saved >= this.#options.store.latest
  }

  /**
   * One slice of work, in one turn. Call again, in another turn, until `isSettled`. The scheduler comes first: nothing
   * has been written then that it has not heard of, while a reconcile reads the store itself.
   */
  slice(): void {
    const { store, scheduler } = this.#options
    if (this.#dirty.size === 0) this.#map()
    const scheduled = scheduler.slice(SLICE_WRITES)
    store.transaction(() => {
      const before = store.latest
      const wrote = scheduled + this.#reconcileSome()
      if (this.#dirty.size > 0 || this.#asked.size > 0) return
      if (wrote > 0 || before - this.#saved > MAX_UNSAVED) this.#save()
    })
  }

  /** Writes the cursor, so that after an eviction nothing is looked at again. One row. */
  save(): void {
    if (this.#dirty.size === 0 && this.#asked.size === 0 && this.#saved < this.#read) this.#save()
  }

  /**
   * Queues the keys whose timers are due. A timer stays until its key has been reconciled, which sets it anew or clears
   * it: memory may be lost before that.
   */
  wake(now: number): void {
    for (const timer of this.#options.store.timers.due(now)) {
      const controller = this.#byName.get(timer.owner)
      if (controller) this.#queue(controller, timer.key)
    }
  }

  #save(): void {
    this.#options.store.meta.set(CURSOR, String(this.#read))
    this.#saved = this.#read
  }

  #map(): void {
    for (const change of this.#next()) {
      this.#read = Math.max(this.#read, change.rv)
      this.#options.scheduler.observe(change)
      this.#concern(change, this.#byResource.get(change.resource) ?? [])
      this.#concern(change, this.#byResource.get(EVERY) ?? [])
      if (isJudge(change.resource))
        for (const { controller, key } of this.#retries.values()) this.#queue(controller, key)
    }
  }

  #concern(change: Change, interests: readonly Interest[]): void {
    if (interests.length === 0) return
    const { view, catalog } = this.#options
    const resource = catalog.byName(change.resource)
    for (const { controller, keys } of interests) {
      if (change.type !== 'DELETED') for (const key of keys(change.object, view, resource)) this.#queue(controller, key)
      if (change.previous) for (const key of keys(change.previous, view, resource)) this.#queue(controller, key)
    }
  }

  #next(): Change[] {
    const { store } = this.#options
    if (this.#read >= store.latest) {
      this.#feed = []
      return []
    }
    const first = this.#feed[0]
    if (first && first.rv === this.#read + 1) return this.#feed.splice(0, BATCH)
    this.#feed = this.#feed.filter((change) => change.rv > this.#read)
    if (this.#feed[0]?.rv === this.#read + 1) return this.#feed.splice(0, BATCH)
    const changes = store.changesAfter(this.#read, BATCH)
    // What is left beyond the log's last row was written in place, and concerns no controller.
    if (changes.length < BATCH) {
      this.#feed = []
      this.#read = Math.max(this.#read, changes.at(-1)?.rv ?? 0, store.latest)
    }
    return changes
  }

  /** A key that waits already goes to the end: keys come in the order of their last changes. */
  #queue(controller: Controller, key: string): void {
    const id = `${controller.name}\n${key}`
    // It is looked at again anyhow once it has its answers.
    if (this.#asked.get(id)?.isWaiting) return
    if (!this.#dirty.delete(id)) this.#counters.added(controller.name)
    this.#dirty.set(id, { controller, key })
  }

  #reconcileSome(): number {
    let writes = 0
    let keys = 0
    for (const [id, { controller, key }] of this.#dirty) {
      if (writes >= SLICE_WRITES || keys >= SLICE_KEYS) break
      this.#dirty.delete(id)
      keys += 1
      writes += this.#reconcile(id, controller, key)
    }
    return writes
  }

  #reconcile(id: string, controller: Controller, key: string): number {
    const { store, view, writer, attempts } = this.#options
    const attempt = this.#asked.get(id)?.attempt ?? attempts.begin()
    try {
      const written = store.transaction(() =>
        attempt.run(() => {
          const now = attempts.clock.now()
          const outcome = controller.reconcile({ cluster: view, key: parseKey(key), now })
          const actor = { controller: controller.name, attempt }
          const { refused } = writer.apply(outcome.writes, actor)
          const each = this.#applyEach(key, outcome, actor)
          const isRefused = refused || each.refusals.length > 0
          const retryAt = isRefused && !each.isCut ? this.#backoff(id, controller, key, now) : undefined
          if (!isRefused) this.#retries.delete(id)
          store.timers.set(controller.name, key, earlier(outcome.lookAgainAt, retryAt))
          if (each.isCut || (outcome.more && !isRefused)) this.#queue(controller, key)
          // What was refused has cost its time too.
          return outcome.writes.length + each.made + each.refusals.length
        }),
      )
      this.#asked.delete(id)
      return written
    } catch (error) {
      if (error instanceof CalloutsNeeded) this.#ask(id, controller, key, attempt, error)
      else {
        this.#asked.delete(id)
        this.#failed(id, controller, key, error)
      }
      return 1
    }
  }

  #applyEach(key: string, { writes, each }: Outcome, actor: Actor): Applied {
    const { writer, log } = this.#options
    if (!each) return { made: 0, refusals: [], isCut: false }
    const part = writes.length
    const applied = actor.attempt.part(part, () => writer.applyEach(each.groups, actor))
    const { refusals, isCut } = applied
    const [first] = refusals
    if (isCut || !first) return applied
    const tell = each.refused?.(refusals) ?? []
    actor.attempt.part(part + 1, () => writer.apply(tell, actor))
    const { reason, message } = first.error
    log('writes refused', { controller: actor.controller, key, count: refusals.length, reason, error: message })
    return applied
  }

  /** The reconcile was rolled back, and is done anew with what is answered. The cursor does not move past it meanwhile. */
  #ask(id: string, controller: Controller, key: string, attempt: Attempt, needed: CalloutsNeeded): void {
    const { commit } = this.#options
    const asked = { attempt, isWaiting: true }
    this.#asked.set(id, asked)
    const goOn = () => {
      asked.isWaiting = false
      this.#queue(controller, key)
    }
    const giveUp = (error: unknown) => {
      this.#asked.delete(id)
      this.#failed(id, controller, key, error)
    }
    void attempt
      .ask(needed)
      .then(
        () => commit(goOn),
        (error: unknown) => commit(() => giveUp(error)),
      )
      // The cluster is overloaded: the key waits for the next tick.
      .catch(goOn)
  }

  /** A refusal or a bug: nothing of the outcome stands, and the key is looked at again after a back-off. */
  #failed(id: string, controller: Controller, key: string, error: unknown): void {
    const { store, clock, log } = this.#options
    this.#counters.retried(controller.name)
    const at = this.#backoff(id, controller, key, clock.now())
    store.timers.set(controller.name, key, at)
    const reason = error instanceof StatusError ? error.reason : 'bug'
    log('reconcile failed', {
      controller: controller.name,
      key,
      reason,
      error: String(error),
      stack: error instanceof Error ? error.stack : undefined,
    })
  }

  #backoff(id: string, controller: Controller, key: string, now: number): number {
    const failures = (this.#retries.get(id)?.failures ?? 0) + 1
    this.#retries.set(id, { controller, key, failures })
    return now + Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1))
  }
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b)

interface Interest {
  readonly controller: Controller
  readonly keys: Concern['keys']
}

/** By name of the resource; what concerns every kind stands under EVERY. */
function concernsByResource(controllers: readonly Controller[]): ReadonlyMap<string, readonly Interest[]> {
  const all = controllers.flatMap((controller) =>
    controller.concerns.map(({ resource, keys }) => ({
      name: resource ? resourceName(resource) : EVERY,
      controller,
      keys,
    })),
  )
  return Map.groupBy(all, ({ name }) => name)
}
