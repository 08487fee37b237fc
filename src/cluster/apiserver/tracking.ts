/** Whose fields a write's changes become: what managed fields must know of each write. */
import type { GroupVersionKind } from '../../kube/admission/attributes.ts'
import type { JsonText } from '../../kube/json.ts'
import { type Ignored, ignoring, ignoringAllBut } from '../../kube/managed-fields/authored.ts'
import { shapeOfDefinition } from '../../kube/managed-fields/definitions.ts'
import type { Fields } from '../../kube/managed-fields/shape.ts'
import { heldOf, type Tracking, tracked, trackedNew } from '../../kube/managed-fields/track.ts'
import type { OtherVersion } from '../../kube/managed-fields/versions.ts'
import type { KubeObject, ObjectMeta } from '../../kube/object.ts'
import type { UserInfo } from '../../kube/rbac/user.ts'
import { everyVersion } from '../../kube/registry.ts'
import { apiVersionOf, type Resource, resourceName } from '../../kube/resource.ts'
import { served, stored } from '../../store/served.ts'
import type { Answers } from '../callouts/attempt.ts'

/** Whose the fields are that a write changes. */
export interface Manager {
  readonly name: string
  readonly subresource?: string | undefined
  /** Whether it is a change of what was there, and no object that was read before. */
  readonly isPatch?: boolean | undefined
  /** What server-side apply has reckoned of the object's managed fields; a write of any other kind has them tracked. */
  readonly applied?: { readonly managedFields: JsonText | undefined } | undefined
  /** Absent where the cluster itself writes. */
  readonly admit?: Admit | undefined
  /** Says something with the answer, whatever becomes of the write. */
  readonly warn?: Warn | undefined
  /** What policies and webhooks are told of who asked for it; absent where the cluster itself writes. */
  readonly asked?: Asked | undefined
}

/** A request that a write belongs to, as policies and webhooks hear of it. */
export interface Asked {
  readonly user: UserInfo
  readonly isDryRun: boolean
  /** meta.k8s.io/v1 CreateOptions, UpdateOptions, PatchOptions or DeleteOptions. */
  readonly options: Readonly<Record<string, unknown>>
  readonly answers: Answers
  /** Set where the request is of another kind of object than what is stored (a Scale). */
  readonly lens?: Lens | undefined
}

/** A subresource's object as a view of the stored one. */
export interface Lens {
  readonly kind: GroupVersionKind
  readonly show: (object: KubeObject) => KubeObject
  /** Of the parsed JSON of one. Throws 400. */
  readonly decode: (value: unknown) => KubeObject
  /** A copy of the stored object with what the view says now. */
  readonly put: (object: KubeObject, shown: KubeObject) => KubeObject
}

export type Warn = (text: string) => void

/**
 * Judges an object before it is validated, by who writes it; may fill in what a client may not say. Of a delete there is
 * no next. Throws 403.
 */
export type Admit = (
  resource: Resource,
  change: {
    readonly next: KubeObject | undefined
    readonly previous: KubeObject | undefined
    readonly scope: UpdateScope
  },
) => void

/**
 * What an update may change: everything but the status, only the status, of that an approver's verdict, a namespace's
 * spec.finalizers, or a Pod's spec.ephemeralContainers.
 */
export type UpdateScope = 'object' | 'status' | 'approval' | 'finalize' | 'ephemeralcontainers'

export const isOfStatus = (scope: UpdateScope): scope is 'status' | 'approval' =>
  scope === 'status' || scope === 'approval'

/** What the cluster itself writes. */
export const APISERVER: Manager = { name: 'kube-apiserver' }

export const shapeOf = (resource: Resource): Fields => resource.shape ?? shapeOfDefinition(resource.schema)

const SPEC: Ignored = ignoring(['spec'])
const STATUS: Ignored = ignoring(['status'])
const NOTHING: Ignored = ignoring([])

/** What a request can't change, and so nobody comes to own by it. */
export function ignoredIn(resource: Resource, scope: UpdateScope): Ignored {
  if (scope === 'status') {
    const kept = new Set<string>(resource.keptByStatus)
    return resource.custom ? ignoringAllBut('status', kept) : ignoring(['spec'], kept)
  }
  return scope === 'approval' ? SPEC : resource.hasStatus ? STATUS : NOTHING
}

const trackingOf = (
  resource: Resource,
  scope: UpdateScope,
  { name, subresource }: Manager,
  time: string,
): Tracking => ({
  shape: shapeOf(resource),
  author: { manager: name, operation: 'Update', apiVersion: apiVersionOf(resource), subresource },
  time,
  ignored: ignoredIn(resource, scope),
  elsewhere: elsewhere(resource),
})

/** The other versions of built-in kinds; those of custom ones have the same fields. */
export const elsewhere =
  (resource: Resource) =>
  (apiVersion: string): OtherVersion | undefined => {
    const other = everyVersion.byKind(apiVersion, resource.kind)
    if (other === undefined || resourceName(other) !== resourceName(resource)) return undefined
    return {
      shape: shapeOf(other),
      of: (object) => served(other, stored(resource, object)),
      back: (object) => served(resource, stored(other, object)),
    }
  }

export const managedByCreator = (resource: Resource, draft: KubeObject, by: Manager, time: string) =>
  by.applied ? by.applied.managedFields : trackedNew(draft, trackingOf(resource, 'object', by, time))

export interface Change {
  readonly next: KubeObject
  readonly former: KubeObject
  /** As the client has them. */
  readonly sent: ObjectMeta['managedFields']
  readonly scope: UpdateScope
}

export function managedAfter(resource: Resource, change: Change, by: Manager, time: string): JsonText | undefined {
  if (by.applied === undefined) return tracked(change, trackingOf(resource, change.scope, by, time))
  const { managedFields } = by.applied
  const former = heldOf(change.former)
  // A time alone is no change: an apply that a client repeats writes nothing.
  return managedFields && former && timeless(managedFields) === timeless(former) ? former : managedFields
}

const timeless = ({ text }: JsonText): string => text.replaceAll(/"time":"[^"]*",/g, '')
