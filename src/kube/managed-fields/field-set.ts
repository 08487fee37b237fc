/**
 * Sets of fields as `metadata.managedFields[].fieldsV1` writes them: a tree of path elements (`f:` a field or key,
 * `k:` an item by its keys, `v:` a value in a set), in which an element is a member if it has the child `.`, or none at
 * all. Trees are never changed, share what is the same, have their elements in order, and an empty set is `undefined`.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ (FieldsV1)
 */
export interface FieldSet {
  readonly [element: string]: FieldSet
}

const MEMBER = '.'
/** An element without anything below it. */
export const leafMember: FieldSet = Object.freeze({})

const hasElements = (set: FieldSet): boolean => {
  for (const _ in set) return true
  return false
}

const isMember = (node: FieldSet): boolean => MEMBER in node || !hasElements(node)

/** A node of these children; undefined if there is nothing in it. */
export function node(isItself: boolean, children: Record<string, FieldSet> | undefined): FieldSet | undefined {
  if (children === undefined || !hasElements(children)) return isItself ? leafMember : undefined
  return isItself ? { [MEMBER]: leafMember, ...sorted(children) } : sorted(children)
}

/** The node, itself a member. */
export const asMember = (node: FieldSet): FieldSet => (isMember(node) ? node : { [MEMBER]: leafMember, ...node })

/** By UTF-16 code units, as JavaScript sorts; Go sorts by bytes, which differs beyond the basic plane only. */
function sorted(children: Record<string, FieldSet>): FieldSet {
  const elements = Object.keys(children)
  if (elements.every((element, index) => index === 0 || (elements[index - 1] ?? '') < element)) return children
  const result: Record<string, FieldSet> = {}
  for (const element of elements.sort()) result[element] = children[element] ?? leafMember
  return result
}

/** How two nodes under the same element, or one and none, become one. */
type Combination = (a: FieldSet | undefined, b: FieldSet | undefined) => FieldSet | undefined

function combined(a: FieldSet, b: FieldSet, isItself: boolean, combine: Combination): FieldSet | undefined {
  const children: Record<string, FieldSet> = {}
  for (const element in a) {
    if (element === MEMBER) continue
    const child = combine(a[element], b[element])
    if (child) children[element] = child
  }
  for (const element in b) {
    if (element === MEMBER || element in a) continue
    const child = combine(undefined, b[element])
    if (child) children[element] = child
  }
  return node(isItself, children)
}

export function union(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || a === b) return b
  if (b === undefined) return a
  return combined(a, b, isMember(a) || isMember(b), union)
}

export const unionOf = (sets: readonly (FieldSet | undefined)[]): FieldSet | undefined =>
  sets.reduce<FieldSet | undefined>(union, undefined)

/** What is in `a` and not in `b`, member by member: below a member of `b`, `a` keeps what it has. */
export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined || !meets(a, b)) return a
  return combined(a, b, isMember(a) && !isMember(b), difference)
}

export function intersection(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return undefined
  return combined(a, b, isMember(a) && isMember(b), intersection)
}

/** Whether they have a member in common. */
export function meets(a: FieldSet, b: FieldSet): boolean {
  if (isMember(a) && isMember(b)) return true
  for (const element in a) {
    const other = b[element]
    const own = a[element]
    if (element !== MEMBER && other && own && meets(own, other)) return true
  }
  return false
}

export function isSame(a: FieldSet | undefined, b: FieldSet | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined || isMember(a) !== isMember(b)) return false
  for (const element in a) if (element !== MEMBER && !isSame(a[element], b[element])) return false
  for (const element in b) if (element !== MEMBER && !(element in a)) return false
  return true
}

/** Whether the element is a member of the set's first level. */
export function has(set: FieldSet | undefined, element: string): boolean {
  const found = set?.[element]
  return found !== undefined && isMember(found)
}

/** What is below an element of the set's first level. */
export const below = (set: FieldSet | undefined, element: string): FieldSet | undefined => set?.[element]

export function hasPath(set: FieldSet | undefined, path: readonly string[]): boolean {
  let at = set
  for (const element of path) at = at?.[element]
  return at !== undefined && isMember(at)
}

/** The set of one path. */
export const setOfPath = (path: readonly string[]): FieldSet =>
  path.reduceRight<FieldSet>((inner, element) => ({ [element]: inner }), leafMember)

/** The members' paths, in order. */
export function* pathsOf(set: FieldSet | undefined, above: readonly string[] = []): Generator<readonly string[]> {
  for (const element in set) {
    if (element === MEMBER) continue
    const child = set[element]
    const path = [...above, element]
    if (child && isMember(child)) yield path
    yield* pathsOf(child, path)
  }
}

const ELEMENT = /^[fkvi]:/

/** A client's set in the form described above; undefined if it is none. */
export function readFieldSet(value: unknown): FieldSet | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const children: Record<string, FieldSet> = {}
  for (const [element, given] of Object.entries(value)) {
    if (element === MEMBER) continue
    const child = ELEMENT.test(element) ? readFieldSet(given) : undefined
    if (child === undefined) return undefined
    children[element] = child
  }
  return node(MEMBER in value || !hasElements(children), children)
}
