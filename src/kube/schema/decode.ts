/**
 * Decodes what a client sent into a kind's shape, in one pass and in place: null is absent, unknown fields are taken
 * out and named, quantities and times become the text Go would write, and a value of the wrong type is refused in the
 * words of Go's decoder. Decoders are made once a definition, as closures.
 */

import { badRequest } from '../errors.ts'
import { definitions } from '../generated/schema.ts'
import { isRaw, isRecord } from '../json.ts'
import { canonicalQuantity, QuantityError } from '../quantity.ts'
import type { FieldType } from './definition.ts'

export interface DecodeTarget {
  readonly kind: string
  readonly version: string
  /** The definition's name. */
  readonly schema: string
}

export interface DecodeResult {
  readonly object: Record<string, unknown>
  /** Paths of fields that the kind does not have, as `spec.containers[0].imagee`. */
  readonly unknownFields: readonly string[]
}

interface Context {
  readonly target: DecodeTarget
  readonly unknown: string[]
}

/** Answers the decoded value; undefined takes the field out. */
type Decoder = (value: unknown, context: Context, path: string, owner: string) => unknown

/** Throws 400. */
export function decode(target: DecodeTarget, value: unknown): DecodeResult {
  const context: Context = { target, unknown: [] }
  const object = structDecoder(target.schema)(value, context, '', target.kind)
  // A struct decodes to a record.
  return { object: object as Record<string, unknown>, unknownFields: context.unknown }
}

const decoders = new Map<FieldType, Decoder>()

function decoderOf(type: FieldType): Decoder {
  const known = decoders.get(type)
  if (known) return known
  const made = makeDecoder(type)
  decoders.set(type, made)
  return made
}

function makeDecoder(type: FieldType): Decoder {
  if (type.startsWith('[]')) return listDecoder(type.slice(2))
  if (type.startsWith('{}')) return mapDecoder(type.slice(2))
  if (type.startsWith('#')) {
    const name = type.slice(1)
    // Found at the first value, not now: definitions may hold themselves.
    let struct: Decoder | undefined
    return (value, context, path, owner) => {
      struct ??= structDecoder(name)
      return struct(value, context, path, owner)
    }
  }
  return SCALARS[type] ?? ((value) => value)
}

/** An empty list or map is an absent one (Go's `omitempty`), unless the field is required or stands here. */
const KEPT = new Set([
  'io.k8s.api.discovery.v1.EndpointSlice.ports',
  'io.k8s.api.discovery.v1beta1.EndpointSlice.ports',
  // No managed fields at all are said by an empty list, and those who apply are told that they may not say so.
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.managedFields',
])

const isCollection = (type: FieldType): boolean => type.startsWith('[]') || type.startsWith('{}')

/** Of a list or a map: an empty one is taken out. */
const unlessEmpty =
  (decodeField: Decoder): Decoder =>
  (value, context, path, owner) => {
    // The decoder has made sure that it is one.
    const decoded = decodeField(value, context, path, owner) as object
    for (const _ in decoded) return decoded
    return undefined
  }

const structs = new Map<string, Decoder>()

function structDecoder(name: string): Decoder {
  const known = structs.get(name)
  if (known) return known
  const definition = definitions[name]
  if (!definition) throw new Error(`no definition ${name}`)
  const short = name.slice(name.lastIndexOf('.') + 1)
  const fields = new Map(
    Object.entries(definition.fields).map(([field, type]) => {
      const isKept = definition.required?.includes(field) || KEPT.has(`${name}.${field}`)
      return [field, isCollection(type) && !isKept ? unlessEmpty(decoderOf(type)) : decoderOf(type)]
    }),
  )
  const decoder: Decoder = (value, context, path, owner) => {
    if (!isRecord(value)) throw mismatch(context, value, owner, path, goType(`#${name}`))
    for (const field in value) {
      if (!Object.hasOwn(value, field)) continue
      const decodeField = fields.get(field)
      const at = path === '' ? field : `${path}.${field}`
      const given = value[field]
      if (decodeField === undefined) {
        context.unknown.push(at)
        delete value[field]
      } else if (given === null || given === undefined) delete value[field]
      else {
        const decoded = decodeField(given, context, at, short)
        if (decoded === undefined) delete value[field]
        else if (decoded !== given) value[field] = decoded
      }
    }
    return value
  }
  structs.set(name, decoder)
  return decoder
}

function listDecoder(type: FieldType): Decoder {
  const decodeItem = decoderOf(type)
  return (value, context, path, owner) => {
    if (!Array.isArray(value)) throw mismatch(context, value, owner, path, `[]${goType(type)}`)
    for (let index = 0; index < value.length; index++) {
      // Go decodes null in a list to the zero value.
      const item = value[index] === null ? zeroOf(type) : value[index]
      value[index] = decodeItem(item, context, `${path}[${index}]`, owner)
    }
    return value
  }
}

/** What Go makes of null where nothing says that the value is absent. */
const zeroOf = (type: FieldType): unknown =>
  type.startsWith('#') ? {} : type.startsWith('[]') ? [] : (ZEROES[type] ?? null)

const ZEROES: Readonly<Record<string, unknown>> = {
  string: '',
  byte: '',
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  intstr: 0,
  quantity: '0',
}

function mapDecoder(type: FieldType): Decoder {
  const decodeValue = decoderOf(type)
  return (value, context, path, owner) => {
    if (!isRecord(value)) throw mismatch(context, value, owner, path, `map[string]${goType(type)}`)
    for (const key of Object.keys(value)) {
      const given = value[key]
      // A key stands for something even without a value.
      if (given === null)
        Object.defineProperty(value, key, {
          value: zeroOf(type),
          enumerable: true,
          configurable: true,
          writable: true,
        })
      // Go names the field, and not the key in it.
      else value[key] = decodeValue(given, context, path, owner)
    }
    return value
  }
}

