/** The shape of the generated schema table. */

/**
 * A type: `string`, `bool`, `int32`, `int64`, `double`, `quantity`, `time`, `microtime`, `intstr`, `byte` (base64), `any`
 * (an object of any kind), `json` (any value), `schemaOrBool`, `schemaOrArray` and `schemaOrStrings` (within a
 * CustomResourceDefinition), or `#` and a definition's name; before it `[]` for a list or `{}` for a map of it.
 */
export type FieldType = string

export interface Definition {
  readonly fields: Readonly<Record<string, FieldType>>
  readonly required?: readonly string[]
  /** Values that a field takes. */
  readonly enums?: Readonly<Record<string, readonly string[]>>
}
