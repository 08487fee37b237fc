/** Amounts that are a number or a percentage of one: k8s.io/kubernetes `ValidatePositiveIntOrPercent` and its like. */
import { type FieldError, type FieldPath, invalidValue } from '../field.ts'

export type IntOrPercent = string | number | undefined

export function amountErrors(value: IntOrPercent, at: FieldPath): FieldError[] {
  if (typeof value === 'number') return value < 0 ? [invalidValue(at, value, 'must be greater than or equal to 0')] : []
  if (value === undefined || /^\d+%$/.test(value)) return []
  return [
    invalidValue(
      at,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ]
}

export const isZero = (value: IntOrPercent): boolean => value === 0 || value === '0%' || value === '0'

/** More than all of them is no amount. */
export function moreThanAllErrors(value: IntOrPercent, at: FieldPath): FieldError[] {
  const percent = typeof value === 'string' ? Number.parseInt(value, 10) : 0
  return percent > 100 ? [invalidValue(at, value, 'must not be greater than 100%')] : []
}
