/**
 * What a Job does, of a Job and of a CronJob's template of Jobs alike: k8s.io/kubernetes pkg/apis/batch (defaults,
 * validation).
 */
import { type FieldError, type FieldPath, invalidEach, invalidValue, notSupported, required } from '../../field.ts'
import { dnsSubdomainErrors, qualifiedNameErrors } from '../../names.ts'
import type { Job } from '../../types.ts'
import { countErrors, podSpecOf, templateErrors } from '../workloads.ts'
import { failurePolicyErrors } from './failure-policy.ts'
import { successPolicyErrors } from './success-policy.ts'

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

const MAX_INDEXED_PARALLELISM = 100_000
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
    ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [required(at.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified')]
      : []),
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
  const { completions, parallelism } = spec
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
  errors.push(...failedIndexErrors(spec, at))
  return spec.successPolicy && completions !== undefined
    ? [...errors, ...successPolicyErrors(spec.successPolicy, completions, at.child('successPolicy').child('rules'))]
    : errors
}

/** The indexes that failed are told in the status, which has its bounds (KEP-3850). */
function failedIndexErrors(spec: Spec, at: FieldPath): FieldError[] {
  const { completions = 0, parallelism = 0, maxFailedIndexes: most, backoffLimitPerIndex } = spec
  const here = at.child('maxFailedIndexes')
  const errors: FieldError[] = []
  const atMost = (bound: number | string, value: number, where: FieldPath, when = '') =>
    errors.push(invalidValue(where, value, `must be less than or equal to ${bound}${when}`))
  if (most !== undefined && spec.completions !== undefined && most > completions) atMost('completions', most, here)
  if (most !== undefined && most > MANY_COMPLETIONS) atMost(MANY_COMPLETIONS, most, here)
  if (completions <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return errors
  const when = ` when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`
  if (most === undefined) errors.push(required(here, `must be specified when completions is above ${MANY_COMPLETIONS}`))
  if (parallelism > MANY_AT_ONCE) atMost(MANY_AT_ONCE, parallelism, at.child('parallelism'), when)
  if (most !== undefined && most > MANY_AT_ONCE) atMost(MANY_AT_ONCE, most, here, when)
  return errors
}

function unindexedErrors(spec: Spec, at: FieldPath): FieldError[] {
  return (['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const).flatMap((field) =>
    spec[field] === undefined ? [] : [invalidValue(at.child(field), spec[field], 'requires indexed completion mode')],
  )
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
  if (!policy || policy === 'Always') return [required(at, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(at, policy, ['OnFailure', 'Never'])]
  if (spec.podFailurePolicy && policy !== 'Never')
    return [invalidValue(at, policy, 'only "Never" is supported when podFailurePolicy is specified')]
  return []
}
