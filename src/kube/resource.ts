/**
 * What one kind is, in one place. Discovery, validation, tables, patches, OpenAPI and GraphQL are derived from this.
 * A kind's file stands in `resources/<group>/<kind>.ts`; `registry.ts` lists them.
 * Values follow the strategies of Kubernetes v1.32 (pkg/registry/<group>/<kind>/strategy.go, as documented).
 */
import type { JsonSchema } from './custom/json-schema.ts'
import type { FieldError, FieldPath } from './field.ts'
import type { Fields } from './managed-fields/shape.ts'
import type { KubeObject } from './object.ts'
import type { DecodeResult } from './schema/decode.ts'

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

export const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]

/** How discovery lists a subresource; its own group, version and kind where they differ from the resource's. */
export interface Subresource {
  /** `status`, `scale`, `binding`, `eviction`, `finalize`, `token`, ... */
  readonly name: string
  readonly verbs: readonly ('create' | 'get' | 'patch' | 'update')[]
  readonly kind?: string
  readonly group?: string
  readonly version?: string
}

/** A column of `kubectl get` (meta.k8s.io/v1 Table). What has a priority above 0 is shown with `-o wide` only. */
export interface Column<T> {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format: string
  readonly description: string
  readonly priority: number
  /** `now` (ms since the epoch) for ages, printed as `5m`, `2d3h`. */
  readonly cell: (object: T, now: number) => string | number | boolean | null
}

export interface Admission {
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type NameRule = 'dns-subdomain' | 'dns-label' | 'dns-1035-label' | 'path-segment'

/** The scale subresource (autoscaling/v1 Scale) of a kind, by field paths from the object. */
export interface ScaleOf<T> {
  /** Where the replicas are, if not in `spec.replicas`. */
  readonly path?: readonly string[]
  readonly replicas: (object: T) => number
  readonly setReplicas: (object: T, replicas: number) => void
  readonly currentReplicas: (object: T) => number
  /** Text of the label selector (`status.selector`). */
  readonly selector: (object: T) => string
}

/** What only a kind that a CustomResourceDefinition made has. */
export interface CustomKind {
  readonly schema: JsonSchema
  /** What tells it from what was made of an earlier definition: kept while nothing changes but `isTerminating`. */
  readonly origin: object
  /** Its definition is being deleted: nothing new may be made. */
  readonly isTerminating: boolean
  /** In place: prunes, and drops nulls. Throws 400 where metadata is not metadata. */
  readonly decode: (value: Record<string, unknown>) => DecodeResult
}

/** Whether clients are served the same: the deletion of a definition changes nothing for them before it is done. */
export const isServedAlike = (one: Resource, other: Resource | undefined): boolean =>
  one === other || (one.custom !== undefined && one.custom.origin === other?.custom?.origin)

/**
 * How a served version differs from what the store holds of its kind. The store answers and takes objects in the
 * version that it is asked for; fields that it selects by are read from the stored form.
 */
export interface Conversion<T> {
  /** Somebody outside says how: where it has not been asked yet, the functions throw. */
  readonly isRemote?: boolean
  /** Whether a stored text may be answered as it is. */
  readonly isServedForm: (text: string, resourceVersion: number) => boolean
  /** Builds anew: a stored object is shared. */
  readonly fromStored: (object: KubeObject) => T
  readonly toStored: (object: T) => KubeObject
}

export type KeptMetadata = 'annotations' | 'deletionTimestamp' | 'finalizers' | 'labels' | 'ownerReferences'

/** All of an object's metadata that a client may write (metav1.ResetObjectMetaForStatus). */
export const ALL_METADATA: readonly KeptMetadata[] = [
  'annotations',
  'deletionTimestamp',
  'finalizers',
  'labels',
  'ownerReferences',
]

export interface StatusUpdate extends Admission {
  readonly subresource: 'status' | 'approval'
}

/** Hooks get a draft they own and change it in place; everything else they must leave alone. */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly scope: 'namespaced' | 'cluster'
  readonly verbs: readonly Verb[]
  readonly subresources: readonly Subresource[]
  /** The definition's name in OpenAPI, `io.k8s.api.core.v1.Pod`; of a built-in kind the key in the generated table. */
  readonly schema: string
  /** How managed fields see it, where that does not follow from `schema` (custom resources). */
  readonly shape: Fields | undefined
  readonly custom: CustomKind | undefined
  /** Whether the kind is stored in this version. */
  readonly isStorageVersion: boolean
  /** The kind that its objects are kept as, where that is another group's. */
  readonly storedAs: { readonly group: string; readonly plural: string } | undefined
  /** Undefined where what is stored is answered as it is. */
  readonly conversion: Conversion<T> | undefined
  /** Said with each answer to a request for a version that is on its way out. */
  readonly deprecationWarning: string | undefined
  readonly columns: readonly Column<T>[]
  readonly nameRule: NameRule
  /** Whether finalizers that are not Kubernetes' own may be without a domain (`example.com/name`). */
  readonly allowsPlainFinalizers: boolean

