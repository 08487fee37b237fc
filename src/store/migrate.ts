/**
 * Applies the migrations that drizzle-kit generated, each in one transaction and once. Ours instead of drizzle's
 * `migrate()`, which hides SQL errors and skips a migration older than the newest applied (drizzle-orm#5769).
 */
import type { Sql } from './sql.ts'

export interface Migration {
  readonly tag: string
  readonly sql: string
}

export function migrate(sql: Sql, migrations: readonly Migration[]): void {
  sql.run('CREATE TABLE IF NOT EXISTS migrations (tag TEXT PRIMARY KEY) WITHOUT ROWID')
  const applied = new Set(sql.rows('SELECT tag FROM migrations').map(([tag]) => tag))
  for (const migration of migrations) {
    if (applied.has(migration.tag)) continue
    sql.transaction(() => {
      for (const statement of migration.sql.split('--> statement-breakpoint')) sql.run(statement)
      sql.run('INSERT INTO migrations (tag) VALUES (?)', migration.tag)
    })
  }
}
