/**
 * Delivers changes to the watches that edge Workers hold over hibernatable sockets.
 *
 * Watches with the same question form a group: a change is judged and encoded once for all of them. A watch that has
 * not taken what it was sent falls out of step: nothing is kept for it but its cursor, and when it has credit again it
 * goes on from the log. A socket's attachment holds the question only; where the watch stands is known to the Worker,
 * which is asked after the object has slept (see protocol/watch.ts).
 *
 * A watch of a kind that is served no more, or otherwise, has an end: it is told all that was written before, the deletion
 * of what a definition took with it above all, and then ends.
 */
import type { Catalog } from '../../kube/catalog.ts'
import { expired, internalError, StatusError } from '../../kube/errors.ts'
import { stringify } from '../../kube/json.ts'
import { isServedAlike, type Resource } from '../../kube/resource.ts'
import { bookmark, frame, INITIAL_EVENTS_END } from '../../kube/watch-frames.ts'
import { END, encodeBatch, INCOMPLETE, parseAcknowledge, WINDOW_BYTES, where } from '../../protocol/watch.ts'
import type { Change } from '../../store/log.ts'
import { unconverted } from '../../store/served.ts'
import type { Version } from '../../store/snapshots.ts'
import type { Store } from '../../store/store.ts'
import type { Clock } from '../apiserver/operations.ts'
import { rowsOf } from '../apiserver/reads.ts'
import { askAll, CalloutsNeeded } from '../callouts/attempt.ts'
import type { Socket, Sockets } from '../sockets.ts'
import { addedFrame, type Batch, batchesOf, beginningOf } from './batches.ts'
import { pieceAfter } from './catch-up.ts'
import { createFanOut, type FanOut } from './fan-out.ts'
import type { FormerOf } from './former.ts'
import { Groups, groupOf, type Question, type WatchGroup } from './groups.ts'

export interface WatchStart {
  /** Only changes after this version; undefined: the current state as ADDED first. */
  readonly after: number | undefined
  /** After the current state, a bookmark that says so (KEP-3157). */
  readonly endOfInitialEvents: boolean
}

const TAG = 'watch'
/** A caught-up watch that saw no event hears at least so often how far the log has moved on. */
const PROGRESS_MS = 60_000
/** Watches told in one turn: few enough that the first have their frame while the last are still to be told, in 32 turns. */
const toldATurn = (watches: number): number => Math.max(4, watches >> 5)
/** Texts read at once of the state that a watch begins with: as many of the largest objects fit a message. */
const STATE_PAGE = 16

type Group = WatchGroup<Watch>

/** The state at a version, as far as it has not been sent yet. */
interface Beginning {
  readonly version: number
  readonly rest: readonly Version[]
  readonly endOfInitialEvents: boolean
}

interface Watch {
  readonly socket: Socket
  readonly group: Group
  /** Version up to which it has been sent everything; undefined until the Worker has said. */
  cursor: number | undefined
  /** What is left of the state it begins with; until it has been sent, no change is. */
  beginning: Beginning | undefined
  unacknowledged: number
  toldAt: number
  /** A webhook is being asked how what comes next is to be shown: until it has said, nothing is sent. */
  isWaiting: boolean
  /** The last version that it is told of, and then it ends; undefined while its kind is served as it was. */
  until: number | undefined
}

export interface HubOptions {
  readonly store: Store
  readonly clock: Clock
  readonly sockets: Sockets
  readonly catalog: Catalog
  /** What a watch was about that woke up and finds its kind served no more. */
  readonly formerOf: FormerOf
  /** Tells this hub from those before it, over which the same sockets were open. */
  readonly life: string
  /** Runs work in a turn of its own. */
  readonly later: (work: () => void) => void
}

export class Hub {
  readonly #options: HubOptions
  readonly #groups = new Groups<Watch>()
  readonly #watches = new Map<Socket, Watch>()
  /** Woken, and nobody serves what they ask for: they are told what they have missed once they have said what. */
  readonly #stranded = new Map<Socket, Question>()
  readonly #fanOut: FanOut

