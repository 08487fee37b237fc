/** Rules of what says where a Pod may run: tolerations and affinity (k8s.io/kubernetes pkg/apis/core/validation). */
import {
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../field.ts'
import { dnsLabelErrors, dnsSubdomainErrors, labelValueErrors, qualifiedNameErrors } from '../names.ts'
import { labelSelectorErrors } from '../resources/label-selector.ts'
import type { LabelSelectorObject } from '../selectors.ts'
import type { Pod } from '../types.ts'

type PodSpec = Pod['spec']

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const OPERATORS = ['Equal', 'Exists']

export function validateTolerations(
  tolerations: NonNullable<PodSpec['tolerations']>,
  at: FieldPath,
  errors: FieldError[],
): void {
  for (const [index, toleration] of tolerations.entries()) {
    const here = at.index(index)
    if (toleration.key)
      for (const why of qualifiedNameErrors(toleration.key))
        errors.push(invalidValue(here.child('key'), toleration.key, why))
    if (!toleration.key && toleration.operator !== 'Exists')
      errors.push(
        invalidValue(
          here.child('operator'),
          toleration.operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute')
      errors.push(
        invalidValue(
          here.child('effect'),
          toleration.effect ?? '',
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      )
    errors.push(...valueErrors(toleration, here.child('operator')))
    if (toleration.effect && !EFFECTS.includes(toleration.effect))
      errors.push(notSupported(here.child('effect'), toleration.effect, EFFECTS))
  }
}

type Toleration = NonNullable<PodSpec['tolerations']>[number]

/** Kubernetes blames the operator for the value. */
function valueErrors(toleration: Toleration, at: FieldPath): FieldError[] {
  const { operator, value = '' } = toleration
  if (operator && !OPERATORS.includes(operator)) return [notSupported(at, operator, OPERATORS)]
  if (operator === 'Exists')
    return value ? [invalidValue(at, toleration, "value must be empty when `operator` is 'Exists'")] : []
  const problems = labelValueErrors(value)
  return problems.length > 0 ? [invalidValue(at, value, problems.join(';'))] : []
}

const VALUES_OF: Readonly<Record<string, (values: readonly string[], at: FieldPath) => FieldError[]>> = {
  In: someValues,
  NotIn: someValues,
  Exists: noValues,
  DoesNotExist: noValues,
  Gt: oneValue,
  Lt: oneValue,
}
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'
const MAX_WEIGHT = 100

export function validateAffinity({ affinity }: PodSpec, at: FieldPath, errors: FieldError[]): void {
  const node = at.child('nodeAffinity')
  const needed = affinity?.nodeAffinity?.[REQUIRED]
  if (needed) errors.push(...nodeSelectorErrors(needed, node.child(REQUIRED)))
  for (const [index, { weight, preference }] of (affinity?.nodeAffinity?.[PREFERRED] ?? []).entries()) {
    const here = node.child(PREFERRED).index(index)
    errors.push(...weightErrors(weight, here), ...nodeTermErrors(preference ?? {}, here.child('preference')))
  }
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const)
    errors.push(...podAffinityErrors(affinity?.[kind] ?? {}, at.child(kind)))
}

/** Which nodes a Pod needs, or which a volume can be reached from. */
export function nodeSelectorErrors(
  { nodeSelectorTerms = [] }: { readonly nodeSelectorTerms?: readonly NodeTerm[] },
  at: FieldPath,
): FieldError[] {
  const terms = at.child('nodeSelectorTerms')
  if (nodeSelectorTerms.length === 0) return [required(terms, 'must have at least one node selector term')]
  return nodeSelectorTerms.flatMap((term, index) => [
    ...nodeTermErrors(term, terms.index(index)),
    ...labelErrorsOf(term, terms.index(index)),
  ])
}

/** Of what is but preferred any value will do. */
const labelErrorsOf = ({ matchExpressions = [] }: NodeTerm, at: FieldPath): FieldError[] =>
  matchExpressions.flatMap(({ values = [] }, index) =>
    values.flatMap((value, each) =>
      invalidEach(
        at.child('matchExpressions').index(index).child('values').index(each),
        value,
        labelValueErrors(value),
      ),
    ),
  )

type PodAffinity = NonNullable<NonNullable<PodSpec['affinity']>['podAffinity']>
type PodTerm = NonNullable<PodAffinity[typeof REQUIRED]>[number]

const podAffinityErrors = (affinity: PodAffinity, at: FieldPath): FieldError[] => [
  ...(affinity[REQUIRED] ?? []).flatMap((term, index) => podTermErrors(term, at.child(REQUIRED).index(index))),
  ...(affinity[PREFERRED] ?? []).flatMap(({ weight, podAffinityTerm }, index) => {
    const here = at.child(PREFERRED).index(index)
    return [...weightErrors(weight, here), ...podTermErrors(podAffinityTerm ?? {}, here.child('podAffinityTerm'))]
  }),
]

function podTermErrors(term: Partial<PodTerm>, at: FieldPath): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey = '' } = term
  const { matchLabelKeys = [], mismatchLabelKeys = [] } = term
  const here = at.child('topologyKey')
  return [
    ...labelSelectorErrors(labelSelector, at.child('labelSelector')),
    ...labelSelectorErrors(namespaceSelector, at.child('namespaceSelector')),
    ...namespaces.flatMap((name) => invalidEach(at.child('namespace'), name, dnsLabelErrors(name))),
    ...keyErrors(matchLabelKeys, labelSelector, at.child('matchLabelKeys')),
    ...keyErrors(mismatchLabelKeys, labelSelector, at.child('mismatchLabelKeys')),
    ...sameKeyErrors(matchLabelKeys, labelSelector, at),
    ...matchLabelKeys.flatMap((key, index) =>
      mismatchLabelKeys.includes(key)
        ? [
            invalidValue(
              at.child('matchLabelKeys').index(index),
              key,
              'exists in both matchLabelKeys and mismatchLabelKeys',
            ),
          ]
        : [],
    ),
    ...(topologyKey ? [] : [required(here, 'can not be empty')]),
    ...invalidEach(here, topologyKey, qualifiedNameErrors(topologyKey)),
  ]
}

function keyErrors(keys: readonly string[], selector: LabelSelectorObject | undefined, at: FieldPath): FieldError[] {
  if (keys.length === 0) return []
  if (!selector) return [forbiddenField(at, 'must not be specified when labelSelector is not set')]
  return keys.flatMap((key, index) => invalidEach(at.index(index), key, qualifiedNameErrors(key)))
}

/**
 * A key stands in the selector once for `matchLabelKeys`, which Kubernetes puts there; twice is a contradiction. It names
 * the term's index by the key's.
 */
function sameKeyErrors(
  keys: readonly string[],
  selector: LabelSelectorObject | undefined,
  at: FieldPath,
): FieldError[] {
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}))
  const errors: FieldError[] = []
  for (const { key } of selector?.matchExpressions ?? []) {
    if (keys.includes(key) && seen.has(key))
      errors.push(invalidValue(at.index(keys.lastIndexOf(key)), key, 'exists in both matchLabelKeys and labelSelector'))
    seen.add(key)
  }
  return errors
}

