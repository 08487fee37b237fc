/**
 * A cluster in memory for tests of controllers: the view they see, a naive apiserver for what they want, and an engine
 * that runs them until nothing is left to do. It refuses what a real one would (a write on a stale version, a create in
 * a namespace that is going), so that a controller that relies on luck fails.
 */
import { alreadyExists, forbidden, notFound, StatusError, staleVersion } from '../../kube/errors.ts'
import { clone, deepEqual } from '../../kube/json.ts'
import {
  isTerminating,
  type Key,
  type KubeObject,
  keyOf,
  keyText,
  type ObjectMeta,
  parseKey,
} from '../../kube/object.ts'
import { builtIn, resources } from '../../kube/registry.ts'
import { apiVersionOf, type Resource, resourceName } from '../../kube/resource.ts'
import { matches } from '../../kube/selectors.ts'
import type {
  ClusterView,
  Controller,
  Dependent,
  Each,
  ListQuery,
  NewObject,
  RecordedEvent,
  Refusal,
  Write,
} from '../controller.ts'
import { timestampOf } from '../instant.ts'

/** A run that takes longer than this goes round in circles. */
const MAX_STEPS = 20_000
const BACKOFF_MS = 1000

interface Change {
  readonly resource: Resource
  readonly next: KubeObject | undefined
  readonly previous: KubeObject | undefined
}

type Loose = { status?: unknown; spec?: { finalizers?: string[] } }

export class World implements ClusterView {
  readonly resources = resources
  readonly resourceOf = builtIn.byKind
  /** Events in order, as written. */
  readonly events: RecordedEvent[] = []
  /** Wished for, and never made. */
  readonly signatures: (Write & { verb: 'sign' })[] = []
  now: number
  /** Every write that was carried out. */
  writes = 0
  /** Called after each write: where invariants are checked. */
  onChange: () => void = () => undefined
  /** A refusal of a create, for tests of what follows one. */
  refuse: (resource: Resource, object: KubeObject) => StatusError | undefined = () => undefined
  /** The same of a delete. */
  refuseDelete: (resource: Resource, object: KubeObject) => StatusError | undefined = () => undefined

  readonly #controllers: readonly Controller[]
  readonly #stores = new Map<string, Map<string, KubeObject>>()
  #changes: Change[] = []
  readonly #dirty = new Map<string, { controller: Controller; key: string }>()
  readonly #seen = new Map<string, { controller: Controller; key: string }>()
  readonly #timers = new Map<string, { controller: Controller; key: string; at: number }>()
  #counter = 0

  constructor(controllers: readonly Controller[], now = Date.parse('2026-01-01T10:00:00Z')) {
    this.#controllers = controllers
    this.now = now
    this.create('v1', 'Namespace', { metadata: { name: 'default' } })
  }

  get<T extends KubeObject>(resource: Resource<T>, key: Key): T | undefined {
    // The store of a resource holds its objects only.
    return this.#store(resource).get(keyText(key)) as T | undefined
  }

  list<T extends KubeObject>(resource: Resource<T>, { namespace, labels, fields }: ListQuery = {}): readonly T[] {
    const found = [...this.#store(resource).values()] as T[]
    return found
      .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
      .filter((object) => labels === undefined || matches(labels, object.metadata.labels ?? {}))
      .filter((object) =>
        Object.entries(fields ?? {}).every(([name, value]) => (resource.fields[name]?.(object) ?? '') === value),
      )
      .sort((a, b) => (keyText(keyOf(a)) < keyText(keyOf(b)) ? -1 : 1))
  }

  each<T extends KubeObject>(resource: Resource<T>, query?: ListQuery): Iterable<T> {
    return this.list(resource, query)
  }

  ownedBy<T extends KubeObject>(resource: Resource<T>, uid: string): readonly T[] {
    return this.list(resource).filter((object) => isOwnedBy(object, uid))
  }

  dependents(uid: string): readonly Dependent[] {
    return resources.flatMap((resource) => this.ownedBy(resource, uid).map((object) => ({ resource, object })))
  }

  /** As a client would; answers what is stored. */
  create<T extends KubeObject>(apiVersion: string, kind: string, fields: Record<string, unknown>): T {
    const resource = builtIn.byKind(apiVersion, kind)
    if (!resource) throw new Error(`no kind ${kind}`)
    const metadata = {
      ...(resource.scope === 'namespaced' ? { namespace: 'default' } : {}),
      ...(fields['metadata'] as object),
    }
    return this.#create(resource, { apiVersion, kind, ...fields, metadata }) as T
  }

  /** Changes an object in place of a client: `change` gets a copy. */
  edit<T extends KubeObject>(resource: Resource<T>, key: Key | string, change: (draft: T) => void): void {
    const at =
      typeof key === 'string' ? { namespace: resource.scope === 'namespaced' ? 'default' : '', name: key } : key
    const existing = this.get(resource, at)
    if (!existing) throw notFound(resource, at.name)
    const draft = clone(existing)
    change(draft)
    const kind = resource as unknown as Resource
    if (!deepEqual((draft as Loose).status, (existing as Loose).status)) this.#update(kind, draft, true)
    else this.#update(kind, draft, false)
  }

  delete<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: { propagation?: string; gracePeriodSeconds?: number } = {},
  ): void {
    this.#delete(resource as unknown as Resource, object, options)
  }

