/** What may change of a Job once it is made: k8s.io/kubernetes pkg/apis/batch/validation (ValidateJobSpecUpdate). */
import { type FieldError, type FieldPath, invalidValue } from '../../field.ts'
import { clone } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import type { Job } from '../../types.ts'
import { podSpecOf } from '../workloads.ts'

type Spec = Job['spec']

const FIXED = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const

export function jobUpdateErrors(next: Job, previous: Job, at: FieldPath): FieldError[] {
  return [
    ...completionErrors(next.spec, previous.spec, at.child('completions')),
    ...templateUpdateErrors(next, previous, at.child('template')),
    ...FIXED.flatMap((field) => immutable(next.spec[field], previous.spec[field], at.child(field))),
  ]
}

/** The count stands, but an elastic indexed Job's moves together with its parallelism (KEP-3715). */
function completionErrors(next: Spec, previous: Spec, at: FieldPath): FieldError[] {
  if (next.completions === previous.completions) return []
  const isIndexed = next.completionMode === 'Indexed' && next.completions !== undefined
  if (!isIndexed) return immutable(next.completions, previous.completions, at)
  if (next.parallelism === next.completions && previous.parallelism === previous.completions) return []
  return [invalidValue(at, next.completions, 'can only be modified in tandem with spec.parallelism')]
}

/** While a Job is suspended and has never run, where its Pods may go can be changed (KEP-2926). */
function templateUpdateErrors(next: Job, previous: Job, at: FieldPath): FieldError[] {
  const mayMove = previous.spec.suspend === true && previous.status.startTime === undefined
  if (!mayMove) return immutable(next.spec.template, previous.spec.template, at)
  return immutable(levelled(next, previous), previous.spec.template, at)
}

/** The next template with the former's scheduling directives: what is left must be the same. */
function levelled(next: Job, previous: Job): Spec['template'] {
  const template = clone(next.spec.template)
  const former = podSpecOf(previous.spec.template)
  const spec = podSpecOf(template)
  if (!spec || !former) return template
  const { nodeSelector, tolerations, schedulingGates, affinity } = former
  Object.assign(spec, { nodeSelector, tolerations, schedulingGates })
  if (affinity?.nodeAffinity || spec.affinity?.nodeAffinity)
    spec.affinity = { ...spec.affinity, nodeAffinity: affinity?.nodeAffinity }
  const metadata = previous.spec.template.metadata
  template.metadata = { ...template.metadata, labels: metadata?.labels, annotations: metadata?.annotations }
  return template
}
