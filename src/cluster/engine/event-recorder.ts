/**
 * Writes Events about objects, counting up an equal one instead of writing it anew (client-go's EventCorrelator:
 * the same source, object, type, reason and message within ten minutes).
 */
import type { RecordedEvent } from '../../controllers/controller.ts'
import type { Key, ObjectMeta } from '../../kube/object.ts'
import { events } from '../../kube/resources/core/event.ts'
import type { Event } from '../../kube/types.ts'
import type { Store } from '../../store/store.ts'
import type { Clock, Operations } from '../apiserver/operations.ts'

const SAME_EVENT_MS = 10 * 60 * 1000
/** Events remembered for counting up; the oldest are forgotten, and then written anew. */
const MAX_REMEMBERED = 4096

export interface Source {
  readonly component: string
  readonly host?: string
}

export interface EventSubject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion?: string
  readonly fieldPath?: string
}

export interface NewEvent {
  readonly about: EventSubject
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly source: Source
}

export interface EventRecorder {
  record(event: NewEvent): void
}

export const subjectOf = ({ about }: RecordedEvent): EventSubject => ({
  apiVersion: about.apiVersion,
  kind: about.kind,
  namespace: about.metadata.namespace ?? '',
  name: about.metadata.name,
  uid: about.metadata.uid,
  resourceVersion: about.metadata.resourceVersion,
})

export function createEventRecorder(store: Store, operations: Operations, clock: Clock): EventRecorder {
  const remembered = new Map<string, { key: Key; at: number }>()
  let counter = 0

  const countUp = (key: Key, now: string): boolean => {
    const event = store.get(events, key)
    if (event === undefined) return false
    operations.update<Event>(events, key, {
      ...event,
      metadata: { ...event.metadata },
      count: (event.count ?? 1) + 1,
      lastTimestamp: now,
    })
    return true
  }

  return {
    record({ about, type, reason, message, source }) {
      const at = clock.now()
      const now = `${new Date(at).toISOString().slice(0, 19)}Z`
      const id = [source.component, source.host, about.uid, about.fieldPath, type, reason, message].join('\n')
      const known = remembered.get(id)
      if (known && at - known.at < SAME_EVENT_MS && countUp(known.key, now)) return
      // client-go's form: the object's name and the time in hex, here with a counter so that one instant has many.
      counter = (counter + 1) % 0x10000
      const name = `${about.name.slice(0, 200)}.${at.toString(16)}${counter.toString(16).padStart(4, '0')}`
      const namespace = about.namespace === '' ? 'default' : about.namespace
      operations.create<Event>(events, namespace, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name } as ObjectMeta,
        involvedObject: { ...about, ...(about.namespace === '' ? { namespace: undefined } : {}) },
        type,
        reason,
        message,
        source: { component: source.component, ...(source.host ? { host: source.host } : {}) },
        reportingComponent: source.component,
        reportingInstance: source.host ?? '',
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      })
      remembered.set(id, { key: { namespace, name }, at })
      if (remembered.size > MAX_REMEMBERED)
        for (const oldest of remembered.keys()) {
          remembered.delete(oldest)
          break
        }
    },
  }
}
