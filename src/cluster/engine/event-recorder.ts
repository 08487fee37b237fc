/** Writes Events about objects; event-correlator.ts says which are written, and which counted up. */
import type { RecordedEvent } from '../../controllers/controller.ts'
import type { Key, ObjectMeta } from '../../kube/object.ts'
import { events } from '../../kube/resources/core/event.ts'
import type { Event } from '../../kube/types.ts'
import type { Store } from '../../store/store.ts'
import type { Clock, Operations } from '../apiserver/operations.ts'
import { createEventCorrelator } from './event-correlator.ts'

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
  const correlator = createEventCorrelator()
  let counter = 0

  const countUp = (key: Key, message: string, now: string, component: string): boolean => {
    const event = store.get(events, key)
    if (event === undefined) return false
    const again = { message, count: (event.count ?? 1) + 1, lastTimestamp: now }
    const next = { ...event, metadata: { ...event.metadata }, ...again }
    operations.update<Event>(events, key, next, 'object', managerOf(component))
    return true
  }

  return {
    record({ about, type, reason, message: said, source }) {
      const at = clock.now()
      const now = `${new Date(at).toISOString().slice(0, 19)}Z`
      const subject = [source.component, source.host, about.uid].join('\n')
      const group = [subject, about.fieldPath, type, reason].join('\n')
      const correlated = correlator.correlate({ group, subject, message: said }, at)
      if (correlated.as === 'too-many') return
      const { message } = correlated
      if (correlated.as === 'again' && countUp(correlated.key, message, now, source.component)) return
      counter = (counter + 1) % 0x10000
      const name = nameOf(about.name, at, counter)
      const namespace = about.namespace === '' ? 'default' : about.namespace
      const draft: Event = {
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
      }
      operations.create<Event>(events, namespace, draft, managerOf(source.component))
      if (correlated.as === 'new') correlator.wrote(correlated.id, { namespace, name }, at)
    },
  }
}

/** The program that such a component is part of elsewhere, whose name an Event's fields go by. */
const managerOf = (component: string) => ({ name: PROGRAMS[component] ?? 'kube-controller-manager' })
const PROGRAMS: Readonly<Record<string, string>> = { kubelet: 'kubelet', 'default-scheduler': 'kube-scheduler' }

/** client-go's form: the object's name and the time in hex, here with a counter so that one instant has many. */
function nameOf(object: string, at: number, counter: number): string {
  const cut = object.slice(0, MAX_NAME_PART).replace(/[-.]+$/, '')
  return `${cut}.${at.toString(16)}${counter.toString(16).padStart(4, '0')}`
}

const MAX_NAME_PART = 200
