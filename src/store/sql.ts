/**
 * The SQLite the store stands on: a Durable Object's, or node:sqlite under the simulation.
 * Must not know objects or resources.
 */

export type SqlValue = string | number | null | ArrayBuffer

export interface Sql {
  /** Rows in order, each an array of the selected columns. The statement is prepared once per text by the platform. */
  rows(query: string, ...bindings: SqlValue[]): SqlValue[][]
  /** As `rows`, but fetched one by one. Only valid within the turn, and while nothing is written. */
  iterate(query: string, ...bindings: SqlValue[]): Iterable<SqlValue[]>
  /** Runs a statement that writes; the platform counts the rows (table and index rows alike) for the bill. */
  run(query: string, ...bindings: SqlValue[]): void
  /** All or nothing; nests. Rolls back when `work` throws, and throws on. */
  transaction<T>(work: () => T): T
  /** Rows written since the process began. */
  rowsWritten(): number
}

/** SQLite hands text columns back as strings; a column declared NOT NULL TEXT is one. */
export const text = (value: SqlValue | undefined): string => {
  if (typeof value !== 'string') throw new Error('expected a text column')
  return value
}

export const integer = (value: SqlValue | undefined): number => {
  if (typeof value !== 'number') throw new Error('expected an integer column')
  return value
}