  /** Runs the controllers until there is nothing left to do. */
  settle(): void {
    for (let step = 0; step < MAX_STEPS; step++) if (!this.step()) return
    throw new Error(`controllers do not come to rest: ${[...this.#dirty.keys()].slice(0, 5).join(', ')}`)
  }

  /** One reconcile; answers whether there was one to do. */
  step(): boolean {
    this.#map()
    const [first] = this.#dirty
    if (!first) return false
    const [id, { controller, key }] = first
    this.#dirty.delete(id)
    this.#seen.set(id, { controller, key })
    const outcome = controller.reconcile({ cluster: this, key: parseKey(key), now: this.now })
    for (const write of outcome.writes) this.apply(write)
    const isRefused = outcome.each !== undefined && this.#applyEach(outcome.each)
    if (outcome.more && !isRefused) this.#dirty.set(id, { controller, key })
    const retryAt = isRefused ? this.now + BACKOFF_MS : Number.POSITIVE_INFINITY
    const at = Math.min(outcome.lookAgainAt ?? Number.POSITIVE_INFINITY, retryAt)
    if (at === Number.POSITIVE_INFINITY) this.#timers.delete(id)
    else this.#timers.set(id, { controller, key, at })
    return true
  }

  /** Answers whether any was refused. Nothing here is undone: a group's refusal must come with its first write. */
  #applyEach({ groups, refused }: Each): boolean {
    const refusals: Refusal[] = []
    for (const group of groups)
      try {
        for (const write of group) this.apply(write)
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
        refusals.push({ group, error })
      }
    if (refusals.length === 0) return false
    for (const write of refused?.(refusals) ?? []) this.apply(write)
    return true
  }

  /** Moves the clock from timer to timer, settling at each. */
  advance(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0]
      if (!due) break
      const [id, { controller, key, at }] = due
      this.#timers.delete(id)
      this.now = Math.max(this.now, at)
      this.#dirty.set(id, { controller, key })
      this.settle()
    }
    this.now = until
  }

  /** What all keys reconciled so far want if asked again: in a world at rest, nothing. */
  wishes(): Write[] {
    return [...this.#seen.values()].flatMap(({ controller, key }) => {
      const { writes, each } = controller.reconcile({ cluster: this, key: parseKey(key), now: this.now })
      return [...writes, ...(each?.groups.flat() ?? [])]
    })
  }

  apply(write: Write): void {
    switch (write.verb) {
      case 'create':
        this.#attempt(write, () => this.#create(write.resource, write.object))
        return
      case 'update':
        this.#update(write.resource, write.object, false)
        return
      case 'updateStatus':
        this.#update(write.resource, write.object, true)
        return
      case 'delete': {
        const object = this.get(write.resource, write.key)
        if (object?.metadata.uid === write.uid) this.#attempt(write, () => this.#deleteUnlessRefused(write, object))
        return
      }
      case 'event':
        this.#refuseInGoing(write.event.about.metadata.namespace, write.event.reason)
        this.events.push(write.event)
        return
      case 'bind':
        throw new Error('controllers bind no Pods')
      case 'sign':
        this.signatures.push(write)
        return
      default:
        write satisfies never
    }
  }

  #attempt(write: Write & { verb: 'create' | 'delete' }, carryOut: () => void): void {
    try {
      carryOut()
    } catch (error) {
      if (!(error instanceof StatusError) || !write.failed) throw error
      for (const next of write.failed(error)) this.apply(next)
      return
    }
    for (const next of write.done ?? []) this.apply(next)
  }

  #deleteUnlessRefused(write: Write & { verb: 'delete' }, object: KubeObject): void {
    const refusal = this.refuseDelete(write.resource, object)
    if (refusal) throw refusal
    this.#delete(write.resource, object, write)
  }

  #store(resource: { group: string; plural: string }): Map<string, KubeObject> {
    const name = resourceName(resource)
    const known = this.#stores.get(name) ?? new Map<string, KubeObject>()
    this.#stores.set(name, known)
    return known
  }

  #map(): void {
    const changes = this.#changes
    this.#changes = []
    for (const { resource, next, previous } of changes)
      for (const controller of this.#controllers)
        for (const concern of controller.concerns) {
          if (concern.resource !== undefined && concern.resource !== resource) continue
          for (const object of [next, previous])
            if (object)
              for (const key of concern.keys(object, this, resource))
                this.#dirty.set(`${controller.name} ${key}`, { controller, key })
        }
  }

  #put(resource: Resource, next: KubeObject | undefined, previous: KubeObject | undefined): void {
    const object = next ?? previous
    if (!object) return
    this.#counter += 1
    if (next) {
      next.metadata.resourceVersion = String(this.#counter)
      this.#store(resource).set(keyText(keyOf(next)), next)
    } else this.#store(resource).delete(keyText(keyOf(object)))
    this.#changes.push({ resource, next, previous })
    this.writes += 1
    this.onChange()
  }

  #create(resource: Resource, given: NewObject): KubeObject {
    const metadata = clone(given.metadata) as Partial<ObjectMeta>
    this.#counter += 1
    const object = {
      ...clone(given),
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: {
        ...metadata,
        name: metadata.name ?? `${metadata.generateName}${this.#counter}`,
        uid: `uid-${this.#counter}`,
        resourceVersion: '',
        creationTimestamp: timestampOf(this.now),
      },
    } as KubeObject
    this.#refuseInGoing(object.metadata.namespace, object.metadata.name)
    resource.prepareForCreate(object, { now: this.now })
    resource.defaults(object)
    if (resource.generation) object.metadata.generation = 1
    const refusal = this.refuse(resource, object)
    if (refusal) throw refusal
    if (this.get(resource, keyOf(object))) throw alreadyExists(resource, object.metadata.name)
    this.#put(resource, object, undefined)
    return object
  }

  #refuseInGoing(namespace: string | undefined, name: string): void {
    const found = this.#store({ group: '', plural: 'namespaces' }).get(`/${namespace}`)
    if (namespace === undefined || (found && !isTerminating(found))) return
    throw forbidden({ group: '', plural: 'objects' }, name, `unable to create new content in namespace ${namespace}`)
  }

  #update(resource: Resource, sent: KubeObject, statusOnly: boolean): void {
    const existing = this.get(resource, keyOf(sent))
    if (!existing) throw notFound(resource, sent.metadata.name)
    if (sent.metadata.resourceVersion !== existing.metadata.resourceVersion)
      throw staleVersion(resource, sent.metadata.name)
    const draft = clone(sent) as KubeObject & Loose
    const next = (
      statusOnly ? { ...clone(existing), metadata: draft.metadata, status: draft.status } : draft
    ) as KubeObject & Loose
    if (!statusOnly) {
      if (resource.hasStatus) next.status = (existing as Loose).status
      const isFinalizing = resource.kind === 'Namespace' && isTerminating(existing)
      if (!isFinalizing) resource.prepareForUpdate(next, existing)
      resource.defaults(next)
      if (resource.generation?.(next, existing)) next.metadata.generation = (existing.metadata.generation ?? 0) + 1
    }
    if (isTerminating(next) && !isHeld(next) && resource.gracePeriod === undefined)
      this.#put(resource, undefined, existing)
    else if (!deepEqual(next, existing)) this.#put(resource, next, existing)
  }

  #delete(
    resource: Resource,
    existing: KubeObject,
    options: { propagation?: string; gracePeriodSeconds?: number },
  ): void {
    const finalizer = { Foreground: 'foregroundDeletion', Orphan: 'orphan' }[options.propagation ?? '']
    const grace = options.gracePeriodSeconds ?? resource.gracePeriod?.(existing) ?? 0
    const finalizers = [...(existing.metadata.finalizers ?? []), ...(finalizer ? [finalizer] : [])]
    const next = clone(existing) as KubeObject & Loose
    if (finalizers.length > 0) next.metadata.finalizers = finalizers
    if (!isHeld(next) && grace === 0) {
      this.#put(resource, undefined, existing)
      return
    }
    next.metadata.deletionTimestamp ??= timestampOf(this.now + grace * 1000)
    if (!deepEqual(next, existing)) this.#put(resource, next, existing)
  }
}

const isHeld = (object: KubeObject & Loose): boolean =>
  (object.metadata.finalizers?.length ?? 0) > 0 ||
  (object.kind === 'Namespace' && (object.spec?.finalizers?.length ?? 0) > 0)

const isOwnedBy = (object: KubeObject, uid: string): boolean =>
  object.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false
