import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../object.ts'
import { events } from '../core/event.ts'
import { refusals, updateRefusals } from '../testing.ts'
import { eventsOfEvents } from './event.ts'

const metadata = { name: 'a', namespace: 'default' }
const timed = {
  metadata,
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingInstance: 'one',
  action: 'Binding',
  reason: 'Scheduled',
  type: 'Normal',
}
const newer = {
  ...timed,
  reportingController: 'example.com/scheduler',
  regarding: { kind: 'Pod', namespace: 'default' },
}

describe('Events of events.k8s.io', () => {
  it('are stored as those of the core group, and shown as they came', () => {
    const { fromStored, toStored } = eventsOfEvents.conversion ?? {}
    const given = {
      ...newer,
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      note: 'said',
      deprecatedSource: { component: 'old' },
      deprecatedCount: 3,
    }
    const stored = toStored?.(given as never) as KubeObject
    expect(stored).toMatchObject({
      apiVersion: 'v1',
      involvedObject: { kind: 'Pod', namespace: 'default' },
      reportingComponent: 'example.com/scheduler',
      message: 'said',
      source: { component: 'old' },
      count: 3,
    })
    expect(fromStored?.(stored)).toEqual(given)
  })

  it.each([
    { what: 'whole', given: newer, want: [] },
    {
      what: 'without what says when and what',
      given: { metadata, regarding: { namespace: 'default' } },
      want: ['eventTime: Required value', 'type: Invalid value: "": has invalid value: '],
    },
    {
      what: 'with fields of the older form',
      given: { ...newer, deprecatedCount: 1, deprecatedSource: { component: 'a' } },
      want: ['count: Invalid value: "": needs to be unset', 'source: Invalid value: "": needs to be unset'],
    },
    {
      what: 'of nobody',
      given: { ...newer, reportingController: undefined, action: 'x'.repeat(129) },
      want: [
        'reportingController: Required value',
        expect.stringMatching(/^reportingController: Invalid value: "": name part must be non-empty$/),
        expect.stringMatching(/^reportingController: Invalid value: "": name part must consist/),
        'action: Invalid value: "": can have at most 128 characters',
      ],
    },
    {
      what: 'with a series of one',
      given: { ...newer, series: { count: 1 } },
      want: ['series.count: Invalid value: "": should be at least 2', 'series.lastObservedTime: Required value'],
    },
  ])('$what: refused for $want', ({ given, want }) => expect(refusals(eventsOfEvents, given)).toEqual(want))

  it('are counted on, and not changed otherwise', () => {
    const series = { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' }
    expect(updateRefusals(eventsOfEvents, newer, { ...newer, series })).toEqual([])
    expect(updateRefusals(eventsOfEvents, newer, { ...newer, note: 'other' })).toEqual([
      'message: Invalid value: "other": field is immutable',
    ])
  })
})

describe('Events of the core group', () => {
  it('have the newer form where they have an exact time', () => {
    expect(refusals(events, { metadata, involvedObject: { namespace: 'default' } })).toEqual([])
    expect(refusals(events, { ...timed, involvedObject: { namespace: 'default' } })).toContain(
      'reportingComponent: Required value',
    )
    expect(refusals(events, { metadata, involvedObject: { namespace: 'other' } })).toEqual([
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ])
  })
})
