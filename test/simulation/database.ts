/**
 * The store's SQL port on node:sqlite, with a Durable Object's promise: what turns write becomes durable some time after
 * them, in order and as wholes; a crash before that loses it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Migration, migrate } from '../../src/store/migrate.ts'
import type { Sql, SqlValue } from '../../src/store/sql.ts'

export interface Database {
  readonly sql: Sql
  /** Makes durable what was written since the last time. */
  flush(): void
  /** Loses it. */
  lose(): void
  close(): void
}

const FOLDER = resolve(import.meta.dirname, '..', '..', 'migrations', 'cluster')

export const migrations: readonly Migration[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.sql'))
  .sort()
  .map((file) => ({ tag: file.slice(0, -'.sql'.length), sql: readFileSync(join(FOLDER, file), 'utf8') }))

/** `applied`: the migrations there were when it was made. */
export function createDatabase(applied: readonly Migration[] = migrations): Database {
  const database = new DatabaseSync(':memory:')
  const statements = new Map<string, StatementSync>()
  let depth = 0
  let written = 0

  const prepare = (query: string): StatementSync => {
    const statement = database.prepare(query)
    statement.setReturnArrays(true)
    return statement
  }
  const prepared = (query: string): StatementSync => {
    const known = statements.get(query)
    if (known) return known
    const fresh = prepare(query)
    statements.set(query, fresh)
    return fresh
  }
  // With setReturnArrays rows are arrays of the columns' values; the store binds no ArrayBuffers.
  type Bound = Exclude<SqlValue, ArrayBuffer>
  const bound = (values: readonly SqlValue[]) => values as Bound[]

  const sql: Sql = {
    rows: (query, ...bindings) => prepared(query).all(...bound(bindings)) as unknown as SqlValue[][],
    // A statement of its own: it may be run again before the first run is read to its end.
    iterate: (query, ...bindings) => prepare(query).iterate(...bound(bindings)) as unknown as Iterable<SqlValue[]>,
    run(query, ...bindings) {
      written += Number(prepared(query).run(...bound(bindings)).changes)
    },
    transaction(work) {
      depth += 1
      const savepoint = `s${depth}`
      database.exec(`SAVEPOINT ${savepoint}`)
      try {
        const result = work()
        database.exec(`RELEASE ${savepoint}`)
        return result
      } catch (error) {
        database.exec(`ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`)
        throw error
      } finally {
        depth -= 1
      }
    },
    rowsWritten: () => written,
  }

  migrate(sql, applied)
  database.exec('BEGIN')
  return {
    sql,
    flush: () => database.exec('COMMIT; BEGIN'),
    lose: () => database.exec('ROLLBACK; BEGIN'),
    close: () => database.close(),
  }
}
