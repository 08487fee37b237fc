/**
 * Types of expressions, as far as they are known before anything runs. Beyond what cel-go's have, a type may know how long
 * its values can get, which is what costs are estimated from.
 * https://github.com/google/cel-spec/blob/master/doc/langdef.md#gradual-type-checking
 */

export type CelType =
  /** Nothing is known: it goes with everything. */
  | { readonly kind: 'dyn'; readonly length?: number | undefined }
  /** Of what has no parts, and of libraries' own types. `length`: of texts. */
  | {
      readonly kind: 'scalar'
      readonly name: string
      readonly isNullable?: boolean | undefined
      readonly length?: number | undefined
    }
  | { readonly kind: 'list'; readonly item: CelType; readonly length?: number | undefined }
  | { readonly kind: 'map'; readonly key: CelType; readonly value: CelType; readonly length?: number | undefined }
  | { readonly kind: 'optional'; readonly of: CelType }
  | ObjectType
  /** Stands for one type in all of a function's signature. */
  | { readonly kind: 'param'; readonly name: string }

export interface ObjectType {
  readonly kind: 'object'
  readonly name: string
  /** By the name that expressions have for it; undefined where there is no such field. */
  readonly field: (name: string) => CelType | undefined
}

export const DYN: CelType = { kind: 'dyn' }

export const scalar = (name: string, length?: number): CelType => ({ kind: 'scalar', name, length })
export const STRING = scalar('string')
export const INT = scalar('int')
export const BOOL = scalar('bool')
export const DOUBLE = scalar('double')
export const TIMESTAMP = 'google.protobuf.Timestamp'
export const DURATION = 'google.protobuf.Duration'

export const listOf = (item: CelType, length?: number): CelType => ({ kind: 'list', item, length })
export const mapOf = (key: CelType, value: CelType, length?: number): CelType => ({ kind: 'map', key, value, length })
export const optionalOf = (of: CelType): CelType => (of.kind === 'optional' ? of : { kind: 'optional', of })

export function objectOf(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  return { kind: 'object', name, field: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) }
}

/** As cel-go writes it. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case 'dyn':
      return 'dyn'
    case 'list':
      return `list(${typeText(type.item)})`
    case 'map':
      return `map(${typeText(type.key)}, ${typeText(type.value)})`
    case 'optional':
      return `optional_type(${typeText(type.of)})`
    default:
      return type.name
  }
}

export type Bindings = Map<string, CelType>

/** Whether a value of `given` may stand where `wanted` is asked for; `bindings` learn what parameters stand for. */
export function isAssignable(wanted: CelType, given: CelType, bindings: Bindings): boolean {
  if (wanted.kind === 'param') {
    const known = bindings.get(wanted.name)
    if (!known) bindings.set(wanted.name, given)
    else if (isAssignable(known, given, bindings) || isAssignable(given, known, bindings))
      bindings.set(wanted.name, joined(known, given))
    else return false
    return true
  }
  if (wanted.kind === 'dyn' || given.kind === 'dyn') return true
  if (isNull(given)) return isNull(wanted) || takesNull(wanted)
  if (isNull(wanted)) return takesNull(given)
  if (wanted.kind === 'list') return given.kind === 'list' && isAssignable(wanted.item, given.item, bindings)
  if (wanted.kind === 'optional') return given.kind === 'optional' && isAssignable(wanted.of, given.of, bindings)
  if (wanted.kind === 'map')
    return (
      given.kind === 'map' &&
      isAssignable(wanted.key, given.key, bindings) &&
      isAssignable(wanted.value, given.value, bindings)
    )
  // Two objects may be alike, whatever their schemas are called.
  if (wanted.kind === 'object' && given.kind === 'object') return true
  return (given.kind === 'scalar' || given.kind === 'object') && wanted.name === given.name
}

const isNull = (type: CelType): boolean => type.kind === 'scalar' && type.name === 'null'

const PLAIN = new Set(['string', 'int', 'uint', 'double', 'bool', 'bytes', 'type'])
/** Objects and libraries' own values may be missing; of what is plain only that which a schema says so of. */
const takesNull = (type: CelType): boolean =>
  type.kind === 'scalar' ? type.isNullable === true || !PLAIN.has(type.name) : type.kind !== 'param'

/** The type of what is one of them. */
export function joined(a: CelType, b: CelType): CelType {
  if (isNull(a)) return isNull(b) ? a : nullable(b)
  if (isNull(b)) return nullable(a)
  const length = longer(a, b)
  if (a.kind === 'list' && b.kind === 'list') return listOf(joined(a.item, b.item), length)
  if (a.kind === 'map' && b.kind === 'map') return mapOf(joined(a.key, b.key), joined(a.value, b.value), length)
  if (a.kind === 'optional' && b.kind === 'optional') return optionalOf(joined(a.of, b.of))
  if (a.kind === 'scalar' && b.kind === 'scalar' && a.name === b.name)
    return { ...a, isNullable: a.isNullable || b.isNullable, length }
  return a === b ? a : { kind: 'dyn', length }
}

const nullable = (type: CelType): CelType => (type.kind === 'scalar' ? { ...type, isNullable: true } : type)

export const lengthOf = (type: CelType): number | undefined => ('length' in type ? type.length : undefined)

function longer(a: CelType, b: CelType): number | undefined {
  const [one, other] = [lengthOf(a), lengthOf(b)]
  return one === undefined || other === undefined ? undefined : Math.max(one, other)
}

/** Parameters replaced by what they stand for. */
export function substituted(type: CelType, bindings: Bindings): CelType {
  switch (type.kind) {
    case 'param':
      return bindings.get(type.name) ?? DYN
    case 'list':
      return listOf(substituted(type.item, bindings), type.length)
    case 'map':
      return mapOf(substituted(type.key, bindings), substituted(type.value, bindings), type.length)
    case 'optional':
      return optionalOf(substituted(type.of, bindings))
    default:
      return type
  }
}

/** Reads `list<string>`, `map<string, A>`, `optional<dyn>`, `kubernetes.URL`. */
export function parseType(text: string): CelType {
  const [, name = text, inner] = /^([\w.]+)<(.*)>$/.exec(text.trim()) ?? []
  const [first = DYN, second = DYN] = inner === undefined ? [] : partsOf(inner).map(parseType)
  switch (name.trim()) {
    case 'dyn':
      return DYN
    case 'list':
      return listOf(first)
    case 'map':
      return mapOf(first, second)
    case 'optional':
      return optionalOf(first)
    default:
      return /^[A-Z]$/.test(name.trim()) ? { kind: 'param', name: name.trim() } : scalar(name.trim())
  }
}

/** Divided at the commas that are in no brackets. */
function partsOf(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (const [index, letter] of [...text].entries()) {
    depth += letter === '<' ? 1 : letter === '>' ? -1 : 0
    if (letter !== ',' || depth > 0) continue
    parts.push(text.slice(from, index))
    from = index + 1
  }
  return [...parts, text.slice(from)]
}
