/** Of a schema's lists: whose items are told from each other, and by what (x-kubernetes-list-type). */
import { type FieldError, type FieldPath, forbiddenField, invalidValue, notSupported, required } from '../field.ts'
import { itemsOf, type JsonSchema } from './json-schema.ts'

const LIST_TYPES = ['atomic', 'map', 'set']
const MAP_ONLY = 'must be map if x-kubernetes-list-map-keys is non-empty'

export function listErrors(schema: JsonSchema, at: FieldPath): FieldError[] {
  const { type, 'x-kubernetes-list-type': listType, 'x-kubernetes-list-map-keys': keys = [] } = schema
  const here = at.child('x-kubernetes-list-type')
  if (listType === undefined) return keys.length > 0 ? [required(here, MAP_ONLY)] : []
  const errors: FieldError[] = []
  if (type !== 'array') {
    const detail = 'must be array if x-kubernetes-list-type is specified'
    errors.push(type ? invalidValue(at.child('type'), type, detail) : required(at.child('type'), detail))
  }
  if (!LIST_TYPES.includes(listType)) errors.push(notSupported(here, listType, LIST_TYPES))
  if (keys.length > 0 && listType !== 'map') errors.push(invalidValue(here, listType, MAP_ONLY))
  const items = itemsOf(schema)
  if (items?.nullable && listType !== 'atomic')
    errors.push(
      forbiddenField(
        at.child('items').child('nullable'),
        `cannot be nullable when x-kubernetes-list-type is ${listType}`,
      ),
    )
  if (listType === 'set' && type === 'array' && items) errors.push(...setErrors(items, at.child('items')))
  if (listType === 'map') errors.push(...mapErrors(items, keys, at))
  return errors
}

/** An item of a set is compared as a whole. */
function setErrors(items: JsonSchema, at: FieldPath): FieldError[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const { 'x-kubernetes-list-type': listType, 'x-kubernetes-map-type': mapType } = items
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidValue(at.child('x-kubernetes-list-type'), listType, detail)]
  if (items.type === 'object' && mapType !== 'atomic')
    return [invalidValue(at.child('x-kubernetes-map-type'), mapType, detail)]
  return []
}

function mapErrors(items: JsonSchema | undefined, keys: readonly string[], at: FieldPath): FieldError[] {
  const where = at.child('x-kubernetes-list-map-keys')
  const errors = keys.length > 0 ? [] : [required(where, 'must not be empty if x-kubernetes-list-type is map')]
  if (!items) return [...errors, required(at.child('items'), 'must have a schema if x-kubernetes-list-type is map')]
  const here = at.child('items')
  if (items.type !== 'object')
    errors.push(
      invalidValue(
        here.child('type'),
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    )
  for (const [index, key] of keys.entries()) {
    errors.push(...keyErrors(items, key, here))
    if (items.type !== 'object') continue
    if (!propertyNamed(items, key))
      errors.push(invalidValue(where, keys, 'entries must all be names of item properties'))
    if (keys.indexOf(key) < index) errors.push(invalidValue(where, keys, 'must not contain duplicate entries'))
  }
  return errors
}

const propertyNamed = ({ properties = {} }: JsonSchema, name: string): JsonSchema | undefined =>
  Object.hasOwn(properties, name) ? properties[name] : undefined

/** Each item has a value of each key, and one that can be compared. */
function keyErrors(items: JsonSchema, key: string, at: FieldPath): FieldError[] {
  const property = propertyNamed(items, key)
  if (!property) return []
  const here = at.child('properties').key(key)
  const why = 'this property is in x-kubernetes-list-map-keys, so it'
  const errors: FieldError[] = []
  if (items.type === 'object' && (property.type === 'array' || property.type === 'object'))
    // The type that is shown is that of the items: so does Kubernetes.
    errors.push(
      invalidValue(
        here.child('type'),
        items.type,
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      ),
    )
  if (property.default === undefined && !items.required?.includes(key))
    errors.push(required(here.child('default'), `${why} must have a default or be a required property`))
  if (property.nullable) errors.push(forbiddenField(here.child('nullable'), `${why} cannot be nullable`))
  return errors
}
