/**
 * Brings a custom resource into its schema's shape, in place: unknown fields are taken out and named, nulls that may not
 * be are dropped, and what is absent gets its default.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
import { clone, isRecord, setKey } from '../json.ts'
import { additionalOf, isEmbedded, itemsOf, type JsonSchema, preserves } from './json-schema.ts'

/** Takes out what the schema does not know; `unknown` is told the paths. */
export function prune(schema: JsonSchema, value: unknown, path: string, unknown: string[]): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (items) for (const [index, item] of value.entries()) prune(items, item, `${path}[${index}]`, unknown)
    return
  }
  if (!isRecord(value)) return
  for (const key of Object.keys(value)) {
    const at = path === '' ? key : `${path}.${key}`
    if (isMetadata(schema, path, key)) continue
    const known = propertyOf(schema, key) ?? additionalOf(schema)
    if (known) prune(known, value[key], at, unknown)
    else if (!keepsUnknown(schema)) {
      unknown.push(at)
      delete value[key]
    }
  }
}

const RESOURCE_FIELDS = new Set(['apiVersion', 'kind', 'metadata'])

/** Every object, and every embedded one, has these, whatever its schema says. */
const isMetadata = (schema: JsonSchema, path: string, key: string): boolean =>
  (path === '' || isEmbedded(schema)) && RESOURCE_FIELDS.has(key)

const keepsUnknown = (schema: JsonSchema): boolean => preserves(schema) || schema.additionalProperties === true

export const propertyOf = ({ properties }: JsonSchema, key: string): JsonSchema | undefined =>
  properties && Object.hasOwn(properties, key) ? properties[key] : undefined

/** Whether there is anything for `applyDefaults` to do. */
export function hasDefaults(schema: JsonSchema): boolean {
  if (schema.default !== undefined) return true
  const nested = [...Object.values(schema.properties ?? {}), itemsOf(schema), additionalOf(schema)]
  return nested.some((child) => child !== undefined && hasDefaults(child))
}

/** Takes out nulls of fields that may not be null: they are as good as absent. */
export function dropNulls(schema: JsonSchema, value: unknown): void {
  eachChild(schema, value, (child, of, drop) => {
    if (child === null && of.nullable !== true) drop()
    else dropNulls(of, child)
  })
}

/** Gives what is absent its default, where that which holds it is there. */
export function applyDefaults(schema: JsonSchema, value: unknown): void {
  if (isRecord(value))
    for (const [key, child] of Object.entries(schema.properties ?? {}))
      if (child.default !== undefined && !Object.hasOwn(value, key)) setKey(value, key, clone(child.default))
  eachChild(schema, value, (child, of) => applyDefaults(of, child))
}

/** What the schema speaks of in a value; an item of a list can't be dropped, for the others would move. */
function eachChild(
  schema: JsonSchema,
  value: unknown,
  visit: (child: unknown, of: JsonSchema, drop: () => void) => void,
): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (items) for (const item of value) visit(item, items, () => undefined)
    return
  }
  if (!isRecord(value)) return
  const additional = additionalOf(schema)
  for (const key of Object.keys(value)) {
    const of = propertyOf(schema, key) ?? additional
    if (of) visit(value[key], of, () => delete value[key])
  }
}
