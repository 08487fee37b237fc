/** Checks of single values that several parts of a Pod share. */
import { type FieldError, type FieldPath, invalidValue } from '../field.ts'
import { toNumber } from '../json.ts'

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
  if (value !== undefined && toNumber(value) < 0)
    errors.push(invalidValue(at, value, 'must be greater than or equal to 0'))
}

const MAX_ID = 2 ** 31 - 1

/** A user or group id of Linux, as Kubernetes takes them (IsValidUserID). */
export function accountId(value: number | undefined, at: FieldPath, errors: FieldError[]): void {
  if (value === undefined || (toNumber(value) >= 0 && toNumber(value) <= MAX_ID)) return
  errors.push(invalidValue(at, value, `must be between 0 and ${MAX_ID}, inclusive`))
}
