/** The cluster database's migrations, in order; a new one is a file of drizzle-kit's and a line here. */
import init from '../../migrations/cluster/0000_init.sql'
import eventSubjects from '../../migrations/cluster/0001_event_subjects.sql'
import type { Migration } from '../store/migrate.ts'

export const migrations: readonly Migration[] = [
  { tag: '0000_init', sql: init },
  { tag: '0001_event_subjects', sql: eventSubjects },
]
