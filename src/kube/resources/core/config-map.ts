import { column, resource } from '../../define.ts'
import { type FieldError, type FieldPath, forbiddenField, invalidValue, tooLong } from '../../field.ts'
import { byteLength, deepEqual } from '../../json.ts'
import { configKeyErrors } from '../../names.ts'
import type { ConfigMap } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const MAX_BYTES = 1024 * 1024

function validate({ data = {}, binaryData = {} }: ConfigMap, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  let size = 0
  for (const [part, values] of [
    ['data', data],
    ['binaryData', binaryData],
  ] as const) {
    for (const key of Object.keys(values)) {
      for (const why of configKeyErrors(key)) errors.push(invalidValue(at.child(part).key(key), key, why))
      const value = values[key] ?? ''
      size += part === 'data' ? byteLength(value) : Math.floor((value.length * 3) / 4)
    }
  }
  for (const key of Object.keys(data))
    if (Object.hasOwn(binaryData, key))
      errors.push(invalidValue(at.child('data').key(key), key, 'duplicate of key present in binaryData'))
  if (size > MAX_BYTES) errors.push(tooLong(at, MAX_BYTES))
  return errors
}

export const configMaps = resource<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  scope: 'namespaced',
  schema: 'io.k8s.api.core.v1.ConfigMap',
  columns: [
    nameColumn(),
    column(
      'Data',
      'integer',
      ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    ),
    ageColumn(),
  ],
  validate,
  validateUpdate(next, previous, at) {
    if (previous.immutable !== true) return []
    const errors: FieldError[] = []
    if (next.immutable !== true)
      errors.push(forbiddenField(at.child('immutable'), 'field is immutable when `immutable` is set'))
    if (!deepEqual(next.data ?? {}, previous.data ?? {}))
      errors.push(forbiddenField(at.child('data'), 'field is immutable when `immutable` is set'))
    if (!deepEqual(next.binaryData ?? {}, previous.binaryData ?? {}))
      errors.push(forbiddenField(at.child('binaryData'), 'field is immutable when `immutable` is set'))
    return errors
  },
})
