/** The frames of a watch: one JSON object a line, `{"type": ..., "object": ...}`. */
import { apiVersionOf, type Resource } from './resource.ts'

export const frame = (type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', object: string): string =>
  `{"type":"${type}","object":${object}}\n`

/** Marks an object list's end in a streamed list (KEP-3157). */
export const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' }

/** Says how far a watch has come, so that its client need not begin anew after a break (KEP-956). */
export function bookmark(resource: Resource, version: number, annotations?: Record<string, string>): string {
  const metadata = {
    resourceVersion: String(version),
    creationTimestamp: null,
    ...(annotations ? { annotations } : {}),
  }
  return frame('BOOKMARK', JSON.stringify({ kind: resource.kind, apiVersion: apiVersionOf(resource), metadata }))
}
