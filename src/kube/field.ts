/**
 * Paths and errors of fields, worded as k8s.io/apimachinery's `util/validation/field`: clients and people
 * read `spec.containers[0].name: Required value`.
 */

export type FieldReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid'

export interface FieldError {
  readonly reason: FieldReason
  readonly field: string
  readonly message: string
}

/** Built only where an error is reported or a child visited; holds text, so it is cheap to pass down. */
export class FieldPath {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  child(name: string): FieldPath {
    return new FieldPath(this.text === '' ? name : `${this.text}.${name}`)
  }
  index(at: number): FieldPath {
    return new FieldPath(`${this.text}[${at}]`)
  }
  key(key: string): FieldPath {
    return new FieldPath(`${this.text}[${key}]`)
  }
  toString(): string {
    return this.text
  }
}

export const root = new FieldPath('')

const shown = (value: unknown): string => (value === undefined ? 'null' : JSON.stringify(value))

export const required = (at: FieldPath, detail = ''): FieldError => ({
  reason: 'FieldValueRequired',
  field: at.text,
  message: detail === '' ? 'Required value' : `Required value: ${detail}`,
})

export const invalidValue = (at: FieldPath, value: unknown, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field: at.text,
  message: `Invalid value: ${shown(value)}: ${detail}`,
})

/** With the value as Go writes it (`%#v`), where that is not JSON. */
export const invalidAs = (at: FieldPath, shownAs: string, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field: at.text,
  message: `Invalid value: ${shownAs}: ${detail}`,
})

export const notSupported = (at: FieldPath, value: unknown, supported: readonly string[]): FieldError => ({
  reason: 'FieldValueNotSupported',
  field: at.text,
  message: `Unsupported value: ${shown(value)}: supported values: ${[...supported].sort().map(shown).join(', ')}`,
})

export const duplicate = (at: FieldPath, value: unknown): FieldError => ({
  reason: 'FieldValueDuplicate',
  field: at.text,
  message: `Duplicate value: ${shown(value)}`,
})

export const forbiddenField = (at: FieldPath, detail: string): FieldError => ({
  reason: 'FieldValueForbidden',
  field: at.text,
  message: `Forbidden: ${detail}`,
})

export const tooLong = (at: FieldPath, maxBytes: number): FieldError => ({
  reason: 'FieldValueTooLong',
  field: at.text,
  message: `Too long: may not be more than ${maxBytes} bytes`,
})

export const notFoundValue = (at: FieldPath, value: unknown): FieldError => ({
  reason: 'FieldValueNotFound',
  field: at.text,
  message: `Not found: ${shown(value)}`,
})

/** One value that breaks several rules. */
export const invalidEach = (at: FieldPath, value: unknown, problems: readonly string[]): FieldError[] =>
  problems.map((why) => invalidValue(at, value, why))

export const tooMany = (at: FieldPath, count: number, most: number): FieldError => ({
  reason: 'FieldValueTooMany',
  field: at.text,
  message: `Too many: ${count}: must have at most ${most} items`,
})