  constructor(options: HubOptions) {
    this.#options = options
    this.#fanOut = createFanOut(options.later)
    for (const socket of options.sockets.tagged(TAG)) this.#restore(socket)
  }

  static readonly tag = TAG

  /** Watches held now. */
  get size(): number {
    return this.#watches.size
  }

  /** Watches held now, by resource. */
  counts(): Map<string, number> {
    return this.#groups.counts()
  }

  open(socket: Socket, question: Question, start: WatchStart): void {
    this.#options.sockets.accept(socket, [TAG])
    socket.serializeAttachment(question)
    const watch = this.#join(socket, question)
    const { store } = this.#options
    if (!watch) throw new Error(`nobody serves ${question.resource} in ${question.version}`)
    if (start.after === undefined) {
      this.#whenConverted(watch, () => this.#sendCurrent(watch, start))
      return
    }
    if (start.after < store.horizon || start.after > store.latest) {
      this.#refuse(watch.socket, tooOld(start.after, store))
      return
    }
    // Told at once, though there may be nothing to show: the Worker must know where it stands when the object has slept.
    this.#send(watch, encodeBatch(start.after, ''), start.after)
    this.#goOn(watch)
  }

  /** Sends committed changes to whoever is in step; the others go on from the log. */
  publish(changes: readonly Change[]): void {
    const first = changes[0]
    const last = changes.at(-1)
    if (!first || !last || this.#watches.size === 0) return
    this.#fanOut.run(this.#publishing(changes, first.rv - 1, last.rv), changes.length)
  }

  *#publishing(changes: readonly Change[], before: number, version: number): Generator<undefined> {
    const touched = new Set(changes.map((change) => change.resource))
    for (const type of touched) {
      for (const group of this.#groups.of(type)) yield* this.#publishTo(group, changes, before, version)
    }
    this.#tellProgress(version)
  }

  /** Ends the watches of kinds that are served otherwise than when they were opened: their clients begin anew. */
  refresh(): void {
    for (const watch of [...this.#watches.values()]) {
      const { resource } = watch.group
      const { group, version, plural } = resource
      if (watch.until === undefined && !isServedAlike(resource, this.#options.catalog.byPath(group, version, plural)))
        this.#finish(watch, this.#options.store.latest)
    }
  }

  message(socket: Socket, message: string): void {
    const told = parseAcknowledge(message)
    const question = this.#stranded.get(socket)
    if (question && told?.life === this.#options.life) this.#rescue(socket, question, told.version)
    const watch = this.#watches.get(socket)
    if (!watch || !told) return
    watch.unacknowledged = 0
    if (watch.beginning || watch.cursor !== undefined) this.#goOn(watch)
    else if (told.life === this.#options.life) this.#wake(watch, told.version)
  }

  #wake(watch: Watch, version: number): void {
    // The object slept while the state was being sent, and what was left of it is forgotten: the client begins anew.
    if (version === INCOMPLETE) this.#end(watch.socket)
    else {
      watch.cursor = version
      this.#goOn(watch)
    }
  }

  /** Sends what comes next, as far as credit goes. */
  #goOn(watch: Watch): void {
    this.#whenConverted(watch, () => {
      if (watch.beginning) this.#sendBeginning(watch, watch.beginning)
      else this.#pump(watch)
    })
  }

  /** Does what sends to a watch, and anew where a webhook had to be asked first: it throws before it has sent anything. */
  #whenConverted(watch: Watch, work: () => void): void {
    if (watch.isWaiting) return
    try {
      work()
    } catch (error) {
      if (!(error instanceof CalloutsNeeded)) throw error
      watch.isWaiting = true
      void askAll(error).then(
        () => {
          watch.isWaiting = false
          if (this.#watches.has(watch.socket)) this.#whenConverted(watch, work)
        },
        // Conversions fail with what a client can be told.
        (failure: unknown) =>
          this.#refuse(watch.socket, failure instanceof StatusError ? failure : internalError('no answer')),
      )
    }
  }

  close(socket: Socket): void {
    this.#stranded.delete(socket)
    const watch = this.#watches.get(socket)
    if (!watch) return
    this.#watches.delete(socket)
    this.#groups.leave(watch.group, watch)
  }

  #restore(socket: Socket): void {
    // The attachment is what open() put there.
    const question = socket.deserializeAttachment() as Question
    if (!this.#join(socket, question)) this.#stranded.set(socket, question)
    trySend(socket, where(this.#options.life))
  }

  /** Tells a stranded watch, which has come as far as `version`, what happened before its kind was served no more. */
  #rescue(socket: Socket, question: Question, version: number): void {
    this.#stranded.delete(socket)
    const { store, formerOf } = this.#options
    const isForgotten = version !== INCOMPLETE && version < store.horizon
    const former = version === INCOMPLETE || isForgotten ? undefined : formerOf(question, version)
    if (former) this.#watch(socket, groupOf(former.resource, question)).until = former.until
    else if (isForgotten) this.#refuse(socket, tooOld(version, store))
    else this.#end(socket)
  }

  /** What is on its way is told as far as `until`; what comes after is another kind's, be it by the same name. */
  #finish(watch: Watch, until: number): void {
    watch.until = until
    this.#groups.leave(watch.group, watch)
    this.#goOn(watch)
  }

  /** Undefined where the definition that made the kind is gone, or serves the version no more. */
  #resourceOf({ resource, group, version }: Question): Resource | undefined {
    const { catalog } = this.#options
    const stored = catalog.byName(resource)
    return stored && catalog.byPath(group ?? stored.group, version, stored.plural)
  }

  #join(socket: Socket, question: Question): Watch | undefined {
    const resource = this.#resourceOf(question)
    if (!resource) return undefined
    return this.#watch(socket, this.#groups.join(resource, question))
  }

