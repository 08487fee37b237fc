/**
 * What a schema's values are to the checker of expressions: types, and how long texts, lists and maps can get in a request.
 * https://kubernetes.io/docs/reference/using-api/cel/#type-system-integration
 */
import { type CelType, DURATION, DYN, listOf, mapOf, objectOf, STRING, scalar, TIMESTAMP } from '../cel/types.ts'
import { escapedName } from '../cel/values.ts'
import { additionalOf, isEmbedded, isIntOrString, itemsOf, type JsonSchema, preserves } from './json-schema.ts'

/** Of a request, which is what nothing in it can be longer than. */
export const MAX_REQUEST_BYTES = 3 * 1024 * 1024
/** Without the brackets or quotes around it. */
const MAX_CONTENT_BYTES = MAX_REQUEST_BYTES - 2
/** Of a character in UTF-8. */
const MAX_LETTER_BYTES = 4
/** Quotes, colon and comma of an entry: `"":1,`. */
const ENTRY_BYTES = 6

/** The root of a kind's objects, and any object that is one itself: of its metadata only names are seen. */
export const resourceTypeOf = (schema: JsonSchema): CelType => {
  const own = typeOfObject(schema)
  const fieldOf = (name: string) => (own.kind === 'object' ? own.field(name) : DYN)
  return { kind: 'object', name: 'object', field: (name) => RESOURCE_FIELDS[name] ?? fieldOf(name) }
}

const RESOURCE_FIELDS: Readonly<Record<string, CelType>> = {
  apiVersion: STRING,
  kind: STRING,
  metadata: objectOf('object', { name: STRING, generateName: STRING }),
}

export function typeOf(schema: JsonSchema): CelType {
  if (isIntOrString(schema)) return { kind: 'dyn', length: MAX_CONTENT_BYTES }
  if (isEmbedded(schema)) return resourceTypeOf(schema)
  switch (schema.type) {
    case 'object':
      return typeOfObject(schema)
    case 'array': {
      const items = itemsOf(schema)
      return items ? listOf(typeOf(items), maxItemsOf(schema, items)) : DYN
    }
    case 'string':
      return { ...typeOfText(schema), ...nullable(schema) } as CelType
    case 'integer':
      return { ...scalar('int'), ...nullable(schema) } as CelType
    case 'number':
      return { ...scalar('double'), ...nullable(schema) } as CelType
    case 'boolean':
      return { ...scalar('bool'), ...nullable(schema) } as CelType
    default:
      return DYN
  }
}

const nullable = ({ nullable: isNullable }: JsonSchema) => (isNullable ? { isNullable } : {})

function typeOfObject(schema: JsonSchema): CelType {
  const additional = additionalOf(schema)
  if (additional) return mapOf(STRING, typeOf(additional), maxEntriesOf(schema, additional))
  const properties = Object.entries(schema.properties ?? {})
  const isOpen = preserves(schema) || schema.additionalProperties === true
  if (isOpen && properties.length === 0) return DYN
  return {
    kind: 'object',
    name: 'object',
    field(name) {
      const found = properties.find(([property]) => escapedName(property) === name)
      // What a schema says nothing of may be there all the same.
      return found ? typeOf(found[1]) : isOpen ? DYN : undefined
    },
  }
}

function typeOfText({ format, maxLength, enum: values }: JsonSchema): CelType {
  switch (format) {
    case 'byte':
      return scalar('bytes', maxLength ?? MAX_CONTENT_BYTES)
    case 'duration':
      return scalar(DURATION)
    case 'date':
    case 'date-time':
      return scalar(TIMESTAMP)
    default: {
      if (maxLength !== undefined) return scalar('string', Math.max(0, maxLength) * MAX_LETTER_BYTES)
      const longest = values?.reduce((most: number, value) => Math.max(most, String(value).length), 0)
      return scalar('string', longest ?? MAX_CONTENT_BYTES)
    }
  }
}

/** As many as are in a request that holds nothing else, where the schema has no limit. */
export const maxItemsOf = ({ maxItems }: JsonSchema, items: JsonSchema): number =>
  maxItems ?? Math.floor(MAX_CONTENT_BYTES / (minBytesOf(items) + 1))

export const maxEntriesOf = ({ maxProperties }: JsonSchema, additional: JsonSchema): number =>
  maxProperties ?? Math.floor(MAX_CONTENT_BYTES / (minBytesOf(additional) + ENTRY_BYTES))

/** Of the smallest value's JSON. */
export function minBytesOf(schema: JsonSchema): number {
  if (isIntOrString(schema)) return 1
  switch (schema.type) {
    case 'object': {
      const required = (schema.required ?? []).flatMap((name) => {
        const property = schema.properties?.[name]
        // What has a default need not be in the request.
        return property && property.default === undefined ? [name.length + minBytesOf(property) + 4] : []
      })
      return required.reduce((sum, bytes) => sum + bytes, 2)
    }
    case 'boolean':
      return 4
    case 'integer':
    case 'number':
      return 1
    case 'string':
      return MIN_TEXT_BYTES[schema.format ?? ''] ?? 2
    default:
      return 2
  }
}

/** With their quotes: `"2006-01-02"`, `"2006-01-02T15:04:05Z"`, `"0s"`. */
const MIN_TEXT_BYTES: Readonly<Record<string, number>> = { date: 12, 'date-time': 22, duration: 4 }
