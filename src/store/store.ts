/**
 * The cluster's resource store: objects, their index, and the log of changes, on one SQLite database.
 * Every write is one transaction of object, index and log; its resource version is the log's id.
 * Must not know HTTP, watches or controllers; what it is given has been validated.
 *
 * Rows: create 2 + entries, update 2 + changed entries (+1 when compacted), delete 2 + entries (+2), renewal in place 1.
 */
import type { Key, KubeObject } from '../kube/object.ts'
import { objectOf, textOf } from '../kube/object-text.ts'
import { builtIn } from '../kube/registry.ts'
import { type Resource, resourceName } from '../kube/resource.ts'
import { OWNER_KEY, reindex, subjectOf } from './entries.ts'
import { append, type Change, type ChangeType, compact, readAfter, readOf } from './log.ts'
import { createMeta, type Meta } from './meta.ts'
import { ObjectCache } from './object-cache.ts'
import { plan, type Query } from './select.ts'
import { served, servedText, stored } from './served.ts'
import { createSnapshots, type Row, rowOf, type Snapshots } from './snapshots.ts'
import { integer, type Sql, type SqlValue, text } from './sql.ts'
import { storable } from './storable.ts'
import { createTimers, type Timers } from './timers.ts'

export interface StoreOptions {
  readonly sql: Sql
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** To SQLite. */
const NO_LIMIT = -1
/** Objects looked up at once for who may need no more. */
const AT_ONCE = 100
const HORIZON = 'horizon'

export class Store {
  readonly #sql: Sql
  readonly #now: () => number
  readonly #cache = new ObjectCache()
  readonly meta: Meta
  readonly timers: Timers
  /** What there was at a version. */
  readonly snapshots: Snapshots
  #latest: number
  #horizon: number
  #fresh: Change[] = []

  constructor({ sql, now }: StoreOptions) {
    this.#sql = sql
    this.#now = now
    this.meta = createMeta(sql)
    this.timers = createTimers(sql)
    this.snapshots = createSnapshots(sql, () => this.#latest)
    this.#horizon = this.meta.number(HORIZON)
    this.#latest = Math.max(
      this.#horizon,
      highest(sql.rows('SELECT max(rv) FROM changes')),
      highest(sql.rows("SELECT max(rv) FROM objects WHERE resource = 'leases.coordination.k8s.io'")),
      // An empty cluster's lists say more than 0: clients take 0 for "any version".
      1,
    )
  }

  /** The cluster's resource version: that of the last write. */
  get latest(): number {
    return this.#latest
  }

  /** The oldest version from which a watch can begin or a list be continued. */
  get horizon(): number {
    return this.#horizon
  }

  rowsWritten(): number {
    return this.#sql.rowsWritten()
  }

  /** All or nothing, what memory holds included; nests. */
  transaction<T>(work: () => T): T {
    const latest = this.#latest
    const written = this.#fresh.length
    try {
      return this.#sql.transaction(work)
    } catch (error) {
      for (const change of this.#fresh.splice(written)) this.#cache.delete(idOf(change.resource, change))
      this.#latest = latest
      this.timers.reload()
      this.snapshots.forget()
      throw error
    }
  }

  /** What this turn has written so far, and may yet take back. */
  get uncommitted(): readonly Change[] {
    return this.#fresh
  }

  /** The changes written since the last call; taken once the transaction is committed. */
  takeChanges(): Change[] {
    const changes = this.#fresh
    this.#fresh = []
    return changes
  }

  row(resource: Resource, { namespace, name }: Key): Row | undefined {
    const row = this.#sql.rows(
      `SELECT o.namespace, o.name, o.rv, coalesce(o.body, c.body) FROM objects o CROSS JOIN changes c ON c.rv = o.logged
       WHERE o.resource = ? AND o.namespace = ? AND o.name = ?`,
      resourceName(resource),
      namespace,
      name,
    )[0]
    return row && servedRow(resource, rowOf(row))
  }

