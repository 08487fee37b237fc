import { ageOf } from '../../age.ts'
import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, FieldPath, invalidValue, notSupported } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { hasTimeZone, scheduleError } from '../../schedule.ts'
import type { CronJob } from '../../types.ts'
import { ageColumn, nameColumn, selectorText, templateColumns } from '../columns.ts'
import { countErrors, defaultTemplate, workloadWarnings } from '../workloads.ts'
import { jobSpecErrors } from './job-spec.ts'

const MAX_NAME = 52
const SUCCESSFUL_HISTORY = 3
const FAILED_HISTORY = 1

type Spec = CronJob['spec']

function zoneErrors(zone: string | undefined, at: FieldPath): FieldError[] {
  if (zone === undefined) return []
  if (zone === '') return [invalidValue(at, zone, 'timeZone must be nil or non-empty string')]
  if (zone.toLowerCase() === 'local')
    return [
      invalidValue(at, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
    ]
  return isZone(zone) ? [] : [invalidValue(at, zone, `unknown time zone ${zone}`)]
}

/** Names are told by their letters' case too, as files are; one that stands for another is known by that. */
function isZone(name: string): boolean {
  // An offset is no name of a zone.
  if (/^[+-]/.test(name)) return false
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase()
  } catch {
    return false
  }
}

const NO_ZONE = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
const ONE_ZONE = 'cannot use both timeZone field and TZ or CRON_TZ in schedule'

/** A schedule that names a zone may stay where one did before: it once was let in. */
function scheduleErrors({ schedule = '', timeZone }: Spec, previous: Spec | undefined, at: FieldPath): FieldError[] {
  if (schedule === '') return []
  const why = scheduleError(schedule)
  const errors = why === undefined ? [] : [invalidValue(at, schedule, why)]
  if (!hasTimeZone(schedule)) return errors
  if (!hasTimeZone(previous?.schedule ?? '')) return [...errors, invalidValue(at, schedule, NO_ZONE)]
  return timeZone === undefined ? errors : [...errors, invalidValue(at, schedule, ONE_ZONE)]
}

function templateErrors({ jobTemplate }: Spec, at: FieldPath): FieldError[] {
  const spec = jobTemplate?.spec
  if (!spec) return []
  const errors = jobSpecErrors(spec, at)
  if (spec.selector) errors.push(invalidValue(at.child('selector'), spec.selector, '`selector` will be auto-generated'))
  if (spec.manualSelector) errors.push(notSupported(at.child('manualSelector'), true, ['false', 'nil']))
  return errors
}

function validate({ metadata, spec }: CronJob, root: FieldPath, previous?: CronJob): FieldError[] {
  const at = root.child('spec')
  const errors = [
    ...scheduleErrors(spec, previous?.spec, at.child('schedule')),
    ...zoneErrors(spec.timeZone, at.child('timeZone')),
    ...(['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const).flatMap((field) =>
      countErrors(spec[field], at.child(field)),
    ),
    ...templateErrors(spec, at.child('jobTemplate').child('spec')),
  ]
  // Its Jobs' names are 11 characters longer, and theirs are labels of Pods. Those of before may keep theirs.
  if (!previous && metadata.name.length > MAX_NAME)
    errors.push(
      invalidValue(root.child('metadata').child('name'), metadata.name, `must be no more than ${MAX_NAME} characters`),
    )
  return errors
}

/** The columns of Pod templates look for one in the spec. */
const templated = templateColumns().map((each) =>
  column<CronJob>(each.name, each.type, (job, now) => each.cell(job.spec.jobTemplate as never, now), { wide: true }),
)

export const cronJobs = resource<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  scope: 'namespaced',
  subresources: [STATUS],
  schema: 'io.k8s.api.batch.v1.CronJob',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Schedule', 'string', ({ spec }) => spec.schedule ?? ''),
    column('Timezone', 'string', ({ spec }) => spec.timeZone ?? '<none>'),
    column('Suspend', 'boolean', ({ spec }) =>
      spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
    ),
    column('Active', 'integer', ({ status }) => status.active?.length ?? 0),
    column('Last Schedule', 'string', ({ status }, now) =>
      status.lastScheduleTime === undefined ? '<none>' : ageOf(status.lastScheduleTime, now),
    ),
    ageColumn(),
    ...templated,
    column('Selector', 'string', ({ spec }) => selectorText(spec.jobTemplate?.spec?.selector), { wide: true }),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = {}
  },
  defaults(draft) {
    draft.spec ??= {} as Spec
    const { spec } = draft
    spec.concurrencyPolicy ||= 'Allow'
    spec.suspend ??= false
    spec.successfulJobsHistoryLimit ??= SUCCESSFUL_HISTORY
    spec.failedJobsHistoryLimit ??= FAILED_HISTORY
    spec.jobTemplate ??= {}
    spec.jobTemplate.spec ??= {} as NonNullable<Spec['jobTemplate']['spec']>
    spec.jobTemplate.spec.template ??= {}
    defaultTemplate(spec.jobTemplate.spec.template)
    draft.status ??= {}
  },
  validate,
  warnings: (next, previous) =>
    workloadWarnings(next, previous, next.spec.jobTemplate?.spec?.template, JOB_SPEC.child('template')),
})

const JOB_SPEC = new FieldPath('spec').child('jobTemplate').child('spec')
