/** Carries out what controllers want, through the same operations as a client's request. */
import type { Write } from '../../controllers/controller.ts'
import { StatusError } from '../../kube/errors.ts'
import { clone } from '../../kube/json.ts'
import { isTerminating, type KubeObject, keyOf } from '../../kube/object.ts'
import type { Store } from '../../store/store.ts'
import type { Operations } from '../apiserver/operations.ts'
import type { UpdateScope } from '../apiserver/tracking.ts'
import { type EventRecorder, subjectOf } from './event-recorder.ts'

/** What is to be signed; done after the commit. */
export type Wish = Write & { verb: 'sign' }

export interface Writer {
  /** Answers whether a write was refused (and its `failed` writes were made instead). Other refusals throw. */
  apply(writes: readonly Write[]): { refused: boolean }
}

/** What controllers write goes by the name that they have in other clusters. */
const CONTROLLERS = { name: 'kube-controller-manager' }
const CONTROLLERS_STATUS = { ...CONTROLLERS, subresource: 'status' }

/** A namespace's spec is its finalizers only, which change through `finalize` and not through the object itself. */
const scopeOf = (object: KubeObject): UpdateScope =>
  object.kind === 'Namespace' && object.apiVersion === 'v1' && isTerminating(object) ? 'finalize' : 'object'

export function createWriter(
  store: Store,
  operations: Operations,
  recorder: EventRecorder,
  sign: (write: Wish) => void,
): Writer {
  const apply = (writes: readonly Write[]): { refused: boolean } => {
    let refused = false
    for (const write of writes) if (!attempt(write)) refused = true
    return { refused }
  }

  function attempt(write: Write): boolean {
    const failed = 'failed' in write ? write.failed : undefined
    const done = 'done' in write ? (write.done ?? []) : []
    if (failed === undefined) {
      carryOut(write)
      apply(done)
      return true
    }
    try {
      store.transaction(() => carryOut(write))
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      apply(failed(error))
      return false
    }
    apply(done)
    return true
  }

  function carryOut(write: Write): void {
    switch (write.verb) {
      case 'create': {
        // A template is shared by all objects made from it: each gets its own copy.
        const draft = clone(write.object) as unknown as KubeObject
        operations.create(write.resource, draft.metadata.namespace ?? '', draft, CONTROLLERS)
        return
      }
      case 'update':
        operations.update(write.resource, keyOf(write.object), clone(write.object), scopeOf(write.object), CONTROLLERS)
        return
      case 'updateStatus':
        operations.update(write.resource, keyOf(write.object), clone(write.object), 'status', CONTROLLERS_STATUS)
        return
      case 'delete':
        removeExactly(write)
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

  function removeExactly(write: Write & { verb: 'delete' }): void {
    const existing = store.get(write.resource, write.key)
    if (existing?.metadata.uid !== write.uid) return
    operations.delete(write.resource, write.key, {
      propagationPolicy: write.propagation,
      gracePeriodSeconds: write.gracePeriodSeconds,
    })
  }

  return { apply }
}
