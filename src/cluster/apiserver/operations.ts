/**
 * The writes of the API, on decoded objects: what a client's request, a controller's outcome and an agent's report all
 * go through. Synchronous, so that a transaction sees one state. Order of steps as in Kubernetes' registry store:
 * metadata, strategy, defaulting, admission, validation, storage.
 * Must not know HTTP, encodings or who asks.
 */
import { alreadyExists, badRequest, conflict, forbidden, invalid, notFound } from '../../kube/errors.ts'
import { type FieldError, FieldPath, root } from '../../kube/field.ts'
import { dropGatedFields } from '../../kube/gated-fields.ts'
import { clone, deepEqual } from '../../kube/json.ts'
import { validateMetadata, validateMetadataUpdate } from '../../kube/metadata.ts'
import { isTerminating, type Key, type KubeObject, type ObjectMeta } from '../../kube/object.ts'
import { objectErrors } from '../../kube/object-errors.ts'
import { apiVersionOf, type Resource, resourceName } from '../../kube/resource.ts'
import { configMaps } from '../../kube/resources/core/config-map.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import { serviceAccounts } from '../../kube/resources/core/service-account.ts'
import { rootCaConfigMap } from '../../kube/root-ca.ts'
import { errorsOfUpdate } from '../../kube/standing-errors.ts'
import type { ConfigMap, Pod, Service, ServiceAccount } from '../../kube/types.ts'
import type { Store } from '../../store/store.ts'
import type { Admission } from './admission/index.ts'
import type { Allocator } from './allocation.ts'
import { carriedMetadata, keepStatus, merged, metadataSent } from './carried.ts'
import { applyPropagation, graceOf, isFinished, isHeld } from './deletion.ts'
import { type Judgement, takeOver } from './judgement.ts'
import {
  checkDeletePreconditions,
  checkIdentity,
  checkIsNew,
  checkPreconditions,
  uidConflict,
} from './preconditions.ts'
import { APISERVER, isOfStatus, type Manager, managedAfter, managedByCreator, type UpdateScope } from './tracking.ts'

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}

export interface Random {
  /** At least 0, below 1. */
  next(): number
  uuid(): string
}

export interface OperationsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly allocator: Allocator
  readonly admission: Admission
  readonly judgement: Judgement
  /** PEM of the cluster's CA, for kube-root-ca.crt. */
  readonly caCertificate: () => string
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined
}

export interface Deleted {
  readonly object: KubeObject
  /** False where it lives on: grace, finalizers. */
  readonly gone: boolean
}

export interface Operations {
  create<T extends KubeObject>(resource: Resource<T>, namespace: string, draft: T, by?: Manager): T
  update<T extends KubeObject>(resource: Resource<T>, key: Key, draft: T, scope?: UpdateScope, by?: Manager): T
  delete(resource: Resource, key: Key, options: DeleteOptions, by?: Manager): Deleted
  bind(pod: Key, node: string, uid?: string, by?: Manager): Pod
}

const NAME_SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789'
const MAX_GENERATED_PREFIX = 58
const GENERATE_ATTEMPTS = 8
const PROTECTED_NAMESPACES = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease'])

/** Five letters for a name's end. */
export const nameSuffix = (random: Random): string =>
  Array.from({ length: 5 }, () => NAME_SUFFIX_LETTERS[Math.floor(random.next() * NAME_SUFFIX_LETTERS.length)]).join('')

