/** Rules that Deployments, ReplicaSets and ReplicationControllers share. */
import { type FieldError, type FieldPath, invalidValue, notSupported } from '../field.ts'
import { annotationErrors, labelErrors } from '../metadata.ts'
import { labelValueErrors, qualifiedNameErrors } from '../names.ts'
import { defaultPodSpec } from '../pod/defaults.ts'
import { validatePodSpec } from '../pod/validate.ts'
import { formatLabelSelector, fromLabelSelector, type LabelSelectorObject, matches } from '../selectors.ts'
import type { Pod } from '../types.ts'

export interface Template {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  spec?: unknown
}

/** A decoded template's spec is a Pod spec; required fields are checked apart. */
export const podSpecOf = (template: Template | undefined): Pod['spec'] | undefined =>
  template?.spec as Pod['spec'] | undefined

/** A missing spec becomes an empty one, which is refused for the containers it lacks. */
export function defaultTemplate(template: Template | undefined): void {
  if (!template) return
  template.spec ??= {}
  const spec = podSpecOf(template)
  if (spec?.containers) defaultPodSpec(spec)
}

export function validateTemplate(
  template: Template | undefined,
  selector: LabelSelectorObject | undefined,
  at: FieldPath,
): FieldError[] {
  if (!template) return []
  const here = at.child('template')
  const labels = template.metadata?.labels
  const errors = [
    ...labelErrors(labels, here.child('metadata').child('labels')),
    ...annotationErrors(template.metadata?.annotations, here.child('metadata').child('annotations')),
  ]
  const parsed = safeSelector(selector)
  if (parsed && !matches(parsed, labels))
    errors.push(
      invalidValue(here.child('metadata').child('labels'), labels ?? {}, '`selector` does not match template `labels`'),
    )
  const spec = podSpecOf(template)
  if (!spec?.containers) return errors
  errors.push(...validatePodSpec(spec, here.child('spec')))
  if (spec.restartPolicy !== undefined && spec.restartPolicy !== 'Always')
    errors.push(notSupported(here.child('spec').child('restartPolicy'), spec.restartPolicy, ['Always']))
  if (spec.activeDeadlineSeconds !== undefined)
    errors.push({
      reason: 'FieldValueForbidden',
      field: here.child('spec').child('activeDeadlineSeconds').text,
      message: 'Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
    })
  return errors
}

function safeSelector(selector: LabelSelectorObject | undefined) {
  try {
    return fromLabelSelector(selector)
  } catch {
    return undefined
  }
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist']

export function validateSelector(selector: LabelSelectorObject | undefined, at: FieldPath): FieldError[] {
  if (!selector) return []
  const errors = labelErrors({ ...selector.matchLabels }, at.child('matchLabels'))
  for (const [index, { key, operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const here = at.child('matchExpressions').index(index)
    for (const why of qualifiedNameErrors(key ?? '')) errors.push(invalidValue(here.child('key'), key, why))
    if (!OPERATORS.includes(operator))
      errors.push(invalidValue(here.child('operator'), operator, 'not a valid selector operator'))
    const needsValues = operator === 'In' || operator === 'NotIn'
    if (needsValues && values.length === 0)
      errors.push({
        reason: 'FieldValueRequired',
        field: here.child('values').text,
        message: "Required value: must be specified when `operator` is 'In' or 'NotIn'",
      })
    if (!needsValues && values.length > 0)
      errors.push({
        reason: 'FieldValueForbidden',
        field: here.child('values').text,
        message: "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      })
    for (const value of values)
      for (const why of labelValueErrors(value)) errors.push(invalidValue(here.child('values'), value, why))
  }
  const isEmpty = Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0
  if (isEmpty) errors.push(invalidValue(at, selector, 'empty selector is invalid for deployment'))
  return errors
}

export function countErrors(value: number | undefined, at: FieldPath): FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(at, value, 'must be greater than or equal to 0')] : []
}

export const selectorTextOf = (selector: LabelSelectorObject | undefined): string => {
  const parsed = fromLabelSelector(selector)
  return parsed ? formatLabelSelector(parsed) : ''
}
