/** Rules of a version's subresources, printer columns and selectable fields. */
import { duplicate, type FieldError, type FieldPath, invalidValue, required } from '../field.ts'
import { type PrinterColumn, type Subresources, schemaOf, type Version } from './definition.ts'
import { keysOf, parseJsonPath } from './json-path.ts'
import { itemsOf, type JsonSchema } from './json-schema.ts'
import { propertyOf } from './normalize.ts'

export function subresourceErrors(subresources: Subresources | undefined, at: FieldPath): FieldError[] {
  const scale = subresources?.scale
  if (!scale) return []
  return [
    ...scalePathErrors(scale.specReplicasPath, ['.spec.'], at.child('scale.specReplicasPath')),
    ...scalePathErrors(scale.statusReplicasPath, ['.status.'], at.child('scale.statusReplicasPath')),
    ...(scale.labelSelectorPath
      ? scalePathErrors(scale.labelSelectorPath, ['.spec.', '.status.'], at.child('scale.labelSelectorPath'))
      : []),
  ]
}

function scalePathErrors(path: string | undefined, under: readonly string[], at: FieldPath): FieldError[] {
  if (!path) return [required(at)]
  const wrong = simplePathErrors(path, at)
  if (wrong.length > 0) return wrong
  if (under.some((prefix) => path.startsWith(prefix)) && keysOf(parseJsonPath(path) ?? [])) return []
  const where = under.length === 1 ? under[0]?.slice(0, -1) : 'either .spec or .status'
  return [invalidValue(at, path, `should be a json path under ${where}`)]
}

function simplePathErrors(path: string, at: FieldPath): FieldError[] {
  return path.startsWith('.') ? [] : [invalidValue(at, path, 'must be a simple json path starting with .')]
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

export function columnErrors({ name, type, format, jsonPath }: PrinterColumn, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (!name) errors.push(required(at.child('name')))
  const types = `must be one of ${COLUMN_TYPES.join(',')}`
  if (!type) errors.push(required(at.child('type'), types))
  else if (!COLUMN_TYPES.includes(type)) errors.push(invalidValue(at.child('type'), type, types))
  if (format && !COLUMN_FORMATS.includes(format))
    errors.push(invalidValue(at.child('format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`))
  if (!jsonPath) errors.push(required(at.child('JSONPath')))
  else errors.push(...simplePathErrors(jsonPath, at.child('JSONPath')))
  return errors
}

const MAX_SELECTABLE_FIELDS = 8
const SELECTABLE_TYPES = ['string', 'boolean', 'integer']

/** KEP-4358. */
export function selectableFieldErrors(version: Version, at: FieldPath): FieldError[] {
  const fields = version.selectableFields ?? []
  const schema = schemaOf(version)
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { jsonPath }] of fields.entries()) {
    const here = at.index(index).child('jsonPath')
    if (!jsonPath) errors.push(required(here))
    else errors.push(...selectableErrors(schema, jsonPath, here, seen))
  }
  if (seen.size > MAX_SELECTABLE_FIELDS)
    errors.push({
      reason: 'FieldValueTooMany',
      field: at.text,
      message: `Too many: ${seen.size}: must have at most ${MAX_SELECTABLE_FIELDS} items`,
    })
  return errors
}

function selectableErrors(
  schema: JsonSchema | undefined,
  jsonPath: string,
  at: FieldPath,
  seen: Set<string>,
): FieldError[] {
  const keys = jsonPath.startsWith('.') ? keysOf(parseJsonPath(jsonPath) ?? []) : undefined
  const found = keys && keys.length > 0 ? schemaAt(schema, keys) : undefined
  if (!keys || !found) return [invalidValue(at, jsonPath, 'is an invalid path: does not refer to a valid field')]
  const errors: FieldError[] = []
  if (keys[0] === 'metadata') errors.push(invalidValue(at, jsonPath, 'must not point to fields in metadata'))
  if (!SELECTABLE_TYPES.includes(found.type ?? ''))
    errors.push(
      invalidValue(
        at,
        jsonPath,
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      ),
    )
  if (seen.has(jsonPath)) errors.push(duplicate(at, jsonPath))
  seen.add(jsonPath)
  return errors
}

/** The schema of the field that keys lead to. */
function schemaAt(schema: JsonSchema | undefined, keys: readonly string[]): JsonSchema | undefined {
  let at = schema
  for (const key of keys) at = at && !itemsOf(at) ? propertyOf(at, key) : undefined
  return at
}
