/**
 * What a controller is: which changes concern it, to which keys they map, and a pure decision for one key.
 * The engine (src/cluster/engine) calls it; here is no I/O, no clock and no randomness.
 * Level-driven as controller-runtime's Reconciler: a reconcile reads the state and never the event.
 */
import type { StatusError } from '../kube/errors.ts'
import type { Key, KubeObject } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import type { LabelSelector } from '../kube/selectors.ts'

/** A read-only, consistent view of the cluster. Objects are shared: never change one, build a new one. */
export interface ClusterView {
  get<T extends KubeObject>(resource: Resource<T>, key: Key): T | undefined
  /** In order of namespace and name. `labels` and indexed `fields` go through the index. */
  list<T extends KubeObject>(resource: Resource<T>, query?: ListQuery): readonly T[]
  /** As list, for who may stop before the end: what is not asked for is not looked up. */
  each<T extends KubeObject>(resource: Resource<T>, query?: ListQuery): Iterable<T>
  /** Objects of that kind with an ownerReference to this uid. */
  ownedBy<T extends KubeObject>(resource: Resource<T>, ownerUid: string): readonly T[]
  /** All objects of any kind with an ownerReference to this uid. */
  dependents(ownerUid: string): readonly Dependent[]
  /** The registered resource of an apiVersion and kind, for owner references. */
  resourceOf(apiVersion: string, kind: string): Resource | undefined
  /** Every registered resource. */
  readonly resources: readonly Resource[]
}

export interface Dependent {
  readonly resource: Resource
  readonly object: KubeObject
}

export interface ListQuery {
  readonly namespace?: string
  readonly labels?: LabelSelector
  readonly fields?: Readonly<Record<string, string>>
}

/** Declares that changes of `resource` concern a controller, and which of its keys (`namespace/name`) they touch. */
export interface Concern {
  /** Undefined: every kind, those of CustomResourceDefinitions too. */
  readonly resource: Resource | undefined
  /**
   * Called for the new and the former state of each changed object; so a changed selector or label maps both ways.
   * `resource` is undefined where the object's kind is served no more.
   */
  readonly keys: (object: KubeObject, cluster: ClusterView, resource: Resource | undefined) => Iterable<string>
}

export function on<T extends KubeObject>(
  resource: Resource<T>,
  keys: (object: T, cluster: ClusterView) => Iterable<string>,
): Concern {
  // The engine calls `keys` only with objects of `resource`, whose type is T.
  return { resource: resource as unknown as Resource, keys: keys as unknown as Concern['keys'] }
}

export const onEvery = (keys: Concern['keys']): Concern => ({ resource: undefined, keys })

