/** Durable single values: each set is one row. */
import { type Sql, text } from './sql.ts'

export interface Meta {
  get(key: string): string | undefined
  set(key: string, value: string): void
  number(key: string): number
}

export function createMeta(sql: Sql): Meta {
  const get = (key: string): string | undefined => {
    const row = sql.rows('SELECT value FROM meta WHERE key = ?', key)[0]
    return row === undefined ? undefined : text(row[0])
  }
  return {
    get,
    set: (key, value) =>
      sql.run(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
        key,
        value,
      ),
    number: (key) => Number(get(key) ?? '0'),
  }
}
