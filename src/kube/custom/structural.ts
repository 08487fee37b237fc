/**
 * Whether a CustomResourceDefinition's schema is structural, with the messages of apiextensions' `schema` and `validation`
 * packages.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
import { type FieldError, type FieldPath, forbiddenField, invalidValue, notSupported, required } from '../field.ts'
import { clone } from '../json.ts'
import { additionalOf, isEmbedded, isIntOrString, itemsOf, type JsonSchema, preserves } from './json-schema.ts'
import { applyDefaults, dropNulls, prune } from './normalize.ts'
import { type RuleCosts, totalCostErrors } from './rule-costs.ts'
import { patternOf, schemaErrors } from './validate.ts'
import { type RulePlace, validationRuleErrors } from './validate-rules.ts'

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const JUNCTORS = ['allOf', 'anyOf', 'oneOf'] as const

/** `at` is the path of `openAPIV3Schema`. */
export function structuralErrors(schema: JsonSchema, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (!schema.type) errors.push(required(at.child('type'), 'must not be empty at the root'))
  else if (schema.type !== 'object')
    errors.push(invalidValue(at.child('type'), schema.type, 'must be object at the root'))
  if (schema.nullable) errors.push(forbiddenField(at.child('nullable'), 'nullable cannot be true at the root'))
  metadataErrors(schema, at, errors)
  const costs: RuleCosts = []
  visit(schema, at, { isRoot: true, missingType: undefined, uncorrelated: undefined, times: 1, costs }, errors)
  return [...errors, ...totalCostErrors(costs, at)]
}

interface Place extends RulePlace {
  /** What is said where a type is missing; undefined where it may be. */
  readonly missingType: string | undefined
}

const FIELD = { isRoot: false, missingType: 'must not be empty for specified object fields' }
const ITEM = { isRoot: false, missingType: 'must not be empty for specified array items' }

function visit(schema: JsonSchema, at: FieldPath, place: Place, errors: FieldError[]): void {
  typeErrors(schema, at, place, errors)
  plainErrors(schema, at, errors)
  extensionErrors(schema, at, errors)
  defaultErrors(schema, at, errors)
  const { uncorrelated, times, costs } = place
  errors.push(...validationRuleErrors(schema, at, place))
  for (const [name, child] of Object.entries(schema.properties ?? {}))
    visit(child, at.child('properties').key(name), { ...FIELD, uncorrelated, times, costs }, errors)
  const additional = additionalOf(schema)
  if (additional) {
    const entries = multiplied(times, schema.maxProperties)
    visit(additional, at.child('additionalProperties'), { ...FIELD, uncorrelated, times: entries, costs }, errors)
  }
  const items = itemsOf(schema)
  const isMap = schema['x-kubernetes-list-type'] === 'map'
  if (items) {
    const former = { uncorrelated: uncorrelated ?? (isMap ? undefined : at) }
    visit(items, at.child('items'), { ...ITEM, ...former, times: multiplied(times, schema.maxItems), costs }, errors)
  }
  for (const [part, where] of partsOf(schema, at)) {
    junctorErrors(part, where, isIntOrString(schema), errors)
    specifiedErrors(part, schema, where, at, errors)
  }
}

const multiplied = (times: number | undefined, most: number | undefined): number | undefined =>
  times === undefined || most === undefined ? undefined : times * Math.max(0, most)

function typeErrors(schema: JsonSchema, at: FieldPath, { isRoot, missingType }: Place, errors: FieldError[]): void {
  if (isRoot) return
  if (schema.type && !TYPES.includes(schema.type)) errors.push(notSupported(at.child('type'), schema.type, TYPES))
  if (isIntOrString(schema)) {
    if (schema.type)
      errors.push(invalidValue(at.child('type'), schema.type, 'must be empty if x-kubernetes-int-or-string is true'))
    return
  }
  if (!schema.type && missingType && !preserves(schema)) errors.push(required(at.child('type'), missingType))
}

