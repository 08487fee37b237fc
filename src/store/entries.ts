/** What of an object stands in the index: labels, owners and the kind's indexed fields. One row each. */
import type { KubeObject } from '../kube/object.ts'
import { type Resource, resourceName } from '../kube/resource.ts'
import type { Sql } from './sql.ts'

/** `key` and `value` joined by NUL, which neither can contain: so that two states compare as sets of strings. */
type Entry = string

const SEPARATOR = '\u0000'
export const labelKey = (label: string): string => `l:${label}`
export const fieldKey = (field: string): string => `f:${field}`
export const OWNER_KEY = 'o'

export function entriesOf(resource: Resource, object: KubeObject): Entry[] {
  if (!resource.indexed) return []
  const entries: Entry[] = []
  const { labels, ownerReferences } = object.metadata
  for (const label in labels) entries.push(labelKey(label) + SEPARATOR + labels[label])
  if (ownerReferences) for (const owner of ownerReferences) entries.push(OWNER_KEY + SEPARATOR + owner.uid)
  for (const field of resource.indexedFields) {
    const value = resource.fields[field]?.(object) ?? ''
    if (value !== '') entries.push(fieldKey(field) + SEPARATOR + value)
  }
  return entries
}

/** What stands beside the object's key; null for most kinds, and where there is nothing to select by. */
export function subjectOf<T extends KubeObject>(
  { subjectField, fields }: Resource<T>,
  object: KubeObject,
): string | null {
  if (subjectField === undefined) return null
  // Fields are of what is stored, which this is.
  return fields[subjectField]?.(object as T) || null
}

/** Writes the difference between two states' entries: an unchanged label costs no row. */
export function reindex(
  sql: Sql,
  resource: Resource,
  next: KubeObject | undefined,
  previous: KubeObject | undefined,
): void {
  const wanted = next ? entriesOf(resource, next) : []
  const present = previous ? entriesOf(resource, previous) : []
  if (wanted.length === 0 && present.length === 0) return
  const subject = next ?? previous
  if (!subject) return
  const { namespace = '', name } = subject.metadata
  const type = resourceName(resource)
  const kept = new Set(present)
  for (const entry of new Set(wanted)) {
    if (kept.delete(entry)) continue
    const [key = '', value = ''] = entry.split(SEPARATOR)
    sql.run(
      'INSERT INTO entries (key, value, resource, namespace, name) VALUES (?, ?, ?, ?, ?)',
      key,
      value,
      type,
      namespace,
      name,
    )
  }
  for (const entry of kept) {
    const [key = '', value = ''] = entry.split(SEPARATOR)
    sql.run(
      'DELETE FROM entries WHERE key = ? AND value = ? AND resource = ? AND namespace = ? AND name = ?',
      key,
      value,
      type,
      namespace,
      name,
    )
  }
}
