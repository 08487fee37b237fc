/** Shapes of the built-in kinds, from the schema table and the merge rules. Made once a definition. */
import { definitions } from '../generated/schema.ts'
import type { FieldType } from '../schema/definition.ts'
import { applyRule } from '../schema/merge-rules.ts'
import { type Fields, fields, type ItemKey, items, leaf, mapOf, type Shape, setOf } from './shape.ts'

/** Go writes these structs even where they are empty, and required fields too. */
const ALWAYS_THERE = ['metadata', 'spec', 'status', 'template', 'strategy', 'resources']

/** Keys that Kubernetes' schema gives a standard value to: what defaulting would fill in is the same item. */
const STANDARD_KEYS: Readonly<Record<string, string>> = { protocol: 'TCP' }

const shapes = new Map<string, Fields>()

/** `name`: a definition's. */
export function shapeOfDefinition(name: string): Fields {
  const known = shapes.get(name)
  if (known) return known
  const definition = definitions[name]
  if (!definition) throw new Error(`no definition ${name}`)
  const named = new Map<string, Shape>()
  const shape = fields(named, undefined, new Set([...ALWAYS_THERE, ...(definition.required ?? [])]))
  // Known before its fields are: definitions may hold themselves.
  shapes.set(name, shape)
  for (const [field, type] of Object.entries(definition.fields)) named.set(field, shapeOfField(name, field, type))
  return shape
}

function shapeOfField(definition: string, field: string, type: FieldType): Shape {
  const rule = applyRule(definition, field)
  if (rule?.as === 'atomic') return leaf
  if (rule?.as === 'granular' && type.startsWith('#')) return shapeOfDefinition(type.slice(1))
  if (!type.startsWith('[]')) return shapeOfType(type)
  if (rule?.as === 'set') return setOf
  if (rule?.as === 'map') return items(rule.keys.map(itemKey), shapeOfType(type.slice(2)))
  return leaf
}

const itemKey = (name: string): ItemKey => ({ name, standard: STANDARD_KEYS[name] })

function shapeOfType(type: FieldType): Shape {
  if (type.startsWith('{}')) return mapOf(shapeOfType(type.slice(2)))
  if (!type.startsWith('#')) return leaf
  const name = type.slice(1)
  return applyRule(name, '')?.as === 'atomic' ? leaf : shapeOfDefinition(name)
}
