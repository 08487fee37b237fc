/** Rules of Events in both of their versions: k8s.io/kubernetes pkg/apis/core/validation (events.go). */
import { type FieldError, FieldPath, invalidEach, invalidValue, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import { qualifiedNameErrors } from '../../names.ts'
import type { Event } from '../../types.ts'

/** The version that a request is in: the newer one's rules are stricter. */
export type EventVersion = 'v1' | 'events.k8s.io/v1'

const MAX_TEXT = 128
const MAX_NOTE = 1024

const at = (field: string): FieldPath => new FieldPath(field)
const NAMESPACE = at('involvedObject').child('namespace')
const APART = 'does not match event.namespace'

export const eventErrors = (event: Event, version: EventVersion): FieldError[] => [
  ...(event.eventTime === undefined ? namespaceErrors(event) : timedErrors(event, version)),
  ...(version === 'v1' ? [] : [...seriesErrors(event), ...newErrors(event)]),
]

function namespaceErrors({ metadata, involvedObject }: Event): FieldError[] {
  const about = involvedObject?.namespace ?? ''
  const own = metadata.namespace ?? ''
  if (about === own || (about === '' && own === 'default')) return []
  return [invalidValue(NAMESPACE, about, APART)]
}

/** One with an exact time is of the newer form, whatever version it comes in (KEP-383). */
function timedErrors(event: Event, version: EventVersion): FieldError[] {
  const { metadata, involvedObject, reportingComponent: controller = '', reportingInstance, action, reason } = event
  const where = at(version === 'v1' ? 'reportingComponent' : 'reportingController')
  const own = metadata.namespace ?? ''
  const isApart = !involvedObject?.namespace && own !== 'default' && own !== 'kube-system'
  return [
    ...(isApart ? [invalidValue(NAMESPACE, '', APART)] : []),
    ...(controller === '' ? [required(where)] : []),
    ...invalidEach(where, controller, qualifiedNameErrors(controller)),
    ...textErrors(reportingInstance, at('reportingInstance')),
    ...textErrors(action, at('action')),
    ...textErrors(reason, at('reason')),
    ...lengthErrors(event.message, at('message'), MAX_NOTE),
  ]
}

const textErrors = (text: string | undefined, where: FieldPath): FieldError[] =>
  text ? lengthErrors(text, where, MAX_TEXT) : [required(where)]

const lengthErrors = (text: string | undefined, where: FieldPath, most: number): FieldError[] =>
  (text?.length ?? 0) > most ? [invalidValue(where, '', `can have at most ${most} characters`)] : []

function seriesErrors({ series }: Event): FieldError[] {
  if (series === undefined) return []
  const errors: FieldError[] = []
  if ((series.count ?? 0) < 2) errors.push(invalidValue(at('series.count'), '', 'should be at least 2'))
  if (series.lastObservedTime === undefined) errors.push(required(at('series.lastObservedTime')))
  return errors
}

/** What the newer version has for those only that came in the older one. */
function newErrors({ eventTime, type = '', firstTimestamp, lastTimestamp, count, source }: Event): FieldError[] {
  const errors = eventTime === undefined ? [required(at('eventTime'))] : []
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalidValue(at('type'), '', `has invalid value: ${type}`))
  for (const [field, isSet] of [
    ['firstTimestamp', firstTimestamp !== undefined],
    ['lastTimestamp', lastTimestamp !== undefined],
    ['count', Boolean(count)],
    ['source', Boolean(source?.component || source?.host)],
  ] as const)
    if (isSet) errors.push(invalidValue(at(field), '', 'needs to be unset'))
  return errors
}

const FIXED = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
] as const

/** An Event of the newer version is counted on by its series, and changes in nothing else. */
export function eventUpdateErrors(next: Event, previous: Event): FieldError[] {
  return [
    ...(deepEqual(next.series, previous.series) ? [] : seriesErrors(next)),
    ...FIXED.flatMap((field) => immutable(next[field], previous[field], at(field))),
    ...immutable(next.reportingComponent, previous.reportingComponent, at('reportingController')),
    ...immutable(next.reportingInstance, previous.reportingInstance, at('reportingInstance')),
  ]
}
