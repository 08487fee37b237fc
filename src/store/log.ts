/**
 * The change log: what was written, in the order of resource versions. It holds each version's text, so an older
 * version can be read until it is compacted.
 *
 * Horizon: for every change up to and including it, the version it replaced has been deleted (and the change itself, if
 * it was a deletion). So the state at any version from the horizon on can be told, and a watch can begin there.
 */
import type { Key, KubeObject } from '../kube/object.ts'
import { integer, type Sql, type SqlValue, text } from './sql.ts'

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED'

export const CHANGE_TYPES: readonly ChangeType[] = ['ADDED', 'MODIFIED', 'DELETED']

export interface Change {
  readonly rv: number
  readonly type: ChangeType
  /** `pods`, `deployments.apps`. */
  readonly resource: string
  readonly namespace: string
  readonly name: string
  /** The new state; of a deletion the last one, with the deletion's resource version. */
  readonly object: KubeObject
  readonly text: string
  /** The state before; undefined for ADDED. */
  readonly previous: KubeObject | undefined
}

export interface NewChange {
  readonly rv: number
  readonly type: ChangeType
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly prev: number
  readonly at: number
  readonly body: string
}

export function append(sql: Sql, change: NewChange): void {
  sql.run(
    'INSERT INTO changes (rv, resource, namespace, name, type, prev, at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    change.rv,
    change.resource,
    change.namespace,
    change.name,
    CHANGE_TYPES.indexOf(change.type),
    change.prev,
    change.at,
    change.body,
  )
}

export interface ReadLimit {
  readonly changes: number
  /** The read stops with the change whose text reaches it. */
  readonly characters: number
}

/** Changes after a cursor, oldest first. The caller has made sure that the cursor is not below the horizon. */
export function readAfter(sql: Sql, cursor: number, limit: ReadLimit, parse: (text: string) => KubeObject): Change[] {
  const read: Change[] = []
  let characters = 0
  for (const row of sql.iterate(AFTER_QUERY, cursor, limit.changes)) {
    const change = changeOf(row, parse)
    read.push(change)
    characters += change.text.length
    if (characters >= limit.characters) break
  }
  return read
}

/** One object's changes after a cursor, oldest first. Lazy: only while nothing is written. */
export function* readOf(
  sql: Sql,
  type: string,
  { namespace, name }: Key,
  cursor: number,
  parse: (text: string) => KubeObject,
): Iterable<Change> {
  for (const row of sql.iterate(OF_QUERY, cursor, type, namespace, name)) yield changeOf(row, parse)
}

const COLUMNS = `c.rv, c.type, c.resource, c.namespace, c.name, c.body, p.body FROM changes c
   LEFT JOIN changes p ON p.rv = c.prev`
const OF_QUERY = `SELECT ${COLUMNS} WHERE c.rv > ? AND c.resource = ? AND c.namespace = ? AND c.name = ? ORDER BY c.rv`
const AFTER_QUERY = `SELECT ${COLUMNS} WHERE c.rv > ? ORDER BY c.rv LIMIT ?`

const changeOf = (
  [rv, type, resource, namespace, name, body, previous]: SqlValue[],
  parse: (text: string) => KubeObject,
): Change => ({
  rv: integer(rv),
  type: CHANGE_TYPES[integer(type)] ?? 'MODIFIED',
  resource: text(resource),
  namespace: text(namespace),
  name: text(name),
  text: text(body),
  object: parse(text(body)),
  previous: typeof previous === 'string' ? parse(previous) : undefined,
})

export interface Compacted {
  /** The new horizon. */
  readonly horizon: number
  /** What was moved over, deletions left out: each is its object's current version, or was replaced later. */
  readonly passed: readonly { readonly rv: number; readonly resource: string; readonly key: Key }[]
  /** When the oldest change beyond the horizon was written; undefined if there is none. */
  readonly oldest: number | undefined
}

/** One compaction step: moves the horizon over at most `limit` changes older than `before`. */
export function compact(sql: Sql, horizon: number, { before, limit }: { before: number; limit: number }): Compacted {
  const rows = sql.rows(
    'SELECT rv, prev, type, at, resource, namespace, name FROM changes WHERE rv > ? ORDER BY rv LIMIT ?',
    horizon,
    limit + 1,
  )
  const passed: Compacted['passed'][number][] = []
  let reached = horizon
  for (const [index, [rv, prev, type, at, resource, namespace, name]] of rows.entries()) {
    if (index === limit || integer(at) >= before) return { horizon: reached, passed, oldest: integer(at) }
    reached = integer(rv)
    if (integer(prev) > 0) sql.run('DELETE FROM changes WHERE rv = ?', integer(prev))
    if (CHANGE_TYPES[integer(type)] === 'DELETED') sql.run('DELETE FROM changes WHERE rv = ?', reached)
    else passed.push({ rv: reached, resource: text(resource), key: { namespace: text(namespace), name: text(name) } })
  }
  return { horizon: reached, passed, oldest: undefined }
}
