/**
 * What a resource held at a version, however long ago, as far as the log goes back: which versions its objects had then,
 * in order of their keys. An object that has not been written since is told by `objects`; of one that has, the first
 * change since then names the version it replaced. A version's text never changes, so it can be read in a later turn.
 */
import type { Key } from '../kube/object.ts'
import { type Resource, resourceName } from '../kube/resource.ts'
import { plan, type Query } from './select.ts'
import { integer, type Sql, type SqlValue, text } from './sql.ts'

/** One object at one version: its key, version and text. */
export interface Row {
  readonly namespace: string
  readonly name: string
  readonly rv: number
  readonly text: string
}

/** Where a version's text is: its id in the log, or right here where the log does not have it (a Lease renewed in place). */
export type Version = number | Row

export interface Snapshots {
  /** How many objects a query without selectors finds. Looks at each of them. */
  count(resource: Resource, query: Query, at: number): number
  /** The versions that a query finds, unfiltered by what the index can't say. Lazy: only while nothing is written. */
  versions(resource: Resource, query: Query, at: number): Iterable<Version>
  /** The versions' texts as they are stored, in their order. Throws if one has been compacted meanwhile. */
  rows(versions: readonly Version[]): Row[]
  /** Forgets what memory holds, after a rollback. */
  forget(): void
}

/** Keys read at once: those of a page, which most lists want no more than. */
const CHUNK = 512
/** SQLite in a Durable Object binds at most 100 variables. */
const MAX_BINDINGS = 100
const ROWS_QUERY = `SELECT namespace, name, rv, body FROM changes WHERE rv IN (${Array(MAX_BINDINGS).fill('?').join(',')})`
const REPLACED_QUERY =
  'SELECT namespace, name, prev FROM changes WHERE rv > ? AND resource = ? AND prev BETWEEN 1 AND ? ORDER BY namespace, name'

/** An object that has been changed or deleted since, and the version that it had. */
interface Replaced extends Key {
  readonly version: number
}

/** Those of one resource since one version; pages of one list ask for the same again and again. */
interface Remembered {
  readonly until: number
  readonly replaced: readonly Replaced[]
}

/** As many lists in pages go on at once without reading the same of the log again. */
const MAX_REMEMBERED = 8
/** Objects remembered of one; of a list so old that more were changed, each page reads the log anew. */
const MAX_REPLACED = 20_000

/** `latest`: the version of the last write. */
export function createSnapshots(sql: Sql, latest: () => number): Snapshots {
  const remembered = new Map<string, Remembered>()

  function replacedSince(type: string, at: number): readonly Replaced[] {
    const until = latest()
    if (at >= until) return []
    const id = `${type}@${at}`
    const known = remembered.get(id) ?? { until: at, replaced: [] }
    const more = sql.rows(REPLACED_QUERY, known.until, type, at).map(replacedOf)
    const replaced = more.length === 0 ? known.replaced : [...known.replaced, ...more].sort(compareKeys)
    remembered.delete(id)
    if (replaced.length <= MAX_REPLACED) remembered.set(id, { until, replaced })
    for (const oldest of remembered.keys()) {
      if (remembered.size <= MAX_REMEMBERED) break
      remembered.delete(oldest)
    }
    return replaced
  }

  const replacedIn = (resource: Resource, { namespace, after }: Query, at: number): readonly Replaced[] =>
    replacedSince(resourceName(resource), at).filter(
      (key) => (namespace === undefined || key.namespace === namespace) && (!after || compareKeys(key, after) > 0),
    )

  function* unchanged(resource: Resource, query: Query, at: number): Generator<Key & { version: Version }> {
    let { after } = query
    for (;;) {
      const { from, order, bindings } = plan(resource, { ...query, after })
      const rows = sql.rows(
        `SELECT o.namespace, o.name, o.rv, o.logged, o.body ${from} AND o.logged <= ? ${order} LIMIT ${CHUNK}`,
        ...bindings,
        at,
      )
      for (const row of rows) {
        after = { namespace: text(row[0]), name: text(row[1]) }
        yield { ...after, version: versionOf(row) }
      }
      if (rows.length < CHUNK) return
    }
  }

  return {
    count(resource, { namespace, after }, at) {
      const query = { namespace, after }
      const { from, bindings } = plan(resource, query)
      const [row] = sql.rows(`SELECT count(*) ${from} AND o.logged <= ?`, ...bindings, at)
      return integer(row?.[0]) + replacedIn(resource, query, at).length
    },

    *versions(resource, query, at) {
      const replaced = replacedIn(resource, query, at)
      let next = 0
      for (const current of unchanged(resource, query, at)) {
        for (; next < replaced.length; next++) {
          const former = replaced[next]
          if (!former || compareKeys(former, current) > 0) break
          yield former.version
        }
        yield current.version
      }
      for (const { version } of replaced.slice(next)) yield version
    },

    rows(versions) {
      const byId = new Map<number, Row>()
      const wanted = versions.filter((version) => typeof version === 'number')
      for (let start = 0; start < wanted.length; start += MAX_BINDINGS) {
        const page = wanted.slice(start, start + MAX_BINDINGS)
        // The last page is filled up with a repeated id: one statement text, prepared once.
        while (page.length < MAX_BINDINGS) page.push(page[0] ?? 0)
        for (const row of sql.rows(ROWS_QUERY, ...page)) byId.set(integer(row[2]), rowOf(row))
      }
      return versions.map((version) => {
        const found = typeof version === 'number' ? byId.get(version) : version
        if (found === undefined) throw new Error(`version ${version} has been compacted`)
        return found
      })
    },

    forget: () => remembered.clear(),
  }
}

export const rowOf = ([namespace, name, rv, body]: SqlValue[]): Row => ({
  namespace: text(namespace),
  name: text(name),
  rv: integer(rv),
  text: text(body),
})

const replacedOf = ([namespace, name, prev]: SqlValue[]): Replaced => ({
  namespace: text(namespace),
  name: text(name),
  version: integer(prev),
})

const versionOf = ([namespace, name, rv, logged, body]: SqlValue[]): Version =>
  typeof body === 'string' ? rowOf([namespace ?? '', name ?? '', rv ?? 0, body]) : integer(logged)

function compareKeys(a: Key, b: Key): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1
  if (a.name === b.name) return 0
  return a.name < b.name ? -1 : 1
}
