/** The store's SQL port on a Durable Object's SQLite. */
import type { Sql, SqlValue } from '../store/sql.ts'

export function durableSql(storage: DurableObjectStorage): Sql {
  let written = 0
  return {
    // The platform's raw() rows are arrays of exactly the store's value types.
    rows: (query, ...bindings) => storage.sql.exec(query, ...bindings).raw().toArray() as SqlValue[][],
    iterate: (query, ...bindings) => storage.sql.exec(query, ...bindings).raw() as Iterable<SqlValue[]>,
    run(query, ...bindings) {
      written += storage.sql.exec(query, ...bindings).rowsWritten
    },
    transaction: (work) => storage.transactionSync(work),
    rowsWritten: () => written,
  }
}
