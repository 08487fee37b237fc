/** Rules of what says where a Pod may run: tolerations, affinity, spread (k8s.io/kubernetes pkg/apis/core/validation). */
import { type FieldError, type FieldPath, invalidValue, notSupported, required } from '../field.ts'
import { labelValueErrors, qualifiedNameErrors } from '../names.ts'
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
    if (toleration.operator && !OPERATORS.includes(toleration.operator))
      errors.push(notSupported(here.child('operator'), toleration.operator, OPERATORS))
    if (toleration.operator === 'Exists' && toleration.value)
      errors.push(invalidValue(here.child('operator'), toleration, "value must be empty when `operator` is 'Exists'"))
    if (toleration.value)
      for (const why of labelValueErrors(toleration.value))
        errors.push(invalidValue(here.child('value'), toleration.value, why))
    if (toleration.effect && !EFFECTS.includes(toleration.effect))
      errors.push(notSupported(here.child('effect'), toleration.effect, EFFECTS))
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute')
      errors.push(
        invalidValue(
          here.child('effect'),
          toleration.effect ?? '',
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      )
  }
}

const NODE_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']

export function validateAffinity({ affinity }: PodSpec, at: FieldPath, errors: FieldError[]): void {
  const node = affinity?.nodeAffinity
  const required_ = node?.requiredDuringSchedulingIgnoredDuringExecution
  const terms = required_?.nodeSelectorTerms ?? []
  const where = at
    .child('nodeAffinity')
    .child('requiredDuringSchedulingIgnoredDuringExecution')
    .child('nodeSelectorTerms')
  if (required_ && terms.length === 0) errors.push(required(where, 'must have at least one node selector term'))
  for (const [index, term] of terms.entries()) {
    for (const [each, expression] of (term.matchExpressions ?? []).entries()) {
      const here = where.index(index).child('matchExpressions').index(each)
      if (!NODE_OPERATORS.includes(expression.operator))
        errors.push(invalidValue(here.child('operator'), expression.operator, 'not a valid selector operator'))
      if ((expression.operator === 'In' || expression.operator === 'NotIn') && (expression.values ?? []).length === 0)
        errors.push(required(here.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"))
    }
  }
}

const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway']

export function validateSpread({ topologySpreadConstraints = [] }: PodSpec, at: FieldPath, errors: FieldError[]): void {
  for (const [index, constraint] of topologySpreadConstraints.entries()) {
    const here = at.index(index)
    if (constraint.maxSkew !== undefined && constraint.maxSkew <= 0)
      errors.push(invalidValue(here.child('maxSkew'), constraint.maxSkew, 'must be greater than zero'))
    if (constraint.whenUnsatisfiable && !UNSATISFIABLE.includes(constraint.whenUnsatisfiable))
      errors.push(notSupported(here.child('whenUnsatisfiable'), constraint.whenUnsatisfiable, UNSATISFIABLE))
  }
}