/** What JSON schema has and structural schemas do not. */
function plainErrors(schema: JsonSchema, at: FieldPath, errors: FieldError[]): void {
  if (schema.uniqueItems)
    errors.push(
      forbiddenField(
        at.child('uniqueItems'),
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    )
  if (Array.isArray(schema.items))
    errors.push(forbiddenField(at.child('items'), 'items must be a schema object and not an array'))
  if (schema.additionalProperties !== undefined && Object.keys(schema.properties ?? {}).length > 0)
    errors.push(
      forbiddenField(at.child('additionalProperties'), 'additionalProperties and properties are mutual exclusive'),
    )
  if (schema.additionalProperties === false)
    errors.push(forbiddenField(at.child('additionalProperties'), 'additionalProperties cannot be set to false'))
  for (const name of UNSUPPORTED)
    if (Object.hasOwn(schema, name)) errors.push(forbiddenField(at.child(name), `${name} is not supported`))
  if (schema.pattern !== undefined && !patternOf(schema.pattern))
    errors.push(invalidValue(at.child('pattern'), schema.pattern, 'must be a valid regular expression'))
}

const UNSUPPORTED = ['$ref', 'definitions', 'dependencies', 'patternProperties', 'additionalItems', 'id', '$schema']

function extensionErrors(schema: JsonSchema, at: FieldPath, errors: FieldError[]): void {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalidValue(at.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'))
  if (isEmbedded(schema)) {
    if (schema.type !== 'object')
      errors.push(
        invalidValue(at.child('type'), schema.type ?? '', 'must be object if x-kubernetes-embedded-resource is true'),
      )
    if (!preserves(schema) && Object.keys(schema.properties ?? {}).length === 0)
      errors.push(
        required(
          at.child('properties'),
          'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
        ),
      )
  }
  listErrors(schema, at, errors)
  const mapType = schema['x-kubernetes-map-type']
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(at.child('x-kubernetes-map-type'), mapType, ['atomic', 'granular']))
  if (mapType !== undefined && schema.type !== 'object')
    errors.push(
      invalidValue(at.child('type'), schema.type ?? '', 'must be object if x-kubernetes-map-type is specified'),
    )
}

function listErrors(schema: JsonSchema, at: FieldPath, errors: FieldError[]): void {
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const here = at.child('x-kubernetes-list-map-keys')
  if (listType === undefined) {
    if (keys.length > 0)
      errors.push(
        forbiddenField(at.child('x-kubernetes-list-type'), 'must be map if x-kubernetes-list-map-keys is non-empty'),
      )
    return
  }
  if (!['atomic', 'map', 'set'].includes(listType))
    errors.push(notSupported(at.child('x-kubernetes-list-type'), listType, ['atomic', 'map', 'set']))
  if (schema.type !== 'array')
    errors.push(
      invalidValue(at.child('type'), schema.type ?? '', 'must be array if x-kubernetes-list-type is specified'),
    )
  const items = itemsOf(schema)
  if (listType === 'set' && items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    errors.push(
      invalidValue(
        at.child('items').child('x-kubernetes-map-type'),
        items['x-kubernetes-map-type'] ?? '',
        'must be atomic as item of a list with x-kubernetes-list-type=set',
      ),
    )
  if (listType !== 'map') {
    if (keys.length > 0) errors.push(invalidValue(here, keys, 'must be empty if x-kubernetes-list-type is not map'))
    return
  }
  if (keys.length === 0) errors.push(required(here, 'must not be empty if x-kubernetes-list-type is map'))
  for (const [index, key] of keys.entries()) {
    const property = items?.properties?.[key]
    if (!property) errors.push(invalidValue(here.index(index), key, 'must be a property of the items'))
    else if (property.default === undefined && !items?.required?.includes(key))
      errors.push(
        required(
          at.child('items').child('properties').key(key).child('default'),
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      )
  }
}

/** A default must itself be of its schema, and hold nothing that would be pruned. */
function defaultErrors(schema: JsonSchema, at: FieldPath, errors: FieldError[]): void {
  if (schema.default === undefined || schema.default === null) return
  const here = at.child('default')
  const value = clone(schema.default)
  const unknown: string[] = []
  prune(schema, value, here.text, unknown)
  for (const field of unknown)
    errors.push({ reason: 'FieldValueInvalid', field, message: 'Invalid value: must not have unknown fields' })
  dropNulls(schema, value)
  applyDefaults(schema, value)
  errors.push(...schemaErrors(schema, value, undefined, here.text))
}

function partsOf(schema: JsonSchema, at: FieldPath): [JsonSchema, FieldPath][] {
  const parts = JUNCTORS.flatMap((name) =>
    (schema[name] ?? []).map((part, index): [JsonSchema, FieldPath] => [part, at.child(name).index(index)]),
  )
  return schema.not ? [...parts, [schema.not, at.child('not')]] : parts
}

/** Within allOf, anyOf, oneOf and not there are constraints only: nothing that gives structure. */
const ONLY_OUTSIDE = ['description', 'type', 'default', 'title', 'additionalProperties', 'nullable'] as const

function junctorErrors(part: JsonSchema, at: FieldPath, isIntOrText: boolean, errors: FieldError[]): void {
  for (const field of ONLY_OUTSIDE) {
    const value = (part as Record<string, unknown>)[field]
    // The one pattern that int-or-string is written as: anyOf of the two types.
    if (field === 'type' && isIntOrText && (value === 'integer' || value === 'string')) continue
    if (value !== undefined && value !== '' && value !== false)
      errors.push(forbiddenField(at.child(field), 'must be empty to be structural'))
  }
  for (const field of Object.keys(part))
    if (field.startsWith('x-kubernetes-') && field !== 'x-kubernetes-validations')
      errors.push(forbiddenField(at.child(field), 'must be undefined to be structural'))
  for (const [name, child] of Object.entries(part.properties ?? {}))
    junctorErrors(child, at.child('properties').key(name), false, errors)
  const items = itemsOf(part)
  if (items) junctorErrors(items, at.child('items'), false, errors)
  for (const [nested, where] of partsOf(part, at)) junctorErrors(nested, where, isIntOrText, errors)
}

/** Every field that a junctor constrains stands outside of it as well. */
function specifiedErrors(
  part: JsonSchema,
  outside: JsonSchema,
  at: FieldPath,
  outsideAt: FieldPath,
  errors: FieldError[],
): void {
  for (const [name, child] of Object.entries(part.properties ?? {})) {
    const where = at.child('properties').key(name)
    const counterpart = outside.properties?.[name] ?? additionalOf(outside)
    const counterpartAt = outsideAt.child('properties').key(name)
    if (counterpart) specifiedErrors(child, counterpart, where, counterpartAt, errors)
    else if (!preserves(outside)) errors.push(required(counterpartAt, `because it is defined in ${where.text}`))
  }
  const items = itemsOf(part)
  const outsideItems = itemsOf(outside)
  if (items && outsideItems) specifiedErrors(items, outsideItems, at.child('items'), outsideAt.child('items'), errors)
  else if (items && !preserves(outside))
    errors.push(required(outsideAt.child('items'), `because it is defined in ${at.child('items').text}`))
}

/** The root's metadata is Kubernetes' own: a schema may narrow names only. */
function metadataErrors(schema: JsonSchema, at: FieldPath, errors: FieldError[]): void {
  const metadata = schema.properties?.['metadata']
  if (!metadata) return
  const here = at.child('properties').key('metadata')
  if (metadata.type !== undefined && metadata.type !== 'object')
    errors.push(invalidValue(here.child('type'), metadata.type, 'must be object'))
  const allowed = new Set(['type', 'properties', 'description', 'title'])
  const properties = Object.keys(metadata.properties ?? {})
  if (
    Object.keys(metadata).some((field) => !allowed.has(field)) ||
    properties.some((name) => name !== 'name' && name !== 'generateName')
  )
    errors.push(
      forbiddenField(
        here,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    )
}
