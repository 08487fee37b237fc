import { humanDuration } from '../../age.ts'
import { column, resource, STATUS } from '../../define.ts'
import { duplicate, type FieldError, FieldPath, invalidValue, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import { dnsLabelErrors } from '../../names.ts'
import { isTerminating } from '../../object.ts'
import { matches } from '../../selectors.ts'
import type { Job } from '../../types.ts'
import { ageColumn, nameColumn, selectorText, templateColumns } from '../columns.ts'
import { labelSelectorErrors, readableSelector } from '../label-selector.ts'
import { countErrors, defaultTemplate, unselectedErrors, workloadWarnings } from '../workloads.ts'
import { indexWarnings, jobSpecErrors } from './job-spec.ts'
import { jobUpdateErrors } from './job-update.ts'

type Spec = Job['spec']

const BACKOFF_LIMIT = 6
const NO_LIMIT = 2 ** 31 - 1

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid'
const JOB_NAME = 'batch.kubernetes.io/job-name'

/** The labels that tell a Job's Pods from others; the older two have no prefix. */
const labelsOf = ({ metadata }: Job): Record<string, string> => ({
  [CONTROLLER_UID]: metadata.uid,
  'controller-uid': metadata.uid,
  [JOB_NAME]: metadata.name,
  'job-name': metadata.name,
})

/** A Job selects its own Pods by its uid, unless it says that it knows better. */
function generateSelector(draft: Job): void {
  const { spec } = draft
  if (!spec || spec.manualSelector) return
  spec.template ??= {}
  spec.template.metadata ??= {}
  // What is there already and differs is refused by validation.
  spec.template.metadata.labels = { ...labelsOf(draft), ...spec.template.metadata.labels }
  spec.selector ??= {}
  spec.selector.matchLabels = { [CONTROLLER_UID]: draft.metadata.uid, ...spec.selector.matchLabels }
}

/** A Job without labels has those of its Pods. */
function labelAsTemplate({ metadata, spec }: Job): void {
  const labels = spec.template?.metadata?.labels
  if (labels && Object.keys(metadata.labels ?? {}).length === 0 && Object.keys(labels).length > 0)
    metadata.labels = { ...labels }
}

function generatedErrors(job: Job, at: FieldPath): FieldError[] {
  const { spec } = job
  if (spec.manualSelector || !spec.selector) return []
  const labels = spec.template?.metadata?.labels ?? {}
  const expected = labelsOf(job)
  const where = at.child('template').child('metadata').child('labels')
  const errors = Object.entries(expected).flatMap(([key, value]) => {
    if (labels[key] === value) return []
    const detail = `must be '${value}'`
    return [labels[key] === undefined ? required(where.key(key), detail) : invalidValue(where.key(key), labels, detail)]
  })
  const selector = readableSelector(spec.selector)
  if (selector && !matches(selector, expected))
    errors.push(invalidValue(at.child('selector'), spec.selector, '`selector` not auto-generated'))
  return errors
}

/** The last of an Indexed Job's Pods has the longest host name. */
function hostnameErrors({ metadata, spec }: Job, root: FieldPath): FieldError[] {
  if (spec.completionMode !== 'Indexed' || !spec.completions || spec.completions < 0) return []
  const host = `${metadata.name}-${spec.completions - 1}`
  if (dnsLabelErrors(host).length === 0) return []
  const at = root.child('metadata').child('name')
  return [invalidValue(at, metadata.name, `will not able to create pod with invalid DNS label: ${host}`)]
}

function validate(job: Job, root: FieldPath, previous?: Job): FieldError[] {
  const at = root.child('spec')
  const { spec } = job
  return [
    ...(previous ? [] : hostnameErrors(job, root)),
    ...generatedErrors(job, at),
    ...jobSpecErrors(spec, at),
    ...(spec.selector ? labelSelectorErrors(spec.selector, at.child('selector')) : [required(at.child('selector'))]),
    ...unselectedErrors(spec.template, spec.selector, at),
  ]
}

const STATES = [
  ['Complete', 'Complete'],
  ['Failed', 'Failed'],
  ['', 'Terminating'],
  ['Suspended', 'Suspended'],
  ['FailureTarget', 'FailureTarget'],
  ['SuccessCriteriaMet', 'SuccessCriteriaMet'],
] as const

function stateOf(job: Job): string {
  const holds = (type: string) => job.status.conditions?.some((each) => each.type === type && each.status === 'True')
  return STATES.find(([type]) => (type === '' ? isTerminating(job) : holds(type)))?.[1] ?? 'Running'
}

function completionsOf({ spec, status }: Job): string {
  const succeeded = status.succeeded ?? 0
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function durationOf({ status }: Job, now: number): string {
  if (status.startTime === undefined) return ''
  const end = status.completionTime === undefined ? now : Date.parse(status.completionTime)
  return humanDuration(end - Date.parse(status.startTime))
}

function defaultSpec(spec: Spec): void {
  spec.template ??= {}
  // A Job of one Pod says neither; who says the one only means a queue of work.
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : NO_LIMIT
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.manualSelector ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
  for (const rule of spec.podFailurePolicy?.rules ?? [])
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  defaultTemplate(spec.template)
}

/** Pods that have ended and are not counted yet, by uid. */
function uncountedErrors(uncounted: Job['status']['uncountedTerminatedPods'], at: FieldPath): FieldError[] {
  return (['succeeded', 'failed'] as const).flatMap((field) => {
    const uids = uncounted?.[field] ?? []
    return uids.flatMap((uid, index) => {
      const here = at.child(field).index(index)
      if (uid === '') return [invalidValue(here, uid, 'must not be empty')]
      return uids.indexOf(uid) < index ? [duplicate(here, uid)] : []
    })
  })
}

const SPEC = new FieldPath('spec')

export const jobs = resource<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  scope: 'namespaced',
  subresources: [STATUS],
  schema: 'io.k8s.api.batch.v1.Job',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Status', 'string', stateOf),
    column('Completions', 'string', completionsOf),
    column('Duration', 'string', durationOf),
    ageColumn(),
    ...templateColumns<Job>(),
    column('Selector', 'string', ({ spec }) => selectorText(spec.selector), { wide: true }),
  ],
  unknownField: (field) => `field label ${JSON.stringify(field)} not supported for batchv1.Job`,
  fields: { 'status.successful': ({ status }) => String(status.succeeded ?? 0) },
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = {}
    generateSelector(draft)
    labelAsTemplate(draft)
  },
  defaults(draft) {
    draft.spec ??= {} as Spec
    defaultSpec(draft.spec)
    draft.status ??= {}
    labelAsTemplate(draft)
  },
  validate,
  validateUpdate: (next, previous, at) => jobUpdateErrors(next, previous, at.child('spec')),
  warnings: (next, previous) => [
    ...indexWarnings(next.spec, SPEC),
    ...workloadWarnings(next, previous, next.spec.template),
  ],
  validateStatus({ status }, previous, root) {
    const at = root.child('status')
    return [
      ...(['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((field) =>
        countErrors(status?.[field], at.child(field)),
      ),
      ...uncountedErrors(status?.uncountedTerminatedPods, at.child('uncountedTerminatedPods')),
      ...(previous.status.completionTime === undefined
        ? []
        : immutable(status?.completionTime, previous.status.completionTime, at.child('completionTime'))),
    ]
  },
  // A Job's Pods outlive it by default, as in the first versions of the API.
  defaultDeletion: 'Orphan',
  defaultDeletionWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
})
