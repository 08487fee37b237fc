/**
 * JSON that loses nothing: integers to 2^63-1 keep their digits (Go clients send int64), and keys such as `__proto__`
 * are keys like others. A number that JavaScript would round is held as the engine's raw JSON, a leaf.
 */
import { badRequest } from './errors.ts'

interface RawJson {
  readonly rawJSON: string
}

/** ES2025 source text access; in V8 since 11.4, typed by no library yet. */
const json = JSON as unknown as {
  rawJSON(text: string): RawJson
  isRawJSON(value: unknown): value is RawJson
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
}

/** A run of digits that a double might not hold. Found in strings too: then the careful way finds nothing to do. */
const LONG_NUMBER = /\d{16}/

const SAFE = (value: unknown): boolean =>
  typeof value !== 'number' || Number.isSafeInteger(value) || !Number.isInteger(value)

export function parseJson(text: string): unknown {
  try {
    if (!LONG_NUMBER.test(text)) return JSON.parse(text)
    return json.parse(text, (_, value, { source }) =>
      SAFE(value) || source === undefined || !/^-?\d+$/.test(source) ? value : json.rawJSON(source),
    )
  } catch (error) {
    throw badRequest(
      `couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : 'malformed'}`,
    )
  }
}

/** Levels that what a client sends may have: far more than anybody needs, and fewer than any walk through it can bear. */
export const MAX_DEPTH = 1000

/** As Go's decoder says it, of 10,000 levels. */
export const tooDeep = () => badRequest('json: exceeded max depth')

/** What a client sent. Throws 400, also where it is nested too deep. */
export function parseSent(text: string): unknown {
  if (text.length > 2 * MAX_DEPTH && isTooDeep(text)) throw tooDeep()
  return parseJson(text)
}

const QUOTE = 34
const BACKSLASH = 92
const OPENING: ReadonlySet<number> = new Set([91, 123])
const CLOSING: ReadonlySet<number> = new Set([93, 125])

function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) at += escaped(text, at)
    else if (OPENING.has(code)) {
      depth += 1
      if (depth > MAX_DEPTH) return true
    } else if (CLOSING.has(code)) depth -= 1
  }
  return false
}

const escaped = (text: string, at: number): number => (text.charCodeAt(at) === BACKSLASH ? 1 : 0)

/** A whole number as JSON has it: one that JavaScript would round keeps its digits. */
export const integerOf = (value: bigint): unknown =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : json.rawJSON(String(value))

/** For printers other than JSON's: an integer that is held raw as a bigint, all else as it is. */
export const rawOrBigInt = (_: unknown, value: unknown): unknown => (isRaw(value) ? BigInt(value.rawJSON) : value)

/**
 * JSON text of an array or object that is held unparsed, for what is written often and looked into seldom (managed
 * fields). A leaf like raw numbers: it is never changed, and two are the same when their texts are. It may stand only
 * under the key `managedFields`.
 */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** Under stringify() a number that nothing else prints, in whose place the text goes; else the parsed value. */
  toJSON(): unknown {
    if (pending === undefined) return JSON.parse(this.text)
    pending.push(this.text)
    return json.rawJSON(STAND_IN)
  }
}

let pending: string[] | undefined
/** JSON.stringify prints no double so, and parseJson keeps no other number raw than integers; in texts quotes are escaped. */
const STAND_IN = '0e0'
const HELD = `"managedFields":${STAND_IN}`

export function stringify(value: unknown): string {
  const outer = pending
  const texts: string[] = []
  pending = texts
  try {
    const printed = JSON.stringify(value)
    return texts.length === 0 ? printed : withTexts(printed, texts)
  } finally {
    pending = outer
  }
}

function withTexts(printed: string, texts: readonly string[]): string {
  const parts = printed.split(HELD)
  let whole = parts[0] ?? ''
  for (const [index, text] of texts.entries()) whole += `"managedFields":${text}${parts[index + 1] ?? ''}`
  return whole
}

export const isRaw = (value: unknown): value is RawJson =>
  typeof value === 'object' && value !== null && 'rawJSON' in value && json.isRawJSON(value)

/** Text of any value, also of a number that is held raw, which can't be made one by itself. */
export const printed = (value: unknown): string => (isRaw(value) ? value.rawJSON : String(value))

/** To reckon with an int64, which may be held raw: the nearest double. */
export const toNumber = (value: number): number => (isRaw(value) ? Number((value as RawJson).rawJSON) : value)

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isLeaf(value)

/** An object to JavaScript, but one value to us. */
const isLeaf = (value: object): boolean => value instanceof JsonText || isRaw(value)

/** Sets an own property, whatever its name. */
export function setKey(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

/** The own value of a key; not what a prototype has under that name. */
export const ownValue = (target: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(target, key) ? target[key] : undefined

export function clone<T>(value: T): T {
  if (typeof value !== 'object' || value === null || isLeaf(value)) return value
  // A copy has the shape of what it copies.
  if (Array.isArray(value)) return value.map(clone) as T
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) setKey(copy, key, clone((value as Record<string, unknown>)[key]))
  return copy as T
}

/** Whether two values are the same to a client: order of keys and absent fields do not count. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (isRaw(a) || isRaw(b)) return isRaw(a) && isRaw(b) && a.rawJSON === b.rawJSON
  if (a instanceof JsonText || b instanceof JsonText)
    return a instanceof JsonText && b instanceof JsonText && a.text === b.text
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => deepEqual(item, b[index]))
  }
  // Neither is null, an array or raw: both are records.
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  for (const key of Object.keys(left)) if (!deepEqual(left[key], ownValue(right, key))) return false
  for (const key of Object.keys(right)) if (right[key] !== undefined && ownValue(left, key) === undefined) return false
  return true
}

const encoder = new TextEncoder()
const ASCII = /^[\0-\x7f]*$/

/** Bytes of a text in UTF-8. */
export const byteLength = (text: string): number => (ASCII.test(text) ? text.length : encoder.encode(text).length)
