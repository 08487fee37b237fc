/** The sets of fields that a value has: all that is there, and what an applier owns by saying it. */
import { isRecord, ownValue } from '../json.ts'
import { fieldElement, itemElement } from './elements.ts'
import { asMember, type FieldSet, leafMember, node } from './field-set.ts'
import { type Fields, type Shape, shapeOfUntyped } from './shape.ts'

/**
 * `everything`: what comes and goes with the value, the records and lists that hold others included. `applied`: only what
 * the value says itself, and the items by which it says it.
 */
export type Reading = 'everything' | 'applied'

/** The members of a value and below it; undefined if there are none. */
export function membersOf(shape: Shape, value: unknown, reading: Reading): FieldSet | undefined {
  switch (shape.as) {
    case 'leaf':
      return leafMember
    case 'untyped':
      return membersOf(shapeOfUntyped(value, isRecord(value)), value, reading)
    case 'fields':
      if (!isRecord(value)) return leafMember
      return node(reading === 'everything' || Object.keys(value).length === 0, ofFields(shape, value, reading, false))
    case 'set':
    case 'items':
      if (!Array.isArray(value)) return leafMember
      return node(reading === 'everything', ofItems(shape, value, reading))
    default:
      return shape satisfies never
  }
}

/** The members of an object that did not exist before; structs that every object has are no one's. */
export const membersOfNew = (shape: Fields, value: Record<string, unknown>): FieldSet | undefined =>
  node(false, ofFields(shape, value, 'everything', true))

function ofFields(
  shape: Fields,
  value: Record<string, unknown>,
  reading: Reading,
  isNew: boolean,
): Record<string, FieldSet> {
  const children: Record<string, FieldSet> = {}
  for (const name of Object.keys(value)) {
    const given = ownValue(value, name)
    const named = shape.named.get(name)
    const of = named ?? shape.others
    if (given === undefined || of === undefined) continue
    const child =
      isNew && shape.alwaysThere.has(name)
        ? ofAlwaysThere(of, given)
        : named === undefined
          ? // A key of a map is owned by who said it, whatever is below it.
            asMember(membersOf(of, given, reading) ?? leafMember)
          : membersOf(of, given, reading)
    if (child) children[fieldElement(name)] = child
  }
  return children
}

function ofAlwaysThere(shape: Shape, value: unknown): FieldSet | undefined {
  if (shape.as === 'fields' && isRecord(value)) {
    return node(false, ofFields(shape, value, 'everything', true))
  }
  if ((shape.as === 'items' || shape.as === 'set') && Array.isArray(value))
    return node(false, ofItems(shape, value, 'everything'))
  return membersOf(shape, value, 'everything')
}

function ofItems(
  shape: Extract<Shape, { as: 'set' | 'items' }>,
  list: readonly unknown[],
  reading: Reading,
): Record<string, FieldSet> {
  const children: Record<string, FieldSet> = {}
  for (const item of list) {
    const inner = shape.as === 'set' ? undefined : membersOf(shape.of, item, reading)
    children[itemElement(shape, item)] = asMember(inner ?? leafMember)
  }
  return children
}
