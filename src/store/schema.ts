/**
 * The cluster's tables, declared once for drizzle-kit, which generates `migrations/cluster` from them. Hot statements
 * are written by hand (drizzle's unprepared query costs five times SQLite's own, see docs/decisions/0001).
 *
 * WITHOUT ROWID on `objects`, `entries`, `timers` and `meta` is added to the generated SQL by hand, since drizzle-kit
 * has no word for it: each such table then costs exactly one row a write.
 */
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Which version of each object is current. Its text stands in `changes`, once. */
export const objects = sqliteTable(
  'objects',
  {
    resource: text('resource').notNull(),
    namespace: text('namespace').notNull(),
    name: text('name').notNull(),
    /** Resource version of the current state. */
    rv: integer('rv').notNull(),
    /** Id of the change that holds the text; below `rv` only while `body` is set. */
    logged: integer('logged').notNull(),
    /** Text of a state written in place (a Lease renewal), which has no row in the log. */
    body: text('body'),
    /** Value of the kind's subject field, for those that have one: selected by at the cost of a scan, but of no row. */
    subject: text('subject'),
  },
  (t) => [primaryKey({ columns: [t.resource, t.namespace, t.name] })],
)

/** The append-only log: one row a write, its id is the resource version. Holds every version's text. */
export const changes = sqliteTable('changes', {
  rv: integer('rv').primaryKey(),
  resource: text('resource').notNull(),
  namespace: text('namespace').notNull(),
  name: text('name').notNull(),
  /** 0 ADDED, 1 MODIFIED, 2 DELETED (the text is then the last state). */
  type: integer('type').notNull(),
  /** Id of the version this one replaced, 0 if none. */
  prev: integer('prev').notNull(),
  /** Milliseconds since the epoch. */
  at: integer('at').notNull(),
  body: text('body').notNull(),
})

/** The one index: `l:<label>`, `f:<field>` and `o` (owner uid) to objects. */
export const entries = sqliteTable(
  'entries',
  {
    key: text('key').notNull(),
    value: text('value').notNull(),
    resource: text('resource').notNull(),
    namespace: text('namespace').notNull(),
    name: text('name').notNull(),
  },
  (t) => [primaryKey({ columns: [t.key, t.value, t.resource, t.namespace, t.name] })],
)

/** Delayed work: when `owner` (a controller) wants to look at `key` again. */
export const timers = sqliteTable(
  'timers',
  {
    owner: text('owner').notNull(),
    key: text('key').notNull(),
    at: integer('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.owner, t.key] })],
)

/** Single values: cursors, the log's horizon, the cluster's own facts. */
export const meta = sqliteTable('meta', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
})