  get<T extends KubeObject>(resource: Resource<T>, key: Key): T | undefined {
    const pointer = this.#pointer(resourceName(resource), key)
    return pointer && served(resource, this.#parsed(resourceName(resource), key, pointer))
  }

  /**
   * Current objects in order of namespace and name. Lazy: only for this turn, and while nothing is written. `limit`:
   * after so many nobody will ask for more; there may be more all the same.
   */
  *rows(resource: Resource, query: Query = {}, limit = NO_LIMIT): Iterable<Row> {
    const { fromTexts, order, bindings, filter } = plan(resource, query)
    for (const row of this.#sql.iterate(
      `SELECT o.namespace, o.name, o.rv, coalesce(o.body, c.body) ${fromTexts} ${order} LIMIT ?`,
      ...bindings,
      filter === undefined ? limit : NO_LIMIT,
    )) {
      const found = rowOf(row)
      if (filter === undefined || filter(this.#remember(resourceName(resource), found)))
        yield servedRow(resource, found)
    }
  }

  list<T extends KubeObject>(resource: Resource<T>, query: Query = {}): T[] {
    return [...this.each(resource, query, Number.MAX_SAFE_INTEGER)]
  }

  /** As list, a few at a time, for who may need no more. Lazy: only for this turn, and while nothing is written. */
  *each<T extends KubeObject>(resource: Resource<T>, query: Query = {}, atOnce = AT_ONCE): Iterable<T> {
    const type = resourceName(resource)
    let { after } = query
    for (;;) {
      const { from, order, bindings, filter } = plan(resource as unknown as Resource, { ...query, after })
      const select = `SELECT o.namespace, o.name, o.rv, o.logged ${from} ${order} LIMIT ?`
      const rows = this.#sql.rows(select, ...bindings, atOnce)
      for (const [namespace, name, rv, logged] of rows) {
        const key = { namespace: text(namespace), name: text(name) }
        const object = this.#parsed(type, key, { rv: integer(rv), logged: integer(logged) })
        if (filter === undefined || filter(object)) yield served(resource, object)
        after = key
      }
      if (rows.length < atOnce) return
    }
  }

  /** Objects with an ownerReference to `uid`, of one resource or of all. */
  dependents(uid: string, resource?: Resource): { type: string; key: Key }[] {
    const where = resource ? ' AND resource = ?' : ''
    const bindings: SqlValue[] = resource ? [resourceName(resource)] : []
    return this.#sql
      .rows(
        `SELECT resource, namespace, name FROM entries WHERE key = ? AND value = ?${where}`,
        OWNER_KEY,
        uid,
        ...bindings,
      )
      .map(([type, namespace, name]) => ({ type: text(type), key: { namespace: text(namespace), name: text(name) } }))
  }

  /**
   * Writes a state: adds the object or replaces it. Gives it its resource version (in place) and answers it.
   * `inPlace`: a renewal that leaves no row in the log; watchers that catch up from the log see the newest one only.
   */
  put<T extends KubeObject>(resource: Resource<T>, given: T, { inPlace = false } = {}): T {
    const type = resourceName(resource)
    const object = stored(resource, given)
    const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name }
    const pointer = this.#pointer(type, key)
    const previous = pointer && this.#parsed(type, key, pointer)
    const rv = this.#version(object)
    const body = storable(object)
    if (pointer && inPlace) {
      this.#sql.run(
        'UPDATE objects SET rv = ?, body = ? WHERE resource = ? AND namespace = ? AND name = ?',
        rv,
        body,
        type,
        key.namespace,
        key.name,
      )
    } else {
      this.#log({ rv, type: pointer ? 'MODIFIED' : 'ADDED', resource: type, ...key, prev: pointer?.logged ?? 0, body })
      this.#sql.run(
        pointer ? UPDATE_OBJECT : INSERT_OBJECT,
        rv,
        rv,
        subjectOf(resource, object),
        type,
        key.namespace,
        key.name,
      )
      reindex(this.#sql, resource as unknown as Resource, object, previous)
    }
    this.#cache.set(idOf(type, key), rv, object, body.length)
    this.#fresh.push({ rv, type: pointer ? 'MODIFIED' : 'ADDED', resource: type, ...key, object, text: body, previous })
    return served(resource, object)
  }

  /** Deletes the object for good; answers its last state, with the deletion's resource version. */
  remove<T extends KubeObject>(resource: Resource<T>, given: T): T {
    const type = resourceName(resource)
    const object = stored(resource, given)
    const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name }
    const pointer = this.#pointer(type, key)
    if (pointer === undefined) throw new Error(`${type} is not in the store`)
    const previous = this.#parsed(type, key, pointer)
    const last = { ...object, metadata: { ...object.metadata } }
    const rv = this.#version(last)
    const body = textOf(last)
    this.#log({ rv, type: 'DELETED', resource: type, ...key, prev: pointer.logged, body })
    this.#sql.run(
      'DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?',
      type,
      key.namespace,
      key.name,
    )
    reindex(this.#sql, resource as unknown as Resource, undefined, previous)
    this.#cache.delete(idOf(type, key))
    this.#fresh.push({ rv, type: 'DELETED', resource: type, ...key, object: last, text: body, previous })
    return served(resource, last)
  }

