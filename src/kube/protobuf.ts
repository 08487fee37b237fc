/**
 * Reads Kubernetes' protobuf encoding of built-in kinds into what their JSON would be: client-go sends it for every
 * built-in kind, and does not fall back. Answers are JSON, which such clients accept too.
 * The envelope: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { badRequest } from './errors.ts'
import { protobufFields } from './generated/protobuf.ts'
import { definitions } from './generated/schema.ts'
import { parseJson, parseSent, setKey } from './json.ts'

export const PROTOBUF = 'application/vnd.kubernetes.protobuf'

const MAGIC = [0x6b, 0x38, 0x73, 0x00]

export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Uint8Array
}

/** runtime.Unknown behind the magic number. Throws 400. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (!MAGIC.every((byte, index) => bytes[index] === byte))
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  return guarded(() => {
    let apiVersion = ''
    let kind = ''
    let raw: Uint8Array = new Uint8Array()
    eachField(bytes.subarray(MAGIC.length), (number, reader, wire) => {
      if (number === 2) raw = reader.bytes()
      else if (number !== 1) reader.skip(wire)
      else
        eachField(reader.bytes(), (part, inner, innerWire) => {
          if (part === 1) apiVersion = inner.string()
          else if (part === 2) kind = inner.string()
          else inner.skip(innerWire)
        })
    })
    return { apiVersion, kind, raw }
  })
}

/** The JSON of a message of a definition. Throws 400 for what is not one. */
export const readMessage = (definition: string, raw: Uint8Array): Record<string, unknown> =>
  guarded(() => messageOf(definition, raw))

function guarded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError || (error instanceof Error && !('code' in error)))
      throw badRequest(`protobuf: ${error.message}`)
    throw error
  }
}

function eachField(bytes: Uint8Array, take: (number: number, reader: BinaryReader, wire: WireType) => void): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    take(number, reader, wire)
  }
}

interface Field {
  readonly name: string
  readonly type: string
  /** A zero is a value, not an absence. */
  readonly keepsZero: boolean
}

type Fields = ReadonlyMap<number, Field | { readonly inline: Fields }>

const known = new Map<string, Fields>()

function fieldsOf(definition: string): Fields {
  const found = known.get(definition)
  if (found) return found
  const fields = parseFields(definition, definition)
  known.set(definition, fields)
  return fields
}

/** `owner` is the definition that says the fields' types: an inlined message's fields are listed there. */
function parseFields(message: string, owner: string): Fields {
  const types = definitions[owner]?.fields ?? {}
  const fields = new Map<number, Field | { readonly inline: Fields }>()
  for (const token of (protobufFields[message] ?? '').split(' ')) {
    const [, number, mark, name = ''] = /^(\d+)([:!+])(.+)$/.exec(token) ?? []
    if (number === undefined) continue
    const type = types[name]
    if (mark === '+')
      fields.set(Number(number), {
        inline: parseFields(`${message.slice(0, message.lastIndexOf('.'))}.${name}`, owner),
      })
    else if (type !== undefined) fields.set(Number(number), { name, type, keepsZero: mark === '!' })
  }
  return fields
}

function messageOf(definition: string, raw: Uint8Array): Record<string, unknown> {
  const target: Record<string, unknown> = {}
  readInto(target, fieldsOf(definition), raw)
  return target
}

function readInto(target: Record<string, unknown>, fields: Fields, raw: Uint8Array): void {
  eachField(raw, (number, reader, wire) => {
    const field = fields.get(number)
    if (field === undefined) reader.skip(wire)
    else if ('inline' in field) readInto(target, field.inline, reader.bytes())
    else readField(target, field, reader, wire)
  })
}

function readField(
  target: Record<string, unknown>,
  { name, type, keepsZero }: Field,
  reader: BinaryReader,
  wire: WireType,
): void {
  if (type.startsWith('[]')) {
    const list = (target[name] ?? []) as unknown[]
    target[name] = list
    const item = type.slice(2)
    if (wire === WireType.LengthDelimited && isVarint(item)) {
      const packed = new BinaryReader(reader.bytes())
      while (packed.pos < packed.len) list.push(readValue(item, packed))
    } else list.push(readValue(item, reader))
    return
  }
  if (type.startsWith('{}')) {
    const map = (target[name] ?? {}) as Record<string, unknown>
    target[name] = map
    readEntry(map, type.slice(2), reader.bytes())
    return
  }
  const value = readValue(type, reader)
  const isZero = value === undefined || value === '' || value === 0 || value === false
  if (!isZero || (keepsZero && value !== undefined)) target[name] = value
}

