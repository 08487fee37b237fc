/**
 * Whole objects inside a custom resource (`x-kubernetes-embedded-resource`): each says what it is, and its metadata is
 * held to the rules of all metadata.
 */
import { type FieldError, FieldPath, invalidValue, required } from '../field.ts'
import { isRecord } from '../json.ts'
import { annotationErrors, finalizerErrors, labelErrors } from '../metadata.ts'
import { dnsSubdomainErrors } from '../names.ts'
import { additionalOf, isEmbedded, itemsOf, type JsonSchema } from './json-schema.ts'
import { propertyOf } from './normalize.ts'

export function hasEmbedded(schema: JsonSchema): boolean {
  if (isEmbedded(schema)) return true
  return [...Object.values(schema.properties ?? {}), itemsOf(schema), additionalOf(schema)].some(
    (child) => child !== undefined && hasEmbedded(child),
  )
}

export function embeddedErrors(schema: JsonSchema, value: unknown, at = new FieldPath('')): FieldError[] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return items ? value.flatMap((item, index) => embeddedErrors(items, item, at.index(index))) : []
  }
  if (!isRecord(value)) return []
  const additional = additionalOf(schema)
  const nested = Object.entries(value).flatMap(([key, child]) => {
    const of = propertyOf(schema, key) ?? additional
    return of ? embeddedErrors(of, child, at.child(key)) : []
  })
  return isEmbedded(schema) ? [...objectErrors(value, at), ...nested] : nested
}

function objectErrors({ apiVersion, kind, metadata }: Record<string, unknown>, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (!apiVersion) errors.push(required(at.child('apiVersion'), 'must not be empty'))
  else if (typeof apiVersion !== 'string')
    errors.push(invalidValue(at.child('apiVersion'), apiVersion, 'must be a string'))
  if (!kind) errors.push(required(at.child('kind'), 'must not be empty'))
  else if (typeof kind !== 'string') errors.push(invalidValue(at.child('kind'), kind, 'must be a string'))
  if (metadata === undefined) return errors
  const here = at.child('metadata')
  if (!isRecord(metadata)) return [...errors, invalidValue(here, metadata, 'must be an object')]
  const { name, labels, annotations, finalizers } = metadata
  if (typeof name === 'string' && name !== '')
    for (const why of dnsSubdomainErrors(name)) errors.push(invalidValue(here.child('name'), name, why))
  if (isRecord(labels)) errors.push(...labelErrors(texts(labels), here.child('labels')))
  if (isRecord(annotations)) errors.push(...annotationErrors(texts(annotations), here.child('annotations')))
  if (Array.isArray(finalizers)) errors.push(...finalizerErrors(finalizers.map(String), here.child('finalizers'), true))
  return errors
}

const texts = (values: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]))
