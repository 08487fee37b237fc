/** Rules of label selectors: k8s.io/apimachinery's `meta/v1/validation` (ValidateLabelSelector). */
import { type FieldError, type FieldPath, forbiddenField, invalidEach, invalidValue, required } from '../field.ts'
import { labelErrors } from '../metadata.ts'
import { labelValueErrors, qualifiedNameErrors } from '../names.ts'
import { fromLabelSelector, type LabelSelector, type LabelSelectorObject } from '../selectors.ts'

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist']

type Expression = NonNullable<LabelSelectorObject['matchExpressions']>[number]

/** An empty selector is right here; kinds that want more say so themselves. */
export function labelSelectorErrors(selector: LabelSelectorObject | undefined, at: FieldPath): FieldError[] {
  if (!selector) return []
  return [
    ...labelErrors({ ...selector.matchLabels }, at.child('matchLabels')),
    ...(selector.matchExpressions ?? []).flatMap((expression, index) =>
      expressionErrors(expression, at.child('matchExpressions').index(index)),
    ),
  ]
}

function expressionErrors({ key = '', operator, values = [] }: Expression, at: FieldPath): FieldError[] {
  const errors = invalidEach(at.child('key'), key, qualifiedNameErrors(key))
  if (!OPERATORS.includes(operator))
    errors.push(invalidValue(at.child('operator'), operator ?? '', 'not a valid selector operator'))
  const needsValues = operator === 'In' || operator === 'NotIn'
  if (needsValues && values.length === 0)
    errors.push(required(at.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"))
  if (!needsValues && values.length > 0)
    errors.push(
      forbiddenField(at.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
    )
  for (const value of values) errors.push(...invalidEach(at.child('values'), value, labelValueErrors(value)))
  return errors
}

export const isEmptySelector = (selector: LabelSelectorObject): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0

/** Undefined for one that can't be read: what is wrong with it is said apart. */
export function readableSelector(selector: LabelSelectorObject | undefined): LabelSelector | undefined {
  try {
    return fromLabelSelector(selector)
  } catch {
    return undefined
  }
}
