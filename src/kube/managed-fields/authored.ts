/**
 * The part of an object that managed fields speak of: not its kind, not what the server keeps about it, and not what the
 * request can't change (the status through the object itself, all else through its status).
 */
import type { KubeObject } from '../object.ts'

/** Top-level fields that a request of this sort does not change (the strategies' reset fields). */
export type Ignored = ReadonlySet<string>

const SERVER_FIELDS = new Set(['apiVersion', 'kind', 'metadata'])

export function authored(object: Partial<KubeObject>, ignored: Ignored): Record<string, unknown> {
  const { generateName, labels, annotations, ownerReferences, finalizers } = object.metadata ?? {}
  const part: Record<string, unknown> = {}
  // An object is a record of its fields.
  const whole = object as unknown as Record<string, unknown>
  for (const field of Object.keys(whole))
    if (!SERVER_FIELDS.has(field) && !ignored.has(field)) part[field] = whole[field]
  part['metadata'] = {
    ...(annotations ? { annotations } : {}),
    ...(finalizers ? { finalizers } : {}),
    ...(generateName ? { generateName } : {}),
    ...(labels ? { labels } : {}),
    ...(ownerReferences ? { ownerReferences } : {}),
  }
  return part
}
