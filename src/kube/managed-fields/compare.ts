/** What one state has that another had not, or had otherwise, and what it has no more: as sets of fields. */
import { deepEqual, isRecord, ownValue } from '../json.ts'
import { fieldElement, itemsByElement } from './elements.ts'
import { type FieldSet, leafMember, node, unionOf } from './field-set.ts'
import { membersOf } from './members.ts'
import { type Fields, type Items, type SetOf, type Shape, shapeOfUntyped } from './shape.ts'

export interface Comparison {
  /** Added or different. */
  readonly changed: FieldSet | undefined
  readonly removed: FieldSet | undefined
}

const SAME: Comparison = { changed: undefined, removed: undefined }
const OTHER: Comparison = { changed: leafMember, removed: undefined }

export function compare(shape: Shape, before: unknown, after: unknown): Comparison {
  if (before === after) return SAME
  if (before === undefined) return { changed: membersOf(shape, after, 'everything'), removed: undefined }
  if (after === undefined) return { changed: undefined, removed: membersOf(shape, before, 'everything') }
  switch (shape.as) {
    case 'leaf':
      return deepEqual(before, after) ? SAME : OTHER
    case 'untyped': {
      const isMap = isRecord(before) && isRecord(after)
      return compare(shapeOfUntyped(after, isMap), before, after)
    }
    case 'fields':
      return isRecord(before) && isRecord(after) ? compareFields(shape, before, after) : compareWhole(before, after)
    case 'set':
    case 'items':
      return Array.isArray(before) && Array.isArray(after)
        ? compareItems(shape, before, after)
        : compareWhole(before, after)
    default:
      return shape satisfies never
  }
}

const compareWhole = (before: unknown, after: unknown): Comparison => (deepEqual(before, after) ? SAME : OTHER)

/** Gathers what is different below one element. */
class Differences {
  #changed: Record<string, FieldSet> | undefined
  #removed: Record<string, FieldSet> | undefined

  add(element: string, { changed, removed }: Comparison): void {
    if (changed) {
      this.#changed ??= {}
      this.#changed[element] = changed
    }
    if (removed) {
      this.#removed ??= {}
      this.#removed[element] = removed
    }
  }

  comparison(): Comparison {
    return this.#changed || this.#removed
      ? { changed: node(false, this.#changed), removed: node(false, this.#removed) }
      : SAME
  }
}

function compareFields(shape: Fields, before: Record<string, unknown>, after: Record<string, unknown>): Comparison {
  const differences = new Differences()
  for (const name of Object.keys(after)) {
    const of = shape.named.get(name) ?? shape.others
    const was = ownValue(before, name)
    const is = ownValue(after, name)
    if (of && was !== is) differences.add(fieldElement(name), compare(of, was, is))
  }
  for (const name of Object.keys(before)) {
    const of = shape.named.get(name) ?? shape.others
    const was = ownValue(before, name)
    if (of && was !== undefined && !Object.hasOwn(after, name))
      differences.add(fieldElement(name), compare(of, was, undefined))
  }
  return differences.comparison()
}

function compareItems(shape: Items | SetOf, before: readonly unknown[], after: readonly unknown[]): Comparison {
  const differences = new Differences()
  const was = itemsByElement(shape, before)
  const is = itemsByElement(shape, after)
  for (const [element, items] of is) differences.add(element, compareSame(shape, was.get(element) ?? [], items))
  for (const [element, items] of was) if (!is.has(element)) differences.add(element, compareSame(shape, items, []))
  return differences.comparison()
}

/** Items that can't be told apart: of what stands more than once no field is anyone's, only all of it. */
function compareSame(shape: Items | SetOf, before: readonly unknown[], after: readonly unknown[]): Comparison {
  const of = shape.as === 'set' ? undefined : shape.of
  const members = (items: readonly unknown[]) =>
    of === undefined ? leafMember : unionOf([node(true, {}), ...items.map((item) => membersOf(of, item, 'everything'))])
  if (before.length === 0) return { changed: members(after), removed: undefined }
  if (after.length === 0) return { changed: undefined, removed: members(before) }
  if (before.length === 1 && after.length === 1) return of === undefined ? SAME : compare(of, before[0], after[0])
  return deepEqual(before, after) ? SAME : OTHER
}
