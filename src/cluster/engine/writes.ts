/** Carries out what controllers want, through the same operations as a client's request. */
import { type Each, MAX_TRIES, MAX_WRITES, type Refusal, type Write } from '../../controllers/controller.ts'
import { StatusError } from '../../kube/errors.ts'
import { clone } from '../../kube/json.ts'
import { isTerminating, type KubeObject, keyOf } from '../../kube/object.ts'
import type { Store } from '../../store/store.ts'
import type { Operations } from '../apiserver/operations.ts'
import type { Manager, UpdateScope } from '../apiserver/tracking.ts'
import { type Attempt, CalloutsNeeded, forEachGathering } from '../callouts/attempt.ts'
import { userOfController } from './controller-user.ts'
import { type EventRecorder, subjectOf } from './event-recorder.ts'

/** What is to be signed; done after the commit. */
export type Wish = Write & { verb: 'sign' }

export interface Writer {
  /**
   * Answers whether a write was refused (and its `failed` writes were made instead). Other refusals throw, and so do
   * webhooks that must be asked first. Without an actor nobody judges the writes.
   */
  apply(writes: readonly Write[], actor?: Actor): { refused: boolean }
  /** Makes each group that is not refused, until MAX_WRITES were made. Throws where webhooks must be asked first. */
  applyEach(groups: Each['groups'], actor: Actor): Applied
}

export interface Applied {
  readonly made: number
  readonly refusals: readonly Refusal[]
  /** MAX_WRITES were made, and there are more. */
  readonly isCut: boolean
}

/** The controller that wants the writes. */
export interface Actor {
  readonly controller: string
  readonly attempt: Attempt
}

/** What controllers write goes by the name that they have in other clusters. */
const FIELD_MANAGER = 'kube-controller-manager'

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'DeleteOptions'

/** To policies and webhooks each controller is the ServiceAccount that it has in other clusters. */
const managerOf = (actor: Actor | undefined, options: OptionsKind, subresource?: string): Manager => ({
  name: FIELD_MANAGER,
  subresource,
  asked: actor && {
    user: userOfController(actor.controller),
    isDryRun: false,
    options: { kind: options, apiVersion: 'meta.k8s.io/v1' },
    answers: actor.attempt.answers,
  },
})

/** A namespace's spec is its finalizers only, which change through `finalize` and not through the object itself. */
const scopeOf = (object: KubeObject): UpdateScope =>
  object.kind === 'Namespace' && object.apiVersion === 'v1' && isTerminating(object) ? 'finalize' : 'object'

export function createWriter(
  store: Store,
  operations: Operations,
  recorder: EventRecorder,
  sign: (write: Wish) => void,
): Writer {
  const apply = (writes: readonly Write[], actor?: Actor): { refused: boolean } => {
    let refused = false
    forEachGathering(writes.entries(), ([index, write]) => {
      const isDone = actor ? actor.attempt.part(index, () => attempt(write, actor)) : attempt(write, undefined)
      if (!isDone) refused = true
    })
    return { refused }
  }

  function applyEach(groups: Each['groups'], actor: Actor): Applied {
    const refusals: Refusal[] = []
    const missing: CalloutsNeeded[] = []
    let made = 0
    let at = 0
    // No more are asked about than may be made: else those that are left would be asked about again in the next turn.
    for (const group of groups.slice(0, MAX_TRIES)) {
      if (made + missing.length >= MAX_WRITES) break
      try {
        actor.attempt.part(at, () => store.transaction(() => apply(group, actor)))
        made += group.length
      } catch (error) {
        if (error instanceof CalloutsNeeded) missing.push(error)
        else if (error instanceof StatusError) refusals.push({ group, error })
        else throw error
      }
      at += 1
    }
    if (missing.length > 0) throw new CalloutsNeeded(missing.flatMap(({ callouts }) => callouts))
    return { made, refusals, isCut: made >= MAX_WRITES && at < groups.length }
  }

  function attempt(write: Write, actor: Actor | undefined): boolean {
    const failed = 'failed' in write ? write.failed : undefined
    const done = 'done' in write ? (write.done ?? []) : []
    if (failed === undefined) {
      carryOut(write, actor)
      apply(done, actor)
      return true
    }
    try {
      store.transaction(() => carryOut(write, actor))
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      apply(failed(error), actor)
      return false
    }
    apply(done, actor)
    return true
  }

  function carryOut(write: Write, actor: Actor | undefined): void {
    switch (write.verb) {
      case 'create': {
        // A template is shared by all objects made from it: each gets its own copy.
        const draft = clone(write.object) as unknown as KubeObject
        const by = managerOf(actor, 'CreateOptions')
        operations.create(write.resource, draft.metadata.namespace ?? '', draft, by)
        return
      }
      case 'update':
        update(write, scopeOf(write.object), actor)
        return
      case 'updateStatus':
        update(write, 'status', actor)
        return
      case 'delete':
        removeExactly(write, actor)
        return
      case 'bind':
        operations.bind(write.pod, write.node, write.uid)
        return
      case 'event':
        tell(write)
        return
      case 'sign':
        sign(write)
        return
      default:
        write satisfies never
    }
  }

  function update(
    { resource, object }: Write & { verb: 'update' | 'updateStatus' },
    scope: UpdateScope,
    actor: Actor | undefined,
  ): void {
    const by = managerOf(actor, 'UpdateOptions', scope === 'object' ? undefined : scope)
    operations.update(resource, keyOf(object), clone(object), scope, by)
  }

  /** An Event is a remark: where it may not be written (a namespace on its way out), the rest stands all the same. */
  function tell({ event }: Write & { verb: 'event' }): void {
    try {
      store.transaction(() =>
        recorder.record({ ...event, about: subjectOf(event), source: { component: event.component } }),
      )
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
    }
  }

  function removeExactly(write: Write & { verb: 'delete' }, actor: Actor | undefined): void {
    const existing = store.get(write.resource, write.key)
    if (existing?.metadata.uid !== write.uid) return
    const { propagation: propagationPolicy, gracePeriodSeconds } = write
    const by = managerOf(actor, 'DeleteOptions')
    operations.delete(write.resource, write.key, { propagationPolicy, gracePeriodSeconds }, by)
  }

  return { apply, applyEach }
}
