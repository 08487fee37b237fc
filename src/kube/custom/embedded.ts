/**
 * Whole objects inside a custom resource (`x-kubernetes-embedded-resource`): each says what it is, and its metadata is
 * held to the rules of all metadata.
 */

import { type FieldError, FieldPath, invalidValue, required } from '../field.ts'
import { isRecord } from '../json.ts'
import { annotationErrors, finalizerErrors, labelErrors } from '../metadata.ts'
import { dnsSubdomainErrors } from '../names.ts'
import type { ObjectMeta } from '../object.ts'
import { decode, OBJECT_META } from '../schema/decode.ts'
import { additionalOf, isEmbedded, itemsOf, type JsonSchema } from './json-schema.ts'
import { propertyOf } from './normalize.ts'

export function hasEmbedded(schema: JsonSchema): boolean {
  if (isEmbedded(schema)) return true
  return [...Object.values(schema.properties ?? {}), itemsOf(schema), additionalOf(schema)].some(
    (child) => child !== undefined && hasEmbedded(child),
  )
}

/**
 * In place: brings the metadata of embedded objects into its shape, as that of the object itself; `unknown` is told the
 * paths of what was taken out. Throws 400 where it can't be metadata.
 */
export function decodeEmbedded(
  schema: JsonSchema,
  value: unknown,
  target: { readonly kind: string; readonly version: string },
  unknown: string[],
  path = '',
): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (items)
      for (const [index, item] of value.entries()) decodeEmbedded(items, item, target, unknown, `${path}[${index}]`)
    return
  }
  if (!isRecord(value)) return
  const additional = additionalOf(schema)
  for (const [key, child] of Object.entries(value)) {
    const of = propertyOf(schema, key) ?? additional
    if (of) decodeEmbedded(of, child, target, unknown, path === '' ? key : `${path}.${key}`)
  }
  const metadata = isEmbedded(schema) ? value['metadata'] : undefined
  if (metadata === undefined || metadata === null) return
  const { unknownFields } = decode({ ...target, schema: OBJECT_META }, metadata)
  unknown.push(...unknownFields.map((field) => `${path}.metadata.${field}`))
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
  // It was decoded as such.
  const { name, labels, annotations, finalizers } = metadata as Partial<ObjectMeta>
  if (name) for (const why of dnsSubdomainErrors(name)) errors.push(invalidValue(here.child('name'), name, why))
  errors.push(
    ...labelErrors(labels, here.child('labels')),
    ...annotationErrors(annotations, here.child('annotations')),
    ...finalizerErrors(finalizers ?? [], here.child('finalizers'), true),
  )
  return errors
}
