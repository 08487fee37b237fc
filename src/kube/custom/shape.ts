/** How managed fields see a custom resource: from its schema's list and map types. */
import { shapeOfDefinition } from '../managed-fields/definitions.ts'
import {
  type Fields,
  fields,
  type ItemKey,
  items,
  leaf,
  mapOf,
  type Shape,
  setOf,
  untyped,
} from '../managed-fields/shape.ts'
import { additionalOf, itemsOf, type JsonSchema, preserves } from './json-schema.ts'
import { propertyOf } from './normalize.ts'

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** Of an object without labels and the like it is no field of anybody's. */
const METADATA = new Set(['metadata'])

export function shapeOfSchema(schema: JsonSchema): Fields {
  const named = new Map(propertiesOf(schema))
  named.set('metadata', shapeOfDefinition(OBJECT_META))
  return fields(named, othersOf(schema), METADATA)
}

function shapeOf(schema: JsonSchema): Shape {
  if (schema.type === 'array') return shapeOfList(schema)
  if (schema.type !== 'object') return preserves(schema) ? untyped : leaf
  if (schema['x-kubernetes-map-type'] === 'atomic') return leaf
  const named = propertiesOf(schema)
  const others = othersOf(schema)
  if (named.length === 0) return others ? mapOf(others) : leaf
  return fields(new Map(named), others)
}

const propertiesOf = ({ properties = {} }: JsonSchema): [string, Shape][] =>
  Object.entries(properties).map(([name, property]) => [name, shapeOf(property)])

function othersOf(schema: JsonSchema): Shape | undefined {
  const additional = additionalOf(schema)
  if (additional) return shapeOf(additional)
  return preserves(schema) || schema.additionalProperties === true ? untyped : undefined
}

/** A list is owned as a whole where nothing else is said. */
function shapeOfList(schema: JsonSchema): Shape {
  const of = itemsOf(schema)
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return setOf
    case 'map':
      return of
        ? items(
            (schema['x-kubernetes-list-map-keys'] ?? []).map((key) => keyOf(of, key)),
            shapeOf(of),
          )
        : leaf
    default:
      return leaf
  }
}

function keyOf(of: JsonSchema, name: string): ItemKey {
  const standard = propertyOf(of, name)?.default
  return typeof standard === 'string' || typeof standard === 'number' || typeof standard === 'boolean'
    ? { name, standard }
    : { name }
}
