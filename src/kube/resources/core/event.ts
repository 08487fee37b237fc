import { ageOf } from '../../age.ts'
import { column, resource } from '../../define.ts'
import type { Event } from '../../types.ts'
import { nameColumn } from '../columns.ts'
import { eventErrors } from './event-rules.ts'

const objectOf = ({ involvedObject }: Event): string => {
  const kind = (involvedObject.kind ?? '').toLowerCase()
  return involvedObject.name ? `${kind}/${involvedObject.name}` : kind
}

const sourceOf = ({ source, reportingComponent, reportingInstance }: Event): string => {
  const component = source?.component || reportingComponent || ''
  const host = source?.host || reportingInstance || ''
  return host ? `${component}, ${host}` : component
}

const firstSeen = (event: Event): string | undefined => event.firstTimestamp ?? event.eventTime
const lastSeen = (event: Event): string | undefined =>
  event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime

export const events = resource<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'namespaced',
  schema: 'io.k8s.api.core.v1.Event',
  columns: [
    column('Last Seen', 'string', (event, now) => ageOf(lastSeen(event), now)),
    column('Type', 'string', (event) => event.type ?? ''),
    column('Reason', 'string', (event) => event.reason ?? ''),
    column('Object', 'string', objectOf),
    column('Subobject', 'string', (event) => event.involvedObject.fieldPath ?? '', { wide: true }),
    column('Source', 'string', sourceOf, { wide: true }),
    column('Message', 'string', (event) => (event.message ?? '').trim()),
    column('First Seen', 'string', (event, now) => ageOf(firstSeen(event), now), { wide: true }),
    column('Count', 'integer', (event) => event.series?.count ?? event.count ?? 1, { wide: true }),
    { ...nameColumn<Event>(), priority: 1 },
  ],
  fields: {
    'involvedObject.kind': (event) => event.involvedObject.kind ?? '',
    'involvedObject.namespace': (event) => event.involvedObject.namespace ?? '',
    'involvedObject.name': (event) => event.involvedObject.name ?? '',
    'involvedObject.uid': (event) => event.involvedObject.uid ?? '',
    'involvedObject.apiVersion': (event) => event.involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': (event) => event.involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': (event) => event.involvedObject.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent || event.source?.component || '',
    source: (event) => event.source?.component || event.reportingComponent || '',
    type: (event) => event.type ?? '',
  },
  // kubectl describe asks for the Events of one object.
  subjectField: 'involvedObject.uid',
  // An index row for each label or owner would double what an Event costs.
  indexed: false,
  expires: true,
  // Everything that reads Events may rely on it.
  defaults(draft) {
    draft.involvedObject ??= {}
  },
  validate: (event) => eventErrors(event, 'v1'),
  createOnUpdate: true,
})
