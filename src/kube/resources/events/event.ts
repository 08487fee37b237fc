/** Events in their newer group: the same objects as the core group's, with other names for some of their fields. */
import { resource } from '../../define.ts'
import type { KubeObject } from '../../object.ts'
import type { Column } from '../../resource.ts'
import type { Event, EventsEvent } from '../../types.ts'
import { events } from '../core/event.ts'
import { eventErrors, eventUpdateErrors } from '../core/event-rules.ts'

const VERSION = 'events.k8s.io/v1'

/** What a field of the core group's Events is called here; others have one name. */
const NAMES: Readonly<Record<string, string>> = {
  involvedObject: 'regarding',
  message: 'note',
  reportingComponent: 'reportingController',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
}
const CORE_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(NAMES).map(([core, here]) => [here, core]),
)

const renamed = (object: object, names: Readonly<Record<string, string>>, apiVersion: string) => ({
  ...Object.fromEntries(Object.entries(object).map(([field, value]) => [names[field] ?? field, value])),
  apiVersion,
})

// The fields of the one are those of the other, by their names.
const fromStored = (stored: KubeObject): EventsEvent => renamed(stored, NAMES, VERSION) as unknown as EventsEvent
const toStored = (given: EventsEvent): Event => renamed(given, CORE_NAMES, 'v1') as unknown as Event

const REGARDING = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']

/** Selected by what is stored. */
const FIELDS = {
  ...Object.fromEntries(
    REGARDING.map((field) => [`regarding.${field}`, events.fields[`involvedObject.${field}`] ?? (() => '')]),
  ),
  reason: events.fields['reason'] ?? (() => ''),
  reportingController: events.fields['reportingComponent'] ?? (() => ''),
  type: events.fields['type'] ?? (() => ''),
} as unknown as Readonly<Record<string, (object: EventsEvent) => string>>

export const eventsOfEvents = resource<EventsEvent>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'namespaced',
  schema: 'io.k8s.api.events.v1.Event',
  storedAs: { group: '', plural: 'events' },
  isStorageVersion: false,
  conversion: { isServedForm: () => false, fromStored, toStored },
  columns: events.columns.map(
    (column): Column<EventsEvent> => ({ ...column, cell: (event, now) => column.cell(toStored(event), now) }),
  ),
  fields: FIELDS,
  subjectField: 'regarding.uid',
  indexed: false,
  expires: true,
  defaults(draft) {
    draft.regarding ??= {}
  },
  // What came in the older version may stay what it is.
  validate: (event, _at, previous) => (previous ? [] : eventErrors(toStored(event), VERSION)),
  validateUpdate: (next, previous) => eventUpdateErrors(toStored(next), toStored(previous)),
  createOnUpdate: true,
})
