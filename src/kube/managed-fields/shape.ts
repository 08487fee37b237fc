/**
 * What managed fields know of a value's type: whether it is owned as a whole, field by field or item by item, and what
 * tells its items apart. Built-in kinds' shapes come from their definitions, custom resources' from their schema.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */

/** A scalar, or what is owned as a whole whatever is in it. */
export interface Leaf {
  readonly as: 'leaf'
}

/** A struct, a map, or both. */
export interface Fields {
  readonly as: 'fields'
  /** Of the fields it is known to have. */
  readonly named: ReadonlyMap<string, Shape>
  /** Of what has any other name; undefined where there is no other. */
  readonly others: Shape | undefined
  /** Fields that Go's type always writes, so that nobody is the one who added them. */
  readonly alwaysThere: ReadonlySet<string>
}

/** A list of texts or numbers that stand once. */
export interface SetOf {
  readonly as: 'set'
}

export interface ItemKey {
  readonly name: string
  /** What an item without it means. */
  readonly standard?: string | number | boolean | undefined
}

/** A list whose items are told apart by keys, sorted by name. */
export interface Items {
  readonly as: 'items'
  readonly keys: readonly ItemKey[]
  readonly of: Shape
}

/** No schema says: maps are owned key by key, all else as a whole. */
export interface Untyped {
  readonly as: 'untyped'
}

export type Shape = Leaf | Fields | SetOf | Items | Untyped

export const leaf: Leaf = { as: 'leaf' }
export const setOf: SetOf = { as: 'set' }
export const untyped: Untyped = { as: 'untyped' }

const NONE: ReadonlySet<string> = new Set()
const NO_FIELDS: ReadonlyMap<string, Shape> = new Map()

export const fields = (
  named: ReadonlyMap<string, Shape>,
  others: Shape | undefined,
  alwaysThere: ReadonlySet<string> = NONE,
): Fields => ({ as: 'fields', named, others, alwaysThere })

export const mapOf = (of: Shape): Fields => fields(NO_FIELDS, of)

export const items = (keys: readonly ItemKey[], of: Shape): Items => ({
  as: 'items',
  keys: [...keys].sort((a, b) => (a.name < b.name ? -1 : 1)),
  of,
})

/** A map of what no schema says. */
const untypedMap: Fields = mapOf(untyped)

/** What a value without a schema is, by itself. */
export const shapeOfUntyped = (value: unknown, isRecord: boolean): Shape =>
  value !== null && isRecord ? untypedMap : leaf
