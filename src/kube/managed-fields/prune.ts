/**
 * What an applier had and does not apply any more goes, unless somebody else owns it too: the steps of
 * structured-merge-diff, on sets of fields.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields
 */
import { isRecord, ownValue, setKey } from '../json.ts'
import { fieldElement, itemElement } from './elements.ts'
import { asMember, below, difference, type FieldSet, has, intersection, node, union } from './field-set.ts'
import { membersOf } from './members.ts'
import { type Shape, shapeOfUntyped } from './shape.ts'

export interface Pruning {
  readonly shape: Shape
  /** The live object with the configuration on top. */
  readonly merged: unknown
  /** What the applier had. */
  readonly last: FieldSet | undefined
  /** What the applier and all others have now. */
  readonly owned: FieldSet | undefined
}

export function pruned({ shape, merged, last, owned }: Pruning): unknown {
  const had = withStructs(shape, last)
  const has = withStructs(shape, owned)
  // Most configurations take nothing back.
  if (had === undefined || difference(had, has) === undefined) return merged
  const all = withStructs(shape, membersOf(shape, merged, 'applied'))
  const left = (without: unknown) => withStructs(shape, membersOf(shape, without, 'applied'))
  const bare = without(shape, merged, had)
  const withOwned = without(shape, merged, difference(all, union(left(bare), has)))
  return without(shape, merged, intersection(difference(all, left(withOwned)), had))
}

/** Structs above a member are members too: a struct goes when nothing in it is left, an item or key only with itself. */
function withStructs(shape: Shape, set: FieldSet | undefined): FieldSet | undefined {
  if (set === undefined || (shape.as !== 'fields' && shape.as !== 'items')) return set
  const children: Record<string, FieldSet> = {}
  for (const element in set) {
    if (element === '.') continue
    const name = element.slice(2)
    const named = shape.as === 'fields' ? shape.named.get(name) : undefined
    const of = shape.as === 'items' ? shape.of : (named ?? shape.others)
    const child = of ? withStructs(of, set[element]) : set[element]
    if (child) children[element] = named ? asMember(child) : child
  }
  return node('.' in set, children)
}

/** The value without the members of a set; undefined if nothing is left of it. */
export function without(shape: Shape, value: unknown, gone: FieldSet | undefined): unknown {
  if (gone === undefined) return value
  switch (shape.as) {
    case 'leaf':
      return value
    case 'untyped':
      return isRecord(value) ? without(shapeOfUntyped(value, true), value, gone) : value
    case 'fields': {
      if (!isRecord(value)) return value
      const rest: Record<string, unknown> = {}
      for (const name of Object.keys(value)) {
        const element = fieldElement(name)
        if (has(gone, element)) continue
        const of = shape.named.get(name) ?? shape.others
        const kept = of ? without(of, ownValue(value, name), below(gone, element)) : ownValue(value, name)
        if (kept !== undefined) setKey(rest, name, kept)
      }
      return Object.keys(rest).length > 0 ? rest : undefined
    }
    case 'set':
    case 'items': {
      if (!Array.isArray(value)) return value
      const rest = value.flatMap((item) => {
        const element = itemElement(shape, item)
        if (has(gone, element)) return []
        const kept = shape.as === 'items' ? without(shape.of, item, below(gone, element)) : item
        return kept === undefined ? [] : [kept]
      })
      return rest.length > 0 ? rest : undefined
    }
    default:
      return shape satisfies never
  }
}