  #watch(socket: Socket, group: Group): Watch {
    const toldAt = this.#options.clock.now()
    const watch: Watch = {
      socket,
      group,
      cursor: undefined,
      beginning: undefined,
      unacknowledged: 0,
      toldAt,
      isWaiting: false,
      until: undefined,
    }
    group.members.add(watch)
    this.#watches.set(socket, watch)
    return watch
  }

  *#publishTo(group: Group, changes: readonly Change[], before: number, version: number): Generator<undefined> {
    let batches: Batch[] | undefined
    // What may have to wait for a webhook comes from the log.
    const isRemote = group.resource.conversion?.isRemote === true
    let told = 0
    for (const watch of group.members) {
      // Nothing is known of it, or it has gone on from the log since the changes were committed.
      if (watch.cursor === undefined || watch.cursor >= version) continue
      if (watch.cursor !== before || watch.unacknowledged >= WINDOW_BYTES || isRemote) {
        this.#goOn(watch)
        continue
      }
      batches ??= batchesOf(group, changes, version, this.#options.clock.now())
      this.#sendAll(watch, batches, version)
      told += batches.length
      if (told % toldATurn(group.members.size) === 0 && batches.length > 0) yield
    }
  }

  /** As far as credit goes; where it ends, the watch goes on from the log. */
  #sendAll(watch: Watch, batches: readonly Batch[], version: number): void {
    if (batches.length === 0) watch.cursor = version
    for (const batch of batches) {
      if (watch.unacknowledged >= WINDOW_BYTES) return
      this.#send(watch, batch.message, batch.version)
    }
  }

  /**
   * A watch of another resource is in step too: its cursor moves, and now and then it is told. When those of its own have
   * been told, only a watch without credit can be behind, or one that waits.
   */
  #tellProgress(version: number): void {
    const now = this.#options.clock.now()
    let batch: Uint8Array | undefined
    for (const watch of this.#watches.values()) {
      if (watch.cursor === undefined || watch.unacknowledged >= WINDOW_BYTES) continue
      if (watch.isWaiting || watch.until !== undefined) continue
      if (watch.cursor < version) watch.cursor = version
      if (watch.cursor !== version || now - watch.toldAt < PROGRESS_MS) continue
      batch ??= encodeBatch(version, '')
      this.#send(watch, batch, version)
    }
  }

  /** The current state, as far as credit goes: of what is left only the versions are kept, for the log has the texts. */
  #sendCurrent(watch: Watch, { endOfInitialEvents }: WatchStart): void {
    const { store, clock } = this.#options
    const { resource, query } = watch.group
    const version = store.latest
    const { frames, last, isCut } = beginningOf(watch.group, store.rows(unconverted(resource), query), clock.now())
    const rest = isCut ? [...store.snapshots.versions(resource, { ...query, after: last }, version)] : []
    this.#sendInitial(watch, { version, rest, endOfInitialEvents }, frames)
  }

  #sendBeginning(watch: Watch, { version, rest, endOfInitialEvents }: Beginning): void {
    const { store, clock } = this.#options
    const { resource, query, form } = watch.group
    const now = clock.now()
    let next = 0
    let frames = ''
    while (next < rest.length && frames.length < WINDOW_BYTES) {
      const page = rowsOf(store, resource, query, rest.slice(next, next + STATE_PAGE))
      next += STATE_PAGE
      for (const row of page) frames += addedFrame(form, resource, row, now)
    }
    this.#sendInitial(watch, { version, rest: rest.slice(next), endOfInitialEvents }, frames)
  }

  #sendInitial(watch: Watch, beginning: Beginning, frames: string): void {
    const { version, rest, endOfInitialEvents } = beginning
    if (rest.length > 0) {
      watch.beginning = beginning
      this.#send(watch, encodeBatch(INCOMPLETE, frames), undefined)
      return
    }
    watch.beginning = undefined
    const end = endOfInitialEvents ? bookmark(watch.group.resource, watch.group.form, version, INITIAL_EVENTS_END) : ''
    this.#send(watch, encodeBatch(version, frames + end), version)
    this.#pump(watch)
  }

  /** From the log, as far as credit goes, and to the end of a watch that has one. */
  #pump(watch: Watch): void {
    const { store, clock } = this.#options
    const until = watch.until ?? store.latest
    while (watch.cursor !== undefined && watch.cursor < until && watch.unacknowledged < WINDOW_BYTES) {
      if (watch.cursor < store.horizon) {
        this.#refuse(watch.socket, tooOld(watch.cursor, store))
        return
      }
      const { changes, version } = pieceAfter(store, watch.group.resource, watch.cursor, until)
      this.#sendAll(watch, batchesOf(watch.group, changes, version, clock.now()), version)
    }
    if (watch.until !== undefined && watch.cursor !== undefined && watch.cursor >= until) this.#end(watch.socket)
  }

  #refuse(socket: Socket, error: StatusError): void {
    const text = frame('ERROR', stringify(error.toStatus()))
    trySend(socket, encodeBatch(this.#options.store.latest, text))
    this.#end(socket)
  }

  #end(socket: Socket): void {
    trySend(socket, END)
    this.close(socket)
  }

  #send(watch: Watch, batch: Uint8Array, version: number | undefined): void {
    watch.cursor = version
    watch.unacknowledged += batch.length
    watch.toldAt = this.#options.clock.now()
    trySend(watch.socket, batch)
  }
}

const tooOld = (version: number, { horizon }: Store): StatusError =>
  expired(`too old resource version: ${version} (${horizon})`)

/** A socket that is closing throws; its close event follows and takes the watch away. */
function trySend(socket: Socket, message: string | Uint8Array): void {
  try {
    socket.send(message)
  } catch {
    return
  }
}
