/**
 * What every Kubernetes object has in common. Shapes follow the API conventions and `meta/v1`:
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
 * Must not know any kind.
 */
import type { JsonText } from './json.ts'

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

/** Metadata of an object that the store holds: name, uid and resourceVersion are always there. */
export interface ObjectMeta {
  name: string
  generateName?: string
  /** Absent on cluster-scoped objects. */
  namespace?: string
  uid: string
  /** Id of the change that wrote this version; decimal text (compared as a number only by us, never by clients). */
  resourceVersion: string
  generation?: number
  /** RFC 3339, whole seconds, UTC. */
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  /** As a client sent them, or held unparsed. */
  managedFields?: unknown[] | JsonText
}

export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
}

/** An object as a client sends it: nothing about it is sure yet. */
export type Draft = Record<string, unknown> & { metadata?: Record<string, unknown> }

/** A kind's declared shape (of kubernetes-models) as the store holds it: with whole metadata and `Present` fields there. */
export type Stored<T, Present extends keyof T = never> = Omit<T, 'metadata' | 'apiVersion' | 'kind' | Present> & {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
} & { [K in Present]-?: NonNullable<T[K]> }

/** Names one object of a kind. `namespace` is '' for cluster-scoped kinds. */
export interface Key {
  readonly namespace: string
  readonly name: string
}

export const keyOf = (object: KubeObject): Key => ({
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
})

/** `namespace/name`, the form controllers queue keys in. Neither part can contain a slash. */
export const keyText = (key: Key): string => `${key.namespace}/${key.name}`

export function parseKey(text: string): Key {
  const slash = text.indexOf('/')
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}

export const isTerminating = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined

/** The reference that says who manages the object, if anyone does; at most one has `controller: true`. */
export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true)

export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid
