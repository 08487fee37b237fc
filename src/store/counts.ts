/** How many objects there are of each resource. Looks at all of them: for figures, not for requests. */
import { integer, type Sql, text } from './sql.ts'

export function countObjects(sql: Sql): Map<string, number> {
  const rows = sql.rows('SELECT resource, count(*) FROM objects GROUP BY resource')
  return new Map(rows.map(([resource, count]) => [text(resource), integer(count)]))
}