  /** Changes after a cursor from the log, oldest first. */
  changesAfter(cursor: number, changes: number, characters = Number.POSITIVE_INFINITY): Change[] {
    return readAfter(this.#sql, cursor, { changes, characters }, objectOf)
  }

  /** One object's changes after a cursor, oldest first. Lazy: only for this turn, and while nothing is written. */
  changesOf<T extends KubeObject>(resource: Resource<T>, key: Key, cursor: number): Iterable<Change> {
    return readOf(this.#sql, resourceName(resource), key, cursor, objectOf)
  }

  /** States written in place after a cursor, which the log does not hold. */
  inPlaceAfter(resource: Resource, cursor: number): Row[] {
    return this.#sql
      .rows(
        'SELECT namespace, name, rv, body FROM objects WHERE resource = ? AND body IS NOT NULL AND rv > ? ORDER BY rv',
        resourceName(resource),
        cursor,
      )
      .map(rowOf)
  }

  /**
   * Moves the horizon over at most `limit` changes written before `before`, and deletes objects of expiring kinds that
   * were not written since. Answers when the oldest change left was written; undefined if none is left.
   */
  compact(before: number, limit: number): number | undefined {
    const { horizon, passed, oldest } = compact(this.#sql, this.#horizon, { before, limit })
    if (horizon === this.#horizon) return oldest
    this.#horizon = horizon
    this.meta.set(HORIZON, String(horizon))
    for (const { rv, resource: type, key } of passed) {
      const resource = builtIn.byName(type)
      if (!resource?.expires) continue
      const pointer = this.#pointer(type, key)
      if (pointer?.logged === rv) this.remove(resource, this.#parsed(type, key, pointer))
    }
    return oldest
  }

  #pointer(type: string, key: Key): Pointer | undefined {
    const row = this.#sql.rows(
      'SELECT rv, logged FROM objects WHERE resource = ? AND namespace = ? AND name = ?',
      type,
      key.namespace,
      key.name,
    )[0]
    return row && { rv: integer(row[0]), logged: integer(row[1]) }
  }

  #parsed(type: string, key: Key, pointer: Pointer): KubeObject {
    const cached = this.#cache.get(idOf(type, key), pointer.rv)
    if (cached) return cached
    const body =
      pointer.rv === pointer.logged
        ? this.#sql.rows('SELECT body FROM changes WHERE rv = ?', pointer.logged)[0]?.[0]
        : this.#sql.rows(
            'SELECT body FROM objects WHERE resource = ? AND namespace = ? AND name = ?',
            type,
            key.namespace,
            key.name,
          )[0]?.[0]
    return this.#remember(type, { ...key, rv: pointer.rv, text: text(body) })
  }

  #remember(type: string, row: Row): KubeObject {
    const id = idOf(type, row)
    const cached = this.#cache.get(id, row.rv)
    if (cached) return cached
    const object = objectOf(row.text)
    this.#cache.set(id, row.rv, object, row.text.length)
    return object
  }

  #version(object: KubeObject): number {
    this.#latest += 1
    object.metadata.resourceVersion = String(this.#latest)
    return this.#latest
  }

  #log(change: {
    rv: number
    type: ChangeType
    resource: string
    namespace: string
    name: string
    prev: number
    body: string
  }): void {
    append(this.#sql, { ...change, at: this.#now() })
  }
}

interface Pointer {
  readonly rv: number
  readonly logged: number
}

const INSERT_OBJECT = 'INSERT INTO objects (rv, logged, subject, resource, namespace, name) VALUES (?, ?, ?, ?, ?, ?)'
const UPDATE_OBJECT =
  'UPDATE objects SET rv = ?, logged = ?, subject = ?, body = NULL WHERE resource = ? AND namespace = ? AND name = ?'
const idOf = (type: string, { namespace, name }: Key): string => `${type}/${namespace}/${name}`

const highest = (rows: SqlValue[][]): number => Number(rows[0]?.[0] ?? 0)

const servedRow = (resource: Resource, row: Row): Row =>
  resource.conversion ? { ...row, text: servedText(resource, row.text, row.rv) } : row
