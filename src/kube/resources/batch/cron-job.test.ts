import { describe, expect, it } from 'vitest'
import { root } from '../../field.ts'
import { refusals } from '../testing.ts'
import { cronJobs } from './cron-job.ts'

const cron = (spec: object) => ({
  spec: {
    schedule: '* * * * *',
    jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } } } },
    ...spec,
  },
})
const NO_ZONE = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'

describe('a CronJob', () => {
  it.each<[string, object, string[]]>([
    ['no zone', {}, []],
    ['a zone', { timeZone: 'Europe/Berlin' }, []],
    ['a zone by an older name', { timeZone: 'US/Eastern' }, []],
    [
      'TZ in its schedule',
      { schedule: 'TZ=UTC * * * * *' },
      [`schedule: Invalid value: "TZ=UTC * * * * *": ${NO_ZONE}`],
    ],
    [
      'CRON_TZ beside a zone',
      { schedule: 'CRON_TZ=UTC * * * * *', timeZone: 'UTC' },
      [`schedule: Invalid value: "CRON_TZ=UTC * * * * *": ${NO_ZONE}`],
    ],
    [
      'an unknown zone',
      { timeZone: 'Mars/Base' },
      ['timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
    ],
    [
      'a zone in small letters',
      { timeZone: 'europe/berlin' },
      ['timeZone: Invalid value: "europe/berlin": unknown time zone europe/berlin'],
    ],
    [
      'the zone of a machine',
      { timeZone: 'Local' },
      [
        'timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ],
    ],
    ['an empty zone', { timeZone: '' }, ['timeZone: Invalid value: "": timeZone must be nil or non-empty string']],
  ])('with %s', (_, spec, expected) =>
    expect(refusals(cronJobs, cron(spec))).toEqual(expected.map((each) => `spec.${each}`)),
  )

  it('keeps a zone in its schedule that was let in, but not beside another', () => {
    const made = (spec: object) => {
      const job = { metadata: { name: 'a', uid: 'u' }, ...cron(spec) } as never
      cronJobs.defaults(job)
      return job
    }
    const update = (from: object, to: object) =>
      cronJobs.validate(made(to), root, made(from)).map(({ message }) => message.replace(/^.*": /, ''))
    const zoned = { schedule: 'TZ=UTC 1 * * * *' }
    expect(update(zoned, { schedule: 'TZ=UTC 2 * * * *' })).toEqual([])
    expect(update({}, zoned)).toEqual([NO_ZONE])
    expect(update(zoned, { ...zoned, timeZone: 'UTC' })).toEqual([
      'cannot use both timeZone field and TZ or CRON_TZ in schedule',
    ])
  })
})