const weightErrors = (weight: number | undefined, at: FieldPath): FieldError[] =>
  weight !== undefined && weight > 0 && weight <= MAX_WEIGHT
    ? []
    : [invalidValue(at.child('weight'), weight ?? 0, 'must be in the range 1-100')]

interface NodeTerm {
  readonly matchExpressions?: readonly Requirement[]
  readonly matchFields?: readonly Requirement[]
}
interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

const nodeTermErrors = ({ matchExpressions = [], matchFields = [] }: NodeTerm, at: FieldPath): FieldError[] => [
  ...matchExpressions.flatMap((each, index) => expressionErrors(each, at.child('matchExpressions').index(index))),
  ...matchFields.flatMap((each, index) => fieldErrors(each, at.child('matchFields').index(index))),
]

function expressionErrors({ key, operator, values = [] }: Requirement, at: FieldPath): FieldError[] {
  const rule = Object.hasOwn(VALUES_OF, operator) ? VALUES_OF[operator] : undefined
  return [
    ...(rule?.(values, at.child('values')) ?? [unknownOperator(operator, at)]),
    ...invalidEach(at.child('key'), key ?? '', qualifiedNameErrors(key ?? '')),
  ]
}

/** A node has one field to be selected by: its name. */
function fieldErrors({ key, operator, values = [] }: Requirement, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn') errors.push(unknownOperator(operator, at))
  else if (values.length !== 1)
    errors.push(
      required(at.child('values'), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    )
  if (key !== 'metadata.name')
    return [...errors, invalidValue(at.child('key'), key ?? '', 'not a valid field selector key')]
  const names = values.flatMap((name, index) =>
    invalidEach(at.child('values').index(index), name, dnsSubdomainErrors(name)),
  )
  return [...errors, ...names]
}

const unknownOperator = (operator: string, at: FieldPath): FieldError =>
  invalidValue(at.child('operator'), operator ?? '', 'not a valid selector operator')

function someValues(values: readonly string[], at: FieldPath): FieldError[] {
  return values.length > 0 ? [] : [required(at, "must be specified when `operator` is 'In' or 'NotIn'")]
}

function noValues(values: readonly string[], at: FieldPath): FieldError[] {
  if (values.length === 0) return []
  return [forbiddenField(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
}

function oneValue(values: readonly string[], at: FieldPath): FieldError[] {
  return values.length === 1 ? [] : [required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
}
