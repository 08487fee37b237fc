/** Match conditions: expressions that must all hold for a webhook or policy to be asked at all. */
import type { IIoK8sApiAdmissionregistrationV1MatchCondition } from 'kubernetes-models/admissionregistration.k8s.io/v1'
import { type ExpressionScope, faultIn } from '../../admission/expressions.ts'
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

export type MatchCondition = IIoK8sApiAdmissionregistrationV1MatchCondition

const MAX_CONDITIONS = 64

export function matchConditionErrors(
  conditions: readonly MatchCondition[] | undefined,
  at: FieldPath,
  scope: ExpressionScope,
): FieldError[] {
  if (!conditions) return []
  const names = conditions.map(({ name }) => name)
  return [
    ...(conditions.length > MAX_CONDITIONS ? [tooMany(at, conditions.length, MAX_CONDITIONS)] : []),
    ...conditions.flatMap((condition, index) => [
      ...conditionErrors(condition, at.index(index), scope),
      ...(condition.name && names.indexOf(condition.name) < index
        ? [duplicate(at.index(index).child('name'), condition.name)]
        : []),
    ]),
  ]
}

function conditionErrors(
  { name, expression = '' }: MatchCondition,
  at: FieldPath,
  scope: ExpressionScope,
): FieldError[] {
  const text = expression.trim()
  const errors: FieldError[] = []
  if (text === '') errors.push(required(at.child('expression')))
  else {
    const fault = faultIn(scope, text, ['bool'])
    if (fault !== undefined) errors.push(invalidValue(at.child('expression'), text, fault))
  }
  return name
    ? [...errors, ...invalidEach(at.child('name'), name, qualifiedNameErrors(name))]
    : [...errors, required(at.child('name'))]
}
