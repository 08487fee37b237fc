/**
 * Validates a custom resource against its schema, in the words of kube-openapi as kube-apiserver shows them. What an
 * update leaves as it was is not looked at again (validation ratcheting, KEP-4008).
 */
import { RE2JS } from '@bufbuild/re2'
import { duplicate, type FieldError, FieldPath, invalidValue, notSupported, required } from '../field.ts'
import { deepEqual, isRaw, isRecord, stringify, toNumber } from '../json.ts'
import { fitsFormat, isOfFormat } from './formats.ts'
import { additionalOf, isIntOrString, itemsOf, type JsonSchema } from './json-schema.ts'
import { propertyOf } from './normalize.ts'

/** `previous` is what was there before; undefined where nothing was, or nothing that can be told to be the same. */
export function schemaErrors(schema: JsonSchema, value: unknown, previous: unknown, at: string): FieldError[] {
  const errors: FieldError[] = []
  check(schema, value, previous, at, errors)
  return errors
}

function check(schema: JsonSchema, value: unknown, previous: unknown, at: string, errors: FieldError[]): void {
  if (previous !== undefined && deepEqual(value, previous)) return
  if (value === null && schema.nullable === true) return
  const mismatch = typeError(schema, value, at)
  if (mismatch) {
    errors.push(mismatch)
    return
  }
  if (schema.enum && !schema.enum.some((allowed) => deepEqual(allowed, value)))
    errors.push(notSupported(new FieldPath(at), value, schema.enum.map(textOf)))
  if (typeof value === 'string') checkText(schema, value, at, errors)
  else if (typeof value === 'number' || isRaw(value)) checkNumber(schema, value, at, errors)
  else if (Array.isArray(value)) checkList(schema, value, previous, at, errors)
  else if (isRecord(value)) checkRecord(schema, value, previous, at, errors)
  checkJunctors(schema, value, at, errors)
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : stringify(value))

const failed = (at: string, value: unknown, detail: string): FieldError =>
  invalidValue(new FieldPath(at), value, `${at} in body ${detail}`)

function typeError(schema: JsonSchema, value: unknown, at: string): FieldError | undefined {
  const wanted = isIntOrString(schema) ? ['integer', 'string'] : schema.type ? [schema.type] : []
  if (wanted.length === 0) return undefined
  const actual = typeOf(value)
  if (wanted.includes(actual) || (actual === 'integer' && wanted.includes('number'))) return undefined
  const error = failed(at, actual, `must be of type ${wanted.join(',')}: ${stringify(actual)}`)
  return { ...error, reason: 'FieldValueTypeInvalid' }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (isRaw(value)) return 'integer'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

const characters = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

function checkText(schema: JsonSchema, value: string, at: string, errors: FieldError[]): void {
  const { minLength, maxLength, pattern, format } = schema
  if (maxLength !== undefined && value.length > maxLength && characters(value) > maxLength)
    errors.push({
      reason: 'FieldValueTooLong',
      field: at,
      message: `Too long: may not be more than ${maxLength} bytes`,
    })
  if (minLength !== undefined && characters(value) < minLength)
    errors.push(failed(at, value, `should be at least ${minLength} chars long`))
  if (pattern !== undefined && !patternOf(pattern)?.test(value))
    errors.push(failed(at, value, `should match '${pattern}'`))
  if (format !== undefined && !isOfFormat(format, value))
    errors.push(failed(at, value, `must be of type ${format}: ${stringify(value)}`))
}

const patterns = new Map<string, RE2JS | undefined>()
const MAX_PATTERNS = 1000

/** Go's syntax, matched in linear time; undefined for what is no pattern. */
export function patternOf(pattern: string): RE2JS | undefined {
  if (patterns.has(pattern)) return patterns.get(pattern)
  if (patterns.size >= MAX_PATTERNS) patterns.clear()
  const compiled = compile(pattern)
  patterns.set(pattern, compiled)
  return compiled
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return new RE2JS(pattern)
  } catch {
    return undefined
  }
}

function checkNumber(schema: JsonSchema, given: unknown, at: string, errors: FieldError[]): void {
  const { minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false, multipleOf, format } = schema
  const value = toNumber(given as number)
  if (format !== undefined && !fitsFormat(format, value))
    errors.push(failed(at, given, `must be of type ${format}: ${stringify(given)}`))
  if (maximum !== undefined && (value > maximum || (exclusiveMaximum && value === maximum)))
    errors.push(failed(at, given, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`))
  if (minimum !== undefined && (value < minimum || (exclusiveMinimum && value === minimum)))
    errors.push(failed(at, given, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`))
  if (multipleOf !== undefined && !isMultiple(value, multipleOf))
    errors.push(failed(at, given, `should be a multiple of ${multipleOf}`))
}

/** 0.3 is a multiple of 0.1, though not in binary. */
const isMultiple = (value: number, factor: number): boolean => {
  const times = value / factor
  return Math.abs(times - Math.round(times)) < 1e-9
}

