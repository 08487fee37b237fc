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
import { listErrors } from './structural-lists.ts'
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
  if (schema.additionalProperties !== undefined)
    errors.push(forbiddenField(at.child('additionalProperties'), 'must not be used at the root'))
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
  if (schema.type === 'array' && schema.items === undefined)
    errors.push(required(at.child('items'), 'must be specified'))
  if (isRoot) return
  if (schema.type && !TYPES.includes(schema.type)) errors.push(notSupported(at.child('type'), schema.type, TYPES))
  if (isIntOrString(schema)) {
    if (schema.type)
      errors.push(invalidValue(at.child('type'), schema.type, 'must be empty if x-kubernetes-int-or-string is true'))
    return
  }
  // Of an embedded resource more is said.
  if (!schema.type && missingType && !preserves(schema) && !isEmbedded(schema))
    errors.push(required(at.child('type'), missingType))
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
  const { additionalProperties: others = true } = schema
  if (others !== true && Object.keys(schema.properties ?? {}).length > 0)
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
  if (isIntOrString(schema))
    for (const [field, isSet] of [
      ['x-kubernetes-preserve-unknown-fields', preserves(schema)],
      ['x-kubernetes-embedded-resource', isEmbedded(schema)],
    ] as const)
      if (isSet) errors.push(invalidValue(at.child(field), true, 'must be false if x-kubernetes-int-or-string is true'))
  if (isEmbedded(schema)) {
    errors.push(...otherTypeErrors(schema, 'object', at, 'x-kubernetes-embedded-resource is true'))
    if (schema.additionalProperties !== undefined)
      errors.push(
        forbiddenField(at.child('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'),
      )
    ownTypeErrors(schema, at, errors)
    if (!preserves(schema) && Object.keys(schema.properties ?? {}).length === 0)
      errors.push(
        required(
          at.child('properties'),
          'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
        ),
      )
  }
  errors.push(...listErrors(schema, at))
  const mapType = schema['x-kubernetes-map-type']
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(at.child('x-kubernetes-map-type'), mapType, ['atomic', 'granular']))
  if (mapType !== undefined) errors.push(...otherTypeErrors(schema, 'object', at, 'x-kubernetes-map-type is specified'))
}

/** That a schema is of `type`, which `because` asks for. */
function otherTypeErrors({ type }: JsonSchema, wanted: string, at: FieldPath, because: string): FieldError[] {
  if (type === wanted) return []
  const detail = `must be ${wanted} if ${because}`
  return [type ? invalidValue(at.child('type'), type, detail) : required(at.child('type'), detail)]
}

/** What every object has is of the types it has everywhere. */
function ownTypeErrors({ properties = {} }: JsonSchema, at: FieldPath, errors: FieldError[]): void {
  for (const [name, type] of [
    ['kind', 'string'],
    ['apiVersion', 'string'],
    ['metadata', 'object'],
  ] as const) {
    const given = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (given && given.type !== type)
      errors.push(invalidValue(at.child('properties').key(name).child('type'), given.type ?? '', `must be ${type}`))
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

/** Within allOf, anyOf, oneOf and not there are constraints only: nothing that gives structure, as what it must be instead. */
const ONLY_OUTSIDE = {
  type: 'empty',
  additionalProperties: 'undefined',
  default: 'undefined',
  title: 'empty',
  description: 'empty',
  nullable: 'false',
  'x-kubernetes-preserve-unknown-fields': 'false',
  'x-kubernetes-embedded-resource': 'false',
  'x-kubernetes-int-or-string': 'false',
  'x-kubernetes-list-map-keys': 'empty',
  'x-kubernetes-list-type': 'undefined',
  'x-kubernetes-map-type': 'undefined',
  'x-kubernetes-validations': 'empty',
} as const

function junctorErrors(part: JsonSchema, at: FieldPath, isIntOrText: boolean, errors: FieldError[]): void {
  for (const [field, instead] of Object.entries(ONLY_OUTSIDE)) {
    const value = (part as Record<string, unknown>)[field]
    // The one pattern that int-or-string is written as: anyOf of the two types.
    if (field === 'type' && isIntOrText && (value === 'integer' || value === 'string')) continue
    if (value === undefined || value === '' || (value === false && instead === 'false')) continue
    if (Array.isArray(value) && value.length === 0 && instead === 'empty') continue
    errors.push(forbiddenField(at.child(field), `must be ${instead} to be structural`))
  }
  if (part.properties && Object.hasOwn(part.properties, 'metadata'))
    errors.push(forbiddenField(at.child('properties').key('metadata'), 'must not be specified in a nested context'))
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
  ownTypeErrors(schema, at, errors)
  const metadata = schema.properties?.['metadata']
  if (!metadata) return
  const here = at.child('properties').key('metadata')
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
