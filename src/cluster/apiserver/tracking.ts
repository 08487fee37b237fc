/** Whose fields a write's changes become: what managed fields must know of each write. */
import type { Ignored } from '../../kube/managed-fields/authored.ts'
import { shapeOfDefinition } from '../../kube/managed-fields/definitions.ts'
import type { Fields } from '../../kube/managed-fields/shape.ts'
import type { Tracking } from '../../kube/managed-fields/track.ts'
import { apiVersionOf, type Resource } from '../../kube/resource.ts'

/** Whose the fields are that a write changes. */
export interface Manager {
  readonly name: string
  readonly subresource?: string | undefined
}

/** What an update may change: everything but the status, only the status, or a namespace's spec.finalizers. */
export type UpdateScope = 'object' | 'status' | 'finalize'

/** What the cluster itself writes. */
export const APISERVER: Manager = { name: 'kube-apiserver' }

export const shapeOf = (resource: Resource): Fields => resource.shape ?? shapeOfDefinition(resource.schema)

const SPEC: Ignored = new Set(['spec'])
const STATUS: Ignored = new Set(['status'])
const NOTHING: Ignored = new Set()

/** What a request can't change, and so nobody comes to own by it. */
export const ignoredIn = (resource: Resource, scope: UpdateScope): Ignored =>
  scope === 'status' ? SPEC : resource.hasStatus ? STATUS : NOTHING

export const trackingOf = (
  resource: Resource,
  scope: UpdateScope,
  { name, subresource }: Manager,
  time: string,
): Tracking => ({
  shape: shapeOf(resource),
  author: { manager: name, operation: 'Update', apiVersion: apiVersionOf(resource), subresource },
  time,
  ignored: ignoredIn(resource, scope),
})
