/** What an expression may ask of a kind's objects: fields by the kind's schema, of built-in and custom kinds alike. */
import { escapedName } from '../cel/values.ts'
import { additionalOf, itemsOf, type JsonSchema, preserves } from '../custom/json-schema.ts'
import { definitions } from '../generated/schema.ts'
import type { Resource } from '../resource.ts'
import type { FieldType } from '../schema/definition.ts'

export interface Shape {
  /** What a field holds; undefined where there is no such field. */
  readonly field: (name: string) => Shape | undefined
  /** What a list or map holds; of anything else nothing is known. */
  readonly inner: () => Shape
  /** What a loop goes through: a map's keys, of which nothing is known. */
  readonly each: () => Shape
}

export const UNKNOWN: Shape = { field: () => UNKNOWN, inner: () => UNKNOWN, each: () => UNKNOWN }

export const shapeOf = ({ schema, custom }: Resource): Shape => (custom ? rootOf(custom.schema) : ofType(`#${schema}`))

function ofType(type: FieldType): Shape {
  if (type.startsWith('[]')) return listOf(() => ofType(type.slice(2)))
  if (type.startsWith('{}')) return mapOf(() => ofType(type.slice(2)))
  const fields = type.startsWith('#') ? definitions[type.slice(1)]?.fields : undefined
  return fields ? structOf(fields, ofType) : UNKNOWN
}

const OBJECT_META = ofType('#io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
const ALWAYS: Readonly<Record<string, Shape>> = { apiVersion: UNKNOWN, kind: UNKNOWN, metadata: OBJECT_META }

function rootOf(schema: JsonSchema): Shape {
  const own = ofSchema(schema)
  return { ...own, field: (name) => ALWAYS[name] ?? own.field(name) }
}

function ofSchema(schema: JsonSchema | undefined): Shape {
  if (!schema || preserves(schema)) return UNKNOWN
  const items = itemsOf(schema)
  if (items) return listOf(() => ofSchema(items))
  const additional = additionalOf(schema)
  if (additional) return mapOf(() => ofSchema(additional))
  return schema.properties ? structOf(schema.properties, ofSchema) : UNKNOWN
}

const listOf = (inner: () => Shape): Shape => ({ field: () => UNKNOWN, inner, each: inner })

/** A map's keys may be written as fields. */
const mapOf = (inner: () => Shape): Shape => ({ field: inner, inner, each: () => UNKNOWN })

function structOf<T>(fields: Readonly<Record<string, T>>, shape: (field: T) => Shape): Shape {
  return {
    field(name) {
      const own = Object.hasOwn(fields, name) ? name : Object.keys(fields).find((one) => escapedName(one) === name)
      const found = own === undefined ? undefined : fields[own]
      return found === undefined ? undefined : shape(found)
    },
    inner: () => UNKNOWN,
    each: () => UNKNOWN,
  }
}