function readEntry(map: Record<string, unknown>, type: string, raw: Uint8Array): void {
  let key = ''
  let value: unknown = type === 'string' || type === 'byte' ? '' : undefined
  eachField(raw, (number, reader, wire) => {
    if (number === 1) key = reader.string()
    else if (number === 2)
      value = type.startsWith('[]') ? itemsOf(type.slice(2), reader.bytes()) : readValue(type, reader)
    else reader.skip(wire)
  })
  setKey(map, key, value)
}

/** A list in a map is a message of its own (ExtraValue), with the items in its first field. */
function itemsOf(type: string, raw: Uint8Array): unknown[] {
  const items: unknown[] = []
  eachField(raw, (number, reader, wire) => {
    if (number === 1) items.push(readValue(type, reader))
    else reader.skip(wire)
  })
  return items
}

const isVarint = (type: string): boolean => type === 'int32' || type === 'int64' || type === 'bool'

function readValue(type: string, reader: BinaryReader): unknown {
  switch (type) {
    case 'string':
      return reader.string()
    case 'bool':
      return reader.bool()
    case 'int32':
      return reader.int32()
    case 'int64':
      return integerOf(reader.int64())
    case 'double':
      return reader.double()
    case 'byte':
      return toBase64(reader.bytes())
    case 'quantity':
      return quantityOf(reader.bytes())
    case 'time':
      return timeOf(reader.bytes(), 0)
    case 'microtime':
      return timeOf(reader.bytes(), 6)
    case 'intstr':
      return intOrStringOf(reader.bytes())
    case 'any':
    case 'json':
      return rawJsonOf(reader.bytes())
    case 'schemaOrBool':
      return schemaOrBool(reader.bytes())
    case 'schemaOrArray':
      return schemaOrList(reader.bytes(), (item) => messageOf(JSON_SCHEMA, item.bytes()))
    case 'schemaOrStrings':
      return schemaOrList(reader.bytes(), (item) => item.string())
    default:
      return messageOf(type.slice(1), reader.bytes())
  }
}

/** Text goes through the lossless parser, so that an integer beyond 2^53 keeps its digits. */
const integerOf = (value: bigint | string | number): unknown =>
  Number.isSafeInteger(Number(value)) ? Number(value) : parseJson(String(value))

function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

function quantityOf(raw: Uint8Array): string {
  let text = '0'
  eachField(raw, (number, reader, wire) => {
    if (number === 1) text = reader.string()
    else reader.skip(wire)
  })
  return text === '' ? '0' : text
}

/** Undefined for the zero time, which JSON shows as null. */
function timeOf(raw: Uint8Array, digits: 0 | 6): string | undefined {
  let seconds = 0
  let nanos = 0
  eachField(raw, (number, reader, wire) => {
    if (number === 1) seconds = Number(reader.int64())
    else if (number === 2) nanos = reader.int32()
    else reader.skip(wire)
  })
  if (seconds === 0 && nanos === 0) return undefined
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return digits === 0 ? `${whole}Z` : `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}

function intOrStringOf(raw: Uint8Array): string | number {
  let isText = false
  let number = 0
  let text = ''
  eachField(raw, (field, reader, wire) => {
    if (field === 1) isText = Number(reader.int64()) !== 0
    else if (field === 2) number = reader.int32()
    else if (field === 3) text = reader.string()
    else reader.skip(wire)
  })
  return isText ? text : number
}

const JSON_SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'

function schemaOrBool(raw: Uint8Array): unknown {
  let schema: unknown
  let flag = false
  eachField(raw, (number, reader, wire) => {
    if (number === 1) flag = reader.bool()
    else if (number === 2) schema = messageOf(JSON_SCHEMA, reader.bytes())
    else reader.skip(wire)
  })
  return schema ?? flag
}

function schemaOrList(raw: Uint8Array, readItem: (reader: BinaryReader) => unknown): unknown {
  let schema: unknown
  const items: unknown[] = []
  eachField(raw, (number, reader, wire) => {
    if (number === 1) schema = messageOf(JSON_SCHEMA, reader.bytes())
    else if (number === 2) items.push(readItem(reader))
    else reader.skip(wire)
  })
  return schema ?? items
}

/** FieldsV1 and RawExtension carry JSON in their first field. */
function rawJsonOf(raw: Uint8Array): unknown {
  let text = '{}'
  eachField(raw, (number, reader, wire) => {
    if (number === 1) text = new TextDecoder().decode(reader.bytes())
    else reader.skip(wire)
  })
  return parseSent(text)
}