const SCALARS: Readonly<Record<string, Decoder>> = {
  string: (value, context, path, owner) => {
    if (typeof value !== 'string') throw mismatch(context, value, owner, path, 'string')
    return value
  },
  bool: (value, context, path, owner) => {
    if (typeof value !== 'boolean') throw mismatch(context, value, owner, path, 'bool')
    return value
  },
  int32: (value, context, path, owner) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31)
      throw mismatch(context, value, owner, path, 'int32')
    return value
  },
  int64: (value, context, path, owner) => {
    if (isRaw(value)) {
      if (!fitsInt64(value.rawJSON)) throw mismatch(context, value, owner, path, 'int64')
      return value
    }
    if (typeof value !== 'number' || !Number.isInteger(value)) throw mismatch(context, value, owner, path, 'int64')
    return value
  },
  double: (value, context, path, owner) => {
    // An integer beyond what a double holds exactly is as near as Go's would be.
    if (isRaw(value)) return Number(value.rawJSON)
    if (typeof value !== 'number') throw mismatch(context, value, owner, path, 'float64')
    return value
  },
  intstr: (value, context, path) => {
    if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) return value
    throw refused(
      context,
      `${path}: json: cannot unmarshal ${jsonType(value)} into Go value of type intstr.IntOrString`,
    )
  },
  quantity: (value, context, path) => {
    if (typeof value !== 'string' && typeof value !== 'number')
      throw refused(context, `unable to parse quantity's suffix in ${path}`)
    try {
      return canonicalQuantity(String(value).trim())
    } catch (error) {
      if (error instanceof QuantityError) throw refused(context, error.message)
      throw error
    }
  },
  time: (value, context, path) => timeOf(value, context, path, 0),
  microtime: (value, context, path) => timeOf(value, context, path, 6),
  schemaOrBool: (value, context, path, owner) =>
    typeof value === 'boolean' ? value : structDecoder(JSON_SCHEMA)(value, context, path, owner),
  schemaOrArray: (value, context, path, owner) =>
    (Array.isArray(value) ? listDecoder(`#${JSON_SCHEMA}`) : structDecoder(JSON_SCHEMA))(value, context, path, owner),
  schemaOrStrings: (value, context, path, owner) =>
    (Array.isArray(value) ? listDecoder('string') : structDecoder(JSON_SCHEMA))(value, context, path, owner),
  byte: (value, context, path, owner) => {
    if (typeof value !== 'string') throw mismatch(context, value, owner, path, '[]byte')
    const bad = badBase64(value)
    if (bad !== undefined) throw refused(context, `illegal base64 data at input byte ${bad}`)
    return value
  },
}

/** The definition of every object's metadata. */
export const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const JSON_SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'

const fitsInt64 = (digits: string): boolean => {
  const value = BigInt(digits)
  return value >= -(2n ** 63n) && value < 2n ** 63n
}

const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** RFC 3339 in UTC, with a fixed number of digits after the second; what is more exact is cut. */
function timeOf(value: unknown, context: Context, path: string, digits: 0 | 6): string | undefined {
  // Go's zero time prints as null, which is absent.
  if (value === '') return undefined
  const match = typeof value === 'string' ? TIME.exec(value) : null
  const at = match ? Date.parse(`${match[1]}${match[3]}`) : Number.NaN
  if (!match || Number.isNaN(at))
    throw refused(
      context,
      `parsing time ${JSON.stringify(value)} in ${path} as "2006-01-02T15:04:05Z07:00": cannot parse`,
    )
  const seconds = new Date(at).toISOString().slice(0, 19)
  return digits === 0 ? `${seconds}Z` : `${seconds}.${(match[2] ?? '.').slice(1, 7).padEnd(6, '0')}Z`
}

/** Where standard base64 with padding is broken; undefined if it is not. */
function badBase64(text: string): number | undefined {
  const clean = text.replaceAll(/[\r\n]/g, '')
  const body = /^[A-Za-z0-9+/]*/.exec(clean)?.[0].length ?? 0
  const padding = clean.length - body
  if (clean.slice(body) !== '='.repeat(padding) || padding > 2) return body
  return clean.length % 4 === 0 ? undefined : clean.length
}

export const jsonType = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  if (isRaw(value)) return `number ${value.rawJSON}`
  if (typeof value === 'number') return Number.isInteger(value) ? `number ${value}` : `number ${value}`
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** `io.k8s.api.core.v1.Container` is Go's `v1.Container`. */
function goType(type: FieldType): string {
  if (type.startsWith('[]')) return `[]${goType(type.slice(2))}`
  return type.startsWith('#') ? type.split('.').slice(-2).join('.') : type
}

/** Numbers are named with their value where they don't fit, and without where a number is out of place. */
function mismatch(context: Context, value: unknown, owner: string, path: string, type: string) {
  const shown = typeof value === 'number' && !/^(u?int|float)/.test(type) ? 'number' : jsonType(value)
  const field = path.replaceAll(/\[\d+\]/g, '')
  return refused(context, `json: cannot unmarshal ${shown} into Go struct field ${owner}.${field} of type ${type}`)
}

const refused = ({ target }: Context, why: string) =>
  badRequest(`${target.kind} in version "${target.version}" cannot be handled as a ${target.kind}: ${why}`)
