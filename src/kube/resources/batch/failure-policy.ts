/** When a Pod's failure is one of its Job: k8s.io/kubernetes pkg/apis/batch/validation (validatePodFailurePolicy). */
import {
  duplicate,
  type FieldError,
  type FieldPath,
  invalidEach,
  invalidValue,
  required,
  tooMany,
} from '../../field.ts'
import { qualifiedNameErrors } from '../../names.ts'
import type { Job } from '../../types.ts'
import { podSpecOf } from '../workloads.ts'

type Spec = Job['spec']
type FailureRule = NonNullable<Spec['podFailurePolicy']>['rules'][number]

const MAX_RULES = 20
const MAX_EXIT_CODES = 255
const MAX_PATTERNS = 20
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const OPERATORS = ['In', 'NotIn']

/** As Go lists texts. */
const oneOf = (values: readonly string[]): string =>
  `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`

export function failurePolicyErrors(spec: Spec, at: FieldPath): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const containers = podSpecOf(spec.template)
  const names = new Set(
    [...(containers?.containers ?? []), ...(containers?.initContainers ?? [])].map(({ name }) => name),
  )
  const errors = rules.length > MAX_RULES ? [tooMany(at, rules.length, MAX_RULES)] : []
  return [...errors, ...rules.flatMap((rule, index) => failureRuleErrors(rule, spec, names, at.index(index)))]
}

function failureRuleErrors(rule: FailureRule, spec: Spec, names: ReadonlySet<string>, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const { action, onExitCodes, onPodConditions = [] } = rule
  if (!action) errors.push(required(at.child('action'), oneOf(ACTIONS)))
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    errors.push(invalidValue(at.child('action'), action, 'requires the backoffLimitPerIndex to be set'))
  if (onExitCodes) errors.push(...exitCodeErrors(onExitCodes, names, at.child('onExitCodes')))
  const patterns = at.child('onPodConditions')
  if (onPodConditions.length > MAX_PATTERNS) errors.push(tooMany(patterns, onPodConditions.length, MAX_PATTERNS))
  for (const [index, { type = '' }] of onPodConditions.entries())
    errors.push(...invalidEach(patterns.index(index).child('type'), type, qualifiedNameErrors(type)))
  if (onExitCodes && onPodConditions.length > 0)
    errors.push(invalidWhole(at, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (!onExitCodes && onPodConditions.length === 0)
    errors.push(invalidWhole(at, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

/** Go shows no value where it is the whole of a struct. */
const invalidWhole = (at: FieldPath, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field: at.text,
  message: `Invalid value: ${detail}`,
})

function exitCodeErrors(
  { containerName, operator, values: given }: NonNullable<FailureRule['onExitCodes']>,
  names: ReadonlySet<string>,
  at: FieldPath,
): FieldError[] {
  const errors = operator ? [] : [required(at.child('operator'), oneOf(OPERATORS))]
  if (containerName !== undefined && !names.has(containerName))
    errors.push(
      invalidValue(
        at.child('containerName'),
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    )
  const where = at.child('values')
  const values = given ?? []
  if (values.length === 0) errors.push(invalidValue(where, given, 'at least one value is required'))
  if (values.length > MAX_EXIT_CODES) errors.push(tooMany(where, values.length, MAX_EXIT_CODES))
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0)
      errors.push(invalidValue(where.index(index), value, 'must not be 0 for the In operator'))
    if (values.indexOf(value) < index) errors.push(duplicate(where.index(index), value))
  }
  if (values.some((value, index) => value < (values[index - 1] ?? value)))
    errors.push(invalidValue(where, values, 'must be ordered'))
  return errors
}