export interface ReconcileInput {
  readonly cluster: ClusterView
  readonly key: Key
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface Controller {
  readonly name: string
  readonly concerns: readonly Concern[]
  reconcile(input: ReconcileInput): Outcome
}

export const controller = (definition: Controller): Controller => definition

/** What a reconcile wants: writes in order, committed together, and when to look again. */
export interface Outcome {
  readonly writes: readonly Write[]
  /** After these: what stands each for itself. */
  readonly each?: Each
  /** Milliseconds since the epoch; kept durably, replaced by the next outcome of the same key. */
  readonly lookAgainAt?: number
  /**
   * More is to be done at once (the outcome was cut at MAX_WRITES); the engine queues the key again. Where something was
   * refused the key waits for its back-off instead.
   */
  readonly more?: boolean
}

/**
 * Groups of writes, each committed as a whole or not at all: one that is refused (a policy, a webhook) keeps no other
 * back, and all that is still to be done is wanted again after a back-off. After MAX_WRITES that were made the rest is
 * left, and the key looked at again at once.
 */
export interface Each {
  readonly groups: readonly (readonly Write[])[]
  /** What tells of refusals. Called when the others are made, and sees in the cluster what they left. */
  readonly refused?: (refusals: readonly Refusal[]) => readonly Write[]
}

export interface Refusal {
  readonly group: readonly Write[]
  readonly error: StatusError
}

/** A reconcile returns at most about this many writes, so that a tick stays short for clients (PLATFORM: slices of 50). */
export const MAX_WRITES = 50
/**
 * Groups tried for one outcome: those that are refused cost no rows, but time. What stands behind so many that are
 * refused waits until fewer are.
 */
export const MAX_TRIES = 1000

export const settled: Outcome = { writes: [] }
export const write = (...writes: Write[]): Outcome => ({ writes })
export const each = (groups: Each['groups'], refused?: Each['refused']): Outcome => ({
  writes: [],
  each: { groups, ...(refused ? { refused } : {}) },
})
export const lookAgain = (at: number): Outcome => ({ writes: [], lookAgainAt: at })

export type Propagation = 'Background' | 'Foreground' | 'Orphan'

/**
 * A write goes through the same admission, defaulting and validation as a client's. All writes of one outcome see the
 * state that the reconcile saw, so no conflict is possible. `failed` turns a refusal (quota, validation, terminating
 * namespace) into other writes (a condition, an Event); the key is looked at again after a back-off either way.
 */
export type Write =
  | {
      readonly verb: 'create'
      readonly resource: Resource
      /** uid, resourceVersion and creationTimestamp are given by the store; `generateName` may stand for a name. */
      readonly object: NewObject
      readonly failed?: (error: StatusError) => readonly Write[]
      /** Made only once the create was: what tells of it (an Event, a condition) must not outlive a refusal. */
      readonly done?: readonly Write[]
    }
  | {
      readonly verb: 'update' | 'updateStatus'
      readonly resource: Resource
      readonly object: KubeObject
      readonly failed?: (error: StatusError) => readonly Write[]
    }
  | {
      readonly verb: 'delete'
      readonly resource: Resource
      readonly key: Key
      /** Only this very object, not a later one of the same name. */
      readonly uid: string
      readonly propagation?: Propagation
      readonly gracePeriodSeconds?: number
      readonly failed?: (error: StatusError) => readonly Write[]
      /** Made only once the delete was. */
      readonly done?: readonly Write[]
    }
  | { readonly verb: 'bind'; readonly pod: Key; readonly uid: string; readonly node: string }
  | { readonly verb: 'event'; readonly event: RecordedEvent }
  /**
   * Something is to be signed with a key of the cluster's, which takes a while and happens after the commit: then the
   * object is updated. It may be lost; who wants it looks again and asks again.
   */
  | { readonly verb: 'sign'; readonly what: 'certificate' | 'token'; readonly key: Key; readonly uid: string }

export type NewObject = { apiVersion: string; kind: string; metadata: Record<string, unknown> } & Record<
  string,
  unknown
>

/** An Event about an object (core/v1 Event); equal ones within ten minutes are counted up instead of written anew. */
export interface RecordedEvent {
  readonly about: KubeObject
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Reporting component, e.g. `deployment-controller`. */
  readonly component: string
}

export const create = (resource: Resource<never> | Resource, object: NewObject): Write => ({
  verb: 'create',
  resource: resource as Resource,
  object,
})
export const update = <T extends KubeObject>(resource: Resource<T>, object: T): Write => ({
  verb: 'update',
  resource: resource as unknown as Resource,
  object,
})
export const updateStatus = <T extends KubeObject>(resource: Resource<T>, object: T): Write => ({
  verb: 'updateStatus',
  resource: resource as unknown as Resource,
  object,
})
export const remove = <T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  options: { propagation?: Propagation; gracePeriodSeconds?: number } = {},
): Write & { verb: 'delete' } => ({
  verb: 'delete',
  resource: resource as unknown as Resource,
  key: { namespace: object.metadata.namespace ?? '', name: object.metadata.name },
  uid: object.metadata.uid,
  ...options,
})
export const sign = (what: 'certificate' | 'token', { metadata }: KubeObject): Write => ({
  verb: 'sign',
  what,
  key: { namespace: metadata.namespace ?? '', name: metadata.name },
  uid: metadata.uid,
})
export const record = (event: RecordedEvent): Write => ({ verb: 'event', event })