const tooMany = (at: string, count: number, most: number): FieldError => ({
  reason: 'FieldValueTooMany',
  field: at,
  message: `Too many: ${count}: must have at most ${most} items`,
})

function checkList(schema: JsonSchema, value: unknown[], previous: unknown, at: string, errors: FieldError[]): void {
  const { minItems, maxItems } = schema
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(at, value.length, maxItems))
  if (minItems !== undefined && value.length < minItems)
    errors.push(failed(at, value.length, `should have at least ${minItems} items`))
  checkUnique(schema, value, at, errors)
  const items = itemsOf(schema)
  if (!items) return
  const former = formerItems(schema, previous)
  for (const [index, item] of value.entries()) check(items, item, former(item), `${at}[${index}]`, errors)
}

/** The item that stood for the same thing before: lists of type map tell, others can't. */
function formerItems(schema: JsonSchema, previous: unknown): (item: unknown) => unknown {
  if (!Array.isArray(previous) || schema['x-kubernetes-list-type'] !== 'map') return () => undefined
  const known = new Map(previous.map((item) => [mapKeyOf(schema, item), item]))
  return (item) => known.get(mapKeyOf(schema, item))
}

/** Absent keys may have been given by their default in the schema. */
function mapKeyOf(schema: JsonSchema, item: unknown): string {
  if (!isRecord(item)) return stringify(item) ?? ''
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return stringify(keys.map((key) => [key, (Object.hasOwn(item, key) ? item[key] : undefined) ?? null]))
}

function checkUnique(schema: JsonSchema, value: readonly unknown[], at: string, errors: FieldError[]): void {
  const listType = schema['x-kubernetes-list-type']
  if (listType !== 'set' && listType !== 'map') return
  const seen = new Set<string>()
  for (const [index, item] of value.entries()) {
    const key = listType === 'map' ? mapKeyOf(schema, item) : canonical(item)
    if (seen.has(key)) errors.push(duplicate(new FieldPath(`${at}[${index}]`), shownItem(schema, item)))
    seen.add(key)
  }
}

/** Of an item of a map only its keys are shown. */
function shownItem(schema: JsonSchema, item: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys']
  if (!keys || !isRecord(item)) return item
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(item, key)).map((key) => [key, item[key]]))
}

/** One text for values that are equal: the order of keys does not count. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  )

function checkRecord(
  schema: JsonSchema,
  value: Record<string, unknown>,
  previous: unknown,
  at: string,
  errors: FieldError[],
): void {
  const { minProperties, maxProperties } = schema
  const keys = Object.keys(value)
  if (maxProperties !== undefined && keys.length > maxProperties) errors.push(tooMany(at, keys.length, maxProperties))
  if (minProperties !== undefined && keys.length < minProperties)
    errors.push(failed(at, keys.length, `should have at least ${minProperties} properties`))
  for (const field of schema.required ?? [])
    if (!Object.hasOwn(value, field)) errors.push(required(new FieldPath(at).child(field)))
  const former = isRecord(previous) ? previous : {}
  const additional = additionalOf(schema)
  for (const key of keys) {
    const child = propertyOf(schema, key) ?? additional
    if (child)
      check(child, value[key], Object.hasOwn(former, key) ? former[key] : undefined, childPath(at, key), errors)
  }
}

const childPath = (at: string, key: string): string => (at === '' ? key : `${at}.${key}`)

/** allOf, anyOf, oneOf and not: constraints without structure of their own. */
function checkJunctors(schema: JsonSchema, value: unknown, at: string, errors: FieldError[]): void {
  const { allOf = [], anyOf, oneOf, not } = schema
  const errorsOf = (part: JsonSchema) => schemaErrors(part, value, undefined, at)
  const passes = (part: JsonSchema) => errorsOf(part).length === 0
  for (const part of allOf) errors.push(...errorsOf(part))
  const refused = (why: string) => errors.push(invalidValue(new FieldPath(at), '', `${stringify(at)} ${why}`))
  if (anyOf && !anyOf.some(passes)) {
    refused('must validate at least one schema (anyOf)')
    errors.push(...fewest(anyOf.map(errorsOf)))
  }
  const found = oneOf?.filter(passes).length
  if (oneOf && found === 0) {
    refused('must validate one and only one schema (oneOf). Found none valid')
    errors.push(...fewest(oneOf.map(errorsOf)))
  } else if (found !== undefined && found > 1)
    refused(`must validate one and only one schema (oneOf). Found ${found} valid alternatives`)
  if (not && passes(not)) refused('must not validate the schema (not)')
}

/** The alternative that was nearest says what is missing. */
const fewest = (alternatives: readonly FieldError[][]): readonly FieldError[] =>
  alternatives.toSorted((a, b) => a.length - b.length)[0] ?? []
