/** The store's SQL port on a Durable Object's SQLite. */
import type { Sql, SqlValue } from '../store/sql.ts'

export function durableSql(storage: DurableObjectStorage): Sql {
  let written = 0
  // raw() gives arrays of the columns' values, which are the store's value types.
  const raw = (query: string, bindings: readonly SqlValue[]) =>
    storage.sql.exec(query, ...bindings).raw() as Iterable<SqlValue[]>
  return {
    rows: (query, ...bindings) => [...raw(query, bindings)],
    iterate: (query, ...bindings) => raw(query, bindings),
    run(query, ...bindings) {
      written += storage.sql.exec(query, ...bindings).rowsWritten
    },
    transaction: (work) => storage.transactionSync(work),
    rowsWritten: () => written,
  }
}