  /** Whether the kind has a `status` of its own: then the main resource ignores it and `/status` takes nothing else. */
  readonly hasStatus: boolean
  /** Whether this update moves `metadata.generation`. Kinds without generations answer undefined. */
  readonly generation: ((next: T, previous: T) => boolean) | undefined

  /** Fills what a client left out; runs on create and update, after decoding, before validation. Idempotent. */
  readonly defaults: (draft: T) => void
  /** Create only, before all else: takes out what a client may not set beside the status. Nobody comes to own it. */
  readonly dropForCreate: (draft: T) => void
  /** Create only, after defaulting, and not filled in again: gives the first status, and adds what is nobody's field. */
  readonly prepareForCreate: (draft: T, admission: Admission) => void
  /** Update only, before defaulting: carries over what a client may not change (PUT without clusterIP keeps it). */
  readonly prepareForUpdate: (draft: T, previous: T) => void
  /** Status and approval only, before validation: keeps what that subresource may not change. */
  readonly prepareForStatusUpdate: (draft: T, previous: T, update: StatusUpdate) => void
  /** What `/status` leaves of the metadata as it was, whatever is sent. */
  readonly keptByStatus: readonly KeptMetadata[]
  /** Of an update of the status only: carries over what stands in annotations and is none of it. */
  readonly prepareForStatus: (draft: T, previous: T) => void
  /** Delete only, before the object is marked or removed: a last finalizer, a condition that says it. */
  readonly prepareForDelete: (draft: T, admission: Admission) => void
  /** What the schema can't say; `at` is the root path. On an update `previous` is what was there. */
  readonly validate: (object: T, at: FieldPath, previous?: T) => FieldError[]
  readonly validateUpdate: (next: T, previous: T, at: FieldPath) => FieldError[]
  readonly validateStatus: (next: T, previous: T, at: FieldPath) => FieldError[]
  /** Of an update of a Pod's ephemeral containers, after `validate`. */
  readonly validateEphemeralContainers: (next: T, previous: T, at: FieldPath) => FieldError[]
  /** What a client is told of an object that is taken all the same; on an update `previous` is what was there. */
  readonly warnings: (object: T, previous: T | undefined) => readonly string[]

  readonly scale: ScaleOf<T> | undefined

  /** Field selectors beyond metadata.name and metadata.namespace; absent value reads as ''. */
  readonly fields: Readonly<Record<string, (object: T) => string>>
  /** Those of `fields` that only we select by. */
  readonly hiddenFields: readonly string[]
  /** How another field is refused. */
  readonly unknownField: (field: string) => string
  /** Those of `fields` kept in the store's index (each costs a row a write when not empty). */
  readonly indexedFields: readonly string[]
  /** One of `fields` kept beside the key, where nothing is indexed: selecting by it looks at each object, but at no text. */
  readonly subjectField: string | undefined
  /** Whether labels and owners are indexed. Off for Events: they would double their rows. */
  readonly indexed: boolean
  /** Whether an object goes by itself when it was not written for as long as the log's window (--event-ttl). */
  readonly expires: boolean

  /** Seconds of grace a delete gives by default, where the kind is deleted gracefully (Pods); undefined: at once. */
  readonly gracePeriod: ((object: T) => number) | undefined
  /** propagationPolicy when a delete names none. */
  readonly defaultDeletion: 'Background' | 'Orphan'
  /** What is said to who names none. */
  readonly defaultDeletionWarning: string | undefined
  /** PUT without resourceVersion is allowed. */
  readonly unconditionalUpdate: boolean
  /** PUT of a name that does not exist creates it. */
  readonly createOnUpdate: boolean
  /** A delete that ends the object answers the object instead of a Status. */
  readonly deleteReturnsObject: boolean
}

/** The name a resource goes by in the store and in cursors: `pods`, `deployments.apps`. */
export const resourceName = (resource: Named & { readonly storedAs?: Named | undefined }): string => {
  const { group, plural } = resource.storedAs ?? resource
  return group === '' ? plural : `${plural}.${group}`
}

interface Named {
  readonly group: string
  readonly plural: string
}

/** As Go prints a GroupVersionKind: `apps/v1, Kind=Deployment`, and of the core group `/v1, Kind=Pod`. */
export const kindText = ({ group, version, kind }: Pick<Resource, 'group' | 'version' | 'kind'>): string =>
  `${group}/${version}, Kind=${kind}`

export const apiVersionOf = (resource: { readonly group: string; readonly version: string }): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
