/**
 * The part of an object that managed fields speak of: not its kind, not what the server keeps about it, and not what the
 * request can't change (the status through the object itself, all else through its status).
 */
import type { KubeObject } from '../object.ts'

/** What a request of this sort does not change (the strategies' reset fields). */
export interface Ignored {
  /** Whether a field of the top level is one. */
  readonly field: (name: string) => boolean
  /** Those of the metadata. */
  readonly metadata: ReadonlySet<string>
}

const NONE: ReadonlySet<string> = new Set()

export const ignoring = (fields: readonly string[], metadata: ReadonlySet<string> = NONE): Ignored => ({
  field: (name) => fields.includes(name),
  metadata,
})

export const ignoringAllBut = (field: string, metadata: ReadonlySet<string>): Ignored => ({
  field: (name) => name !== field,
  metadata,
})

const SERVER_FIELDS = new Set(['apiVersion', 'kind', 'metadata'])

export function authored(object: Partial<KubeObject>, ignored: Ignored): Record<string, unknown> {
  const { generateName, labels, annotations, ownerReferences, finalizers } = object.metadata ?? {}
  const { metadata } = ignored
  const part: Record<string, unknown> = {}
  // An object is a record of its fields.
  const whole = object as unknown as Record<string, unknown>
  for (const field of Object.keys(whole))
    if (!SERVER_FIELDS.has(field) && !ignored.field(field)) part[field] = whole[field]
  part['metadata'] = {
    ...(annotations && !metadata.has('annotations') ? { annotations } : {}),
    ...(finalizers && !metadata.has('finalizers') ? { finalizers } : {}),
    ...(generateName ? { generateName } : {}),
    ...(labels && !metadata.has('labels') ? { labels } : {}),
    ...(ownerReferences && !metadata.has('ownerReferences') ? { ownerReferences } : {}),
  }
  return part
}
