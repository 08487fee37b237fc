/**
 * What a Job does, of a Job and of a CronJob's template of Jobs alike: k8s.io/kubernetes pkg/apis/batch (defaults,
 * validation).
 */
import { type FieldError, type FieldPath, invalidEach, invalidValue, required, tooMany } from '../../field.ts'
import { dnsSubdomainErrors, qualifiedNameErrors } from '../../names.ts'
import type { Job } from '../../types.ts'
import { countErrors, podSpecOf, templateErrors } from '../workloads.ts'

/** Above both, the failed indexes of an Indexed Job may not be told apart in its status any more (KEP-3850). */
const MANY_COMPLETIONS = 100_000
const MANY_AT_ONCE = 10_000

export const indexWarnings = (
  { completionMode, completions = 0, parallelism = 0 }: Job['spec'],
  at: FieldPath,
): string[] =>
  completionMode === 'Indexed' && completions > MANY_COMPLETIONS && parallelism > MANY_AT_ONCE
    ? [
        `${at}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
      ]
    : []

type Spec = Job['spec']
type FailureRule = NonNullable<Spec['podFailurePolicy']>['rules'][number]
type SuccessRule = NonNullable<Spec['successPolicy']>['rules'][number]

const MAX_INDEXED_PARALLELISM = 100_000
const MAX_RULES = 20
const MAX_EXIT_CODES = 255
const MAX_PATTERNS = 20
const MAX_MANAGER_CHARACTERS = 63

export function jobSpecErrors(spec: Spec, at: FieldPath): FieldError[] {
  return [
    ...(
      [
        'parallelism',
        'completions',
        'activeDeadlineSeconds',
        'backoffLimit',
        'ttlSecondsAfterFinished',
        'backoffLimitPerIndex',
        'maxFailedIndexes',
      ] as const
    ).flatMap((field) => countErrors(spec[field], at.child(field))),
    ...managerErrors(spec.managedBy, at.child('managedBy')),
    ...(spec.completionMode === 'Indexed' ? indexedErrors(spec, at) : unindexedErrors(spec, at)),
    ...failurePolicyErrors(spec, at.child('podFailurePolicy').child('rules')),
    ...replacementErrors(spec, at.child('podReplacementPolicy')),
    ...templateErrors(spec.template, at.child('template')),
    ...restartErrors(spec, at.child('template').child('spec').child('restartPolicy')),
  ]
}

/** `example.com/manager` (KEP-4368). */
function managerErrors(manager: string | undefined, at: FieldPath): FieldError[] {
  if (manager === undefined) return []
  const [domain = '', path = '', ...more] = manager.split('/')
  if (!manager.includes('/') || domain === '' || path === '' || more.length > 0)
    return [invalidValue(at, manager, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  const errors = invalidEach(at, manager, [...dnsSubdomainErrors(domain), ...qualifiedNameErrors(path)])
  if (manager.length > MAX_MANAGER_CHARACTERS)
    errors.push({ reason: 'FieldValueTooLong', field: at.text, message: 'Too long: may not be more than 63 bytes' })
  return errors
}

function indexedErrors(spec: Spec, at: FieldPath): FieldError[] {
  const { completions, parallelism, maxFailedIndexes } = spec
  const errors: FieldError[] = []
  if (completions === undefined) errors.push(required(at.child('completions'), 'when completion mode is Indexed'))
  if (parallelism !== undefined && parallelism > MAX_INDEXED_PARALLELISM)
    errors.push(
      invalidValue(
        at.child('parallelism'),
        parallelism,
        `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`,
      ),
    )
  if (maxFailedIndexes !== undefined) {
    if (completions !== undefined && maxFailedIndexes > completions)
      errors.push(
        invalidValue(at.child('maxFailedIndexes'), maxFailedIndexes, 'must be less than or equal to completions'),
      )
    if (spec.backoffLimitPerIndex === undefined)
      errors.push(required(at.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'))
  }
  const rules = spec.successPolicy?.rules ?? []
  return [
    ...errors,
    ...rules.flatMap((rule, index) =>
      successRuleErrors(rule, completions ?? 0, at.child('successPolicy').child('rules').index(index)),
    ),
  ]
}

function successRuleErrors({ succeededIndexes, succeededCount }: SuccessRule, completions: number, at: FieldPath) {
  const errors: FieldError[] = []
  if (succeededIndexes === undefined && succeededCount === undefined)
    return [required(at, 'at least one of succeededCount or succeededIndexes must be specified')]
  const count = succeededIndexes === undefined ? completions : indexesIn(succeededIndexes)
  if (count === undefined)
    errors.push(invalidValue(at.child('succeededIndexes'), succeededIndexes, 'error parsing succeededIndexes'))
  if (succeededCount !== undefined) {
    errors.push(...countErrors(succeededCount, at.child('succeededCount')))
    if (count !== undefined && succeededCount > count)
      errors.push(
        invalidValue(
          at.child('succeededCount'),
          succeededCount,
          succeededIndexes === undefined
            ? `must be less than or equal to ${count} (the number of specified completions)`
            : `must be less than or equal to ${count} (the number of indexes in the specified succeededIndexes field)`,
        ),
      )
  }
  return errors
}

/** How many indexes `1,3-5` has; undefined where it can't be read, or does not rise. */
function indexesIn(text: string): number | undefined {
  let count = 0
  let last = -1
  for (const part of text.split(',')) {
    const [, low, high = low] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (low === undefined || Number(low) <= last || Number(high) < Number(low)) return undefined
    count += Number(high) - Number(low) + 1
    last = Number(high)
  }
  return count
}

function unindexedErrors(spec: Spec, at: FieldPath): FieldError[] {
  return (['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const).flatMap((field) =>
    spec[field] === undefined ? [] : [invalidValue(at.child(field), spec[field], 'requires indexed completion mode')],
  )
}

function failurePolicyErrors(spec: Spec, at: FieldPath): FieldError[] {
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
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    errors.push(invalidValue(at.child('action'), action, 'requires the backoffLimitPerIndex to be set'))
  if (onExitCodes && onPodConditions.length > 0)
    errors.push(invalidWhole(at, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (!onExitCodes && onPodConditions.length === 0)
    errors.push(invalidWhole(at, 'specifying one of OnExitCodes and OnPodConditions is required'))
  const patterns = at.child('onPodConditions')
  if (onPodConditions.length > MAX_PATTERNS) errors.push(tooMany(patterns, onPodConditions.length, MAX_PATTERNS))
  for (const [index, { type }] of onPodConditions.entries())
    if (type) errors.push(...invalidEach(patterns.index(index).child('type'), type, qualifiedNameErrors(type)))
  return onExitCodes ? [...errors, ...exitCodeErrors(onExitCodes, names, at.child('onExitCodes'))] : errors
}

/** Go shows no value where it is the whole of a struct. */
const invalidWhole = (at: FieldPath, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field: at.text,
  message: `Invalid value: ${detail}`,
})

function exitCodeErrors(
  { containerName, operator, values = [] }: NonNullable<FailureRule['onExitCodes']>,
  names: ReadonlySet<string>,
  at: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (containerName !== undefined && !names.has(containerName))
    errors.push(
      invalidValue(
        at.child('containerName'),
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    )
  const where = at.child('values')
  if (values.length > MAX_EXIT_CODES) errors.push(tooMany(where, values.length, MAX_EXIT_CODES))
  for (const [index, value] of values.entries()) {
    const before = values[index - 1]
    if (operator === 'In' && value === 0)
      errors.push(invalidValue(where.index(index), value, 'must not be 0 for the In operator'))
    if (before !== undefined && value === before)
      errors.push({
        reason: 'FieldValueDuplicate',
        field: where.index(index).text,
        message: `Duplicate value: ${value}`,
      })
    else if (before !== undefined && value < before) {
      errors.push(invalidValue(where, values, 'must be ordered'))
      break
    }
  }
  return errors
}

/** With a failure policy a Pod is replaced only once it has failed. */
function replacementErrors({ podReplacementPolicy: policy, podFailurePolicy }: Spec, at: FieldPath): FieldError[] {
  if (!podFailurePolicy || policy === undefined || policy === 'Failed') return []
  return [
    {
      reason: 'FieldValueNotSupported',
      field: at.text,
      message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Failed"`,
    },
  ]
}

function restartErrors(spec: Spec, at: FieldPath): FieldError[] {
  const pods = podSpecOf(spec.template)
  if (!pods?.containers) return []
  const policy = pods.restartPolicy
  if (policy !== 'OnFailure' && policy !== 'Never') return [required(at, 'valid values: "OnFailure", "Never"')]
  if (spec.podFailurePolicy && policy !== 'Never')
    return [invalidValue(at, policy, 'only "Never" is supported when podFailurePolicy is specified')]
  return []
}
