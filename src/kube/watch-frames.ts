/** The frames of a watch: one JSON object a line, `{"type": ..., "object": ...}`. */
import type { Form } from './form.ts'
import { apiVersionOf } from './resource.ts'

export const frame = (type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', object: string): string =>
  `{"type":"${type}","object":${object}}\n`

/** Marks an object list's end in a streamed list (KEP-3157). */
export const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' }

/** What a bookmark names of the kind that is watched. */
export interface WatchedKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** Says how far a watch has come, so that its client need not begin anew after a break (KEP-956). */
export function bookmark(
  resource: WatchedKind,
  form: Form,
  version: number,
  annotations?: Record<string, string>,
): string {
  const metadata = {
    resourceVersion: String(version),
    creationTimestamp: null,
    ...(annotations ? { annotations } : {}),
  }
  return frame('BOOKMARK', JSON.stringify(bookmarkIn(form, resource, metadata)))
}

/** A client decodes each frame as what it asked for, a bookmark too. */
function bookmarkIn(form: Form, resource: WatchedKind, metadata: object): unknown {
  switch (form.as) {
    case 'Object':
      return { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata }
    case 'PartialObjectMetadata':
      return { kind: form.as, apiVersion: form.version, metadata }
    case 'Table': {
      const object = { kind: 'PartialObjectMetadata', apiVersion: form.version, metadata }
      return { kind: form.as, apiVersion: form.version, metadata, columnDefinitions: [], rows: [{ cells: [], object }] }
    }
    default:
      return form satisfies never
  }
}
