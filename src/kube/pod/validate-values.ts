/** Checks of single values that several parts of a Pod share. */
import { type FieldError, type FieldPath, invalidValue } from '../field.ts'

export function named(
  name: string | undefined,
  at: FieldPath,
  rule: (name: string) => string[],
  errors: FieldError[],
): void {
  if (!name) return
  for (const why of rule(name)) errors.push(invalidValue(at, name, why))
}

export function notNegative(value: number | undefined, at: FieldPath, errors: FieldError[]): void {
  if (value !== undefined && value < 0) errors.push(invalidValue(at, value, 'must be greater than or equal to 0'))
}