export function createOperations(options: OperationsOptions): Operations {
  const { store, clock, random, allocator, admission, judgement, caCertificate } = options
  const timestamp = (at: number = clock.now()): string => `${new Date(at).toISOString().slice(0, 19)}Z`

  function create<T extends KubeObject>(resource: Resource<T>, namespace: string, draft: T, by = APISERVER): T {
    const kind = resource as unknown as Resource
    const metadata = newMetadata(kind, namespace, draft.metadata)
    draft.metadata = metadata
    draft.apiVersion = apiVersionOf(resource)
    draft.kind = resource.kind
    const isGenerated = metadata.name === '' && metadata.generateName !== undefined
    if (isGenerated) nameAnew(kind, metadata)
    admission.admitInto(kind, draft)
    resource.dropForCreate(draft)
    resource.defaults(draft)
    // Before the kind and admission add what is nobody's (a Job's selector).
    const managedFields = managedByCreator(kind, draft, by, timestamp())
    resource.prepareForCreate(draft, { now: clock.now() })
    admission.admitNew(kind, draft)
    by.admit?.(kind, { next: draft, previous: undefined, scope: 'object' })
    const write = { operation: 'CREATE', next: draft, previous: undefined } as const
    const revised = judgement.revised(kind, write, by, (object) => admission.admitNew(kind, object))
    if (revised) takeOver(draft, revised, 'object')
    dropGatedFields(kind, draft, undefined)
    if (resource.generation) draft.metadata.generation = 1
    const errors = [
      ...validateMetadata(kind, draft.metadata, new FieldPath('metadata')),
      ...objectErrors(resource, draft),
      ...(resource.kind === 'Service' && resource.group === '' ? allocator.allocate(asService(draft), undefined) : []),
    ]
    if (errors.length > 0) throw invalid(resource, draft.metadata.name, unique(errors))
    if (by.warn) resource.warnings(draft, undefined).forEach(by.warn)
    if (managedFields) draft.metadata = { managedFields, ...draft.metadata }
    admission.check(kind, { next: draft, previous: undefined, scope: 'object', warn: by.warn })
    judgement.check(kind, write, by)
    admission.charge(kind, draft, undefined)
    if (store.row(kind, { namespace, name: draft.metadata.name })) throw alreadyExists(resource, draft.metadata.name)
    const created = store.put(resource, draft)
    admission.created(kind, created)
    if (resource.kind === 'Namespace' && resource.group === '') furnish(created.metadata.name)
    return created
  }

  function newMetadata(resource: Resource, namespace: string, given: Partial<ObjectMeta> | undefined): ObjectMeta {
    const metadata = given ?? {}
    if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
    if (resource.scope === 'namespaced' && metadata.namespace && metadata.namespace !== namespace)
      throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
    return {
      name: metadata.name ?? '',
      ...(metadata.generateName ? { generateName: metadata.generateName } : {}),
      ...(resource.scope === 'namespaced' ? { namespace } : {}),
      uid: random.uuid(),
      resourceVersion: '',
      creationTimestamp: timestamp(),
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
      ...(metadata.ownerReferences ? { ownerReferences: metadata.ownerReferences } : {}),
      ...(metadata.finalizers ? { finalizers: metadata.finalizers } : {}),
    }
  }

  function nameAnew(resource: Resource, metadata: ObjectMeta): void {
    const prefix = (metadata.generateName ?? '').slice(0, MAX_GENERATED_PREFIX)
    for (let attempt = 0; attempt < GENERATE_ATTEMPTS; attempt++) {
      metadata.name = prefix + nameSuffix(random)
      if (!store.row(resource, { namespace: metadata.namespace ?? '', name: metadata.name })) return
    }
  }

  /** A Namespace comes with its default ServiceAccount and the cluster's CA in the same transaction. */
  function furnish(namespace: string): void {
    create<ServiceAccount>(serviceAccounts, namespace, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default' } as ObjectMeta,
    })
    // What is not there yet, create() fills in.
    create(configMaps, namespace, rootCaConfigMap(namespace, caCertificate()) as unknown as ConfigMap)
  }

  function update<T extends KubeObject>(
    resource: Resource<T>,
    key: Key,
    draft: T,
    scope: UpdateScope = 'object',
    by = APISERVER,
  ): T {
    const kind = resource as unknown as Resource
    const sent = draft.metadata
    checkIdentity(kind, key, sent)
    const existing = store.get(resource, key)
    if (existing === undefined) {
      checkIsNew(kind, key, sent)
      if (resource.createOnUpdate && scope === 'object') return create(resource, key.namespace, draft, by)
      throw notFound(resource, key.name)
    }
    checkPreconditions(kind, existing, sent, by.isPatch === true)
    const next = scope === 'object' ? draft : merged(existing, draft, scope, resource.custom === undefined)
    next.apiVersion = existing.apiVersion
    next.kind = existing.kind
    next.metadata = carriedMetadata(existing.metadata, metadataSent(kind, existing.metadata, sent, scope))
    prepare(resource, next, existing, scope)
    admission.admitUpdate(kind, next, existing, scope)
    by.admit?.(kind, { next, previous: existing, scope })
    const change = { next, former: existing, sent: sent?.managedFields, scope }
    // What admission adds is nobody's.
    const managedFields = managedAfter(kind, change, by, timestamp())
    if (managedFields) next.metadata = { managedFields, ...next.metadata }
    const write = { operation: 'UPDATE', next, previous: existing } as const
    const revised = judgement.revised(kind, write, by, (object) => {
      prepare(resource, object as T, existing, scope)
      admission.admitUpdate(kind, object, existing, scope)
    })
    if (revised) takeOver(next, revised, scope)
    dropGatedFields(kind, next, existing)
    const errors = updateErrors(resource, next, existing, scope)
    if (errors.length > 0) throw invalid(resource, key.name, unique(errors))
    if (by.warn && changesSpec(scope)) resource.warnings(next, existing).forEach(by.warn)
    if (scope === 'object' && resource.generation?.(next, existing))
      next.metadata.generation = (existing.metadata.generation ?? 0) + 1
    admission.check(kind, { next, previous: existing, scope, warn: by.warn })
    judgement.check(kind, write, by)
    admission.charge(kind, next, existing)
    if (isFinished(kind, next)) return end(resource, next)
    if (deepEqual(next, existing)) return existing
    return store.put(resource, next, { inPlace: isRenewal(kind, next, existing) })
  }

  /** In place, and again without harm: what an update may not bring, and what it left out. */
  function prepare<T extends KubeObject>(resource: Resource<T>, next: T, existing: T, scope: UpdateScope): void {
    if (scope === 'object') {
      if (resource.hasStatus) keepStatus(next, existing)
      resource.prepareForUpdate(next, existing)
    }
    if (changesSpec(scope)) resource.defaults(next)
    if (scope === 'status') resource.prepareForStatus(next, existing)
    if (isOfStatus(scope)) resource.prepareForStatusUpdate(next, existing, { now: clock.now(), subresource: scope })
  }

  function end<T extends KubeObject>(resource: Resource<T>, object: T): T {
    admission.gone(resource as unknown as Resource, object)
    return store.remove(resource, object)
  }

  function updateErrors<T extends KubeObject>(
    resource: Resource<T>,
    next: T,
    existing: T,
    scope: UpdateScope,
  ): FieldError[] {
    const kind = resource as unknown as Resource
    const errors = errorsOfUpdate(resource, { next, existing }, (after, before) => {
      const metadata = validateMetadataUpdate(kind, after.metadata, before.metadata, new FieldPath('metadata'))
      if (isOfStatus(scope)) return [...metadata, ...resource.validateStatus(after, before, root)]
      if (scope === 'finalize') return metadata
      const rules = scope === 'ephemeralcontainers' ? resource.validateEphemeralContainers : resource.validateUpdate
      return [...metadata, ...objectErrors(resource, after, before), ...rules(after, before, root)]
    })
    // What is wrong in itself is given nothing.
    if (errors.length > 0 || scope !== 'object' || resource.kind !== 'Service' || resource.group !== '') return errors
    return allocator.allocate(asService(next), asService(existing))
  }

  function remove(resource: Resource, key: Key, options: DeleteOptions, by = APISERVER): Deleted {
    const existing = store.get(resource, key)
    if (existing === undefined) throw notFound(resource, key.name)
    admission.admitDelete(resource, existing)
    by.admit?.(resource, { next: undefined, previous: existing, scope: 'object' })
    checkDeletePreconditions(resource, existing, options)
    if (resource.kind === 'Namespace' && resource.group === '' && PROTECTED_NAMESPACES.has(key.name))
      throw forbidden(resource, key.name, 'this namespace may not be deleted')
    const write = { operation: 'DELETE', next: undefined, previous: existing } as const
    // A patch of what goes has nothing to change.
    judgement.revised(resource, write, by, () => undefined)
    judgement.check(resource, write, by)
    const next = clone(existing)
    const grace = graceOf(resource, existing, options)
    if (!isTerminating(existing)) resource.prepareForDelete(next, { now: clock.now() })
    applyPropagation(resource, next, options)
    if (!isHeld(next) && grace === 0) return { object: end(resource, next), gone: true }
    const deadline = clock.now() + grace * 1000
    const isLater =
      existing.metadata.deletionTimestamp !== undefined && Date.parse(existing.metadata.deletionTimestamp) <= deadline
    if (!isLater) {
      next.metadata.deletionTimestamp = timestamp(deadline)
      next.metadata.deletionGracePeriodSeconds = grace
      if (resource.generation && !isTerminating(existing))
        next.metadata.generation = (existing.metadata.generation ?? 0) + 1
    }
    if (deepEqual(next, existing)) return { object: existing, gone: false }
    return { object: store.put(resource, next), gone: false }
  }

  function bind(key: Key, node: string, uid?: string, by = APISERVER): Pod {
    const existing = store.get(pods, key)
    if (existing === undefined) throw notFound(pods, key.name)
    if (uid !== undefined && existing.metadata.uid !== uid) throw uidConflict(pods, existing, uid)
    if (isTerminating(existing))
      throw conflict(BINDING, key.name, `pod ${key.name} is being deleted, cannot be assigned to a host`)
    if (existing.spec.nodeName)
      throw conflict(BINDING, key.name, `pod ${key.name} is already assigned to node "${existing.spec.nodeName}"`)
    const scheduled = { type: 'PodScheduled', status: 'True' as const, lastTransitionTime: timestamp() }
    const conditions = (existing.status.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled')
    const bound: Pod = {
      ...existing,
      metadata: { ...existing.metadata },
      spec: { ...existing.spec, nodeName: node },
      status: { ...existing.status, conditions: [...conditions, scheduled] },
    }
    const kind = pods as unknown as Resource
    const write = { operation: 'CREATE', next: bound, previous: undefined } as const
    const revised = judgement.revised(kind, write, by, () => undefined)
    if (revised) takeOver(bound, revised, 'object')
    judgement.check(kind, write, by)
    return store.put(pods, bound)
  }

  return { create, update, delete: remove, bind }
}

/** Whether a spec may come of it that nobody has judged: a namespace's finalizers are as they were. */
const changesSpec = (scope: UpdateScope): boolean => scope === 'object' || scope === 'ephemeralcontainers'

const BINDING = { group: '', plural: 'pods/binding' }

/** The registry's `Service` kind holds Services, and so on: an object's kind was checked when it was decoded. */
const asService = (object: KubeObject): Service => object as Service

function unique(errors: readonly FieldError[]): FieldError[] {
  const seen = new Set<string>()
  return errors.filter((error) => {
    const id = `${error.field}\n${error.message}`
    if (seen.has(id)) return false
    seen.add(id)
    return true
  })
}

/** A Lease whose holder only says that it is still there: written in place, one row. */
function isRenewal(resource: Resource, next: KubeObject, existing: KubeObject): boolean {
  if (resourceName(resource) !== 'leases.coordination.k8s.io') return false
  const timeless = (lease: KubeObject) => {
    const { renewTime: _, acquireTime: __, ...spec } = (lease as { spec?: Record<string, unknown> }).spec ?? {}
    return { metadata: { ...lease.metadata, managedFields: undefined }, spec }
  }
  return deepEqual(timeless(next), timeless(existing))
}
