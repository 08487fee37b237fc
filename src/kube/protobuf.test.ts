/** Objects of every kind, as the library writes them by the table of field numbers: what we read is what was written. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { protobufFields } from './generated/protobuf.ts'
import { definitions } from './generated/schema.ts'
import { openEnvelope, readMessage } from './protobuf.ts'
import { everyVersion } from './registry.ts'
import { apiVersionOf } from './resource.ts'

type Json = Record<string, unknown>

interface Field {
  readonly number: number
  readonly name: string
  readonly type: string
}

/** The fields of a message, those of the messages that stand in it beside the number of these. */
interface Message {
  readonly fields: readonly Field[]
  readonly inline: readonly { readonly number: number; readonly message: Message }[]
}

function messageOf(name: string, owner = name): Message {
  const fields: Field[] = []
  const inline: { number: number; message: Message }[] = []
  for (const token of (protobufFields[name] ?? '').split(' ')) {
    const [, number = '', mark, field = ''] = /^(\d+)([:!+])(.+)$/.exec(token) ?? []
    const type = definitions[owner]?.fields[field]
    if (mark === '+') {
      const part = `${name.slice(0, name.lastIndexOf('.'))}.${field}`
      inline.push({ number: Number(number), message: messageOf(part, owner) })
    } else if (type !== undefined) fields.push({ number: Number(number), name: field, type })
  }
  return { fields, inline }
}

const allFields = ({ fields, inline }: Message): Field[] => [
  ...fields,
  ...inline.flatMap(({ message }) => allFields(message)),
]

/** No value is a zero: that would be absent, or not, by Go's types. */
function arbitraryOf(type: string, depth: number): fc.Arbitrary<unknown> {
  if (type.startsWith('[]')) return fc.array(arbitraryOf(type.slice(2), depth), { minLength: 1, maxLength: 2 })
  if (type.startsWith('{}')) {
    const key = fc.constantFrom('a', 'b/c', '__proto__')
    const value = arbitraryOf(type.slice(2), depth)
    return fc
      .uniqueArray(fc.tuple(key, value), { minLength: 1, maxLength: 2, selector: ([name]) => name })
      .map((entries) => Object.fromEntries(entries))
  }
  if (type.startsWith('#')) return arbitraryMessage(type.slice(1), depth - 1)
  const made = SCALARS[type]
  if (!made) throw new Error(`no value of type ${type}`)
  return made
}

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: fc.string({ minLength: 1, unit: 'binary' }),
  bool: fc.constant(true),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).filter((value) => value !== 0),
  int64: fc.maxSafeInteger().filter((value) => value !== 0),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => value !== 0),
  byte: fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  quantity: fc.constantFrom('1', '100m', '2Gi'),
  time: fc.constantFrom('2026-01-01T00:00:00Z', '1969-12-31T23:59:59Z'),
  microtime: fc.constantFrom('2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00.000000Z'),
  intstr: fc.constantFrom(8080, 'http', '25%'),
  any: fc.constantFrom({ 'f:spec': { '.': {} } }, { kind: 'A', more: [1, null, 'a'] }),
  json: fc.constantFrom({ a: 1 }, [1], 'a', 1.5, true),
  schemaOrBool: fc.constantFrom(true, false, { type: 'string' }),
  schemaOrArray: fc.constantFrom({ type: 'string' }, [{ type: 'string' }, { type: 'integer' }]),
  schemaOrStrings: fc.constantFrom({ type: 'string' }, ['a', 'b']),
}

function arbitraryMessage(name: string, depth: number): fc.Arbitrary<Json> {
  const fields = allFields(messageOf(name)).filter(({ type }) => depth > 0 || !type.includes('#'))
  return fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, arbitraryOf(type, depth)])), {
    requiredKeys: [],
  })
}

/** A number that no message has: what a newer client sends. */
const UNKNOWN = 9999

function encode(name: string, value: Json): Uint8Array {
  const writer = new BinaryWriter()
  writeFields(writer, messageOf(name), value)
  writer.tag(UNKNOWN, WireType.LengthDelimited).string('from the future')
  return writer.finish()
}

function writeFields(writer: BinaryWriter, { fields, inline }: Message, value: Json): void {
  for (const { number, name, type } of fields)
    if (Object.hasOwn(value, name)) for (const each of repeated(type, value[name])) write(writer, number, each)
  for (const { number, message } of inline) {
    const part = new BinaryWriter()
    writeFields(part, message, value)
    writer.tag(number, WireType.LengthDelimited).bytes(part.finish())
  }
}

type Typed = readonly [type: string, value: unknown]

/** Lists and maps are written item by item. */
function repeated(type: string, value: unknown): Typed[] {
  if (type.startsWith('[]')) return (value as unknown[]).map((item) => [type.slice(2), item])
  if (type.startsWith('{}')) return Object.entries(value as Json).map((entry) => [type, entry])
  return [[type, value]]
}

function write(writer: BinaryWriter, number: number, [type, value]: Typed): void {
  const varint = () => writer.tag(number, WireType.Varint)
  switch (type) {
    case 'bool':
      return void varint().bool(value as boolean)
    case 'int32':
      return void varint().int32(value as number)
    case 'int64':
      return void varint().int64(value as number)
    case 'double':
      return void writer.tag(number, WireType.Bit64).double(value as number)
    default:
      return void writer.tag(number, WireType.LengthDelimited).bytes(bytesOf(type, value))
  }
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

function built(build: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter()
  build(writer)
  return writer.finish()
}

function bytesOf(type: string, value: unknown): Uint8Array {
  if (type.startsWith('#')) return encode(type.slice(1), value as Json)
  if (type.startsWith('{}')) return entryBytes(type.slice(2), value as [string, unknown])
  switch (type) {
    case 'string':
      return utf8(value as string)
    case 'byte':
      return Buffer.from(value as string, 'base64')
    case 'quantity':
      return built((writer) => write(writer, 1, ['string', value]))
    case 'time':
    case 'microtime':
      return timeBytes(value as string)
    case 'intstr':
      return built((writer) => {
        const isText = typeof value === 'string'
        write(writer, 1, ['int64', isText ? 1 : 0])
        write(writer, isText ? 3 : 2, [isText ? 'string' : 'int32', value])
      })
    case 'any':
    case 'json':
      return built((writer) => write(writer, 1, ['string', JSON.stringify(value)]))
    case 'schemaOrBool':
      return built((writer) =>
        typeof value === 'boolean' ? write(writer, 1, ['bool', value]) : write(writer, 2, [SCHEMA, value]),
      )
    case 'schemaOrArray':
      return built((writer) => {
        if (Array.isArray(value)) for (const each of value) write(writer, 2, [SCHEMA, each])
        else write(writer, 1, [SCHEMA, value])
      })
    case 'schemaOrStrings':
      return built((writer) => {
        if (Array.isArray(value)) for (const each of value) write(writer, 2, ['string', each])
        else write(writer, 1, [SCHEMA, value])
      })
    default:
      throw new Error(`no encoding of ${type}`)
  }
}

const SCHEMA = '#io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'

/** A list in a map is a message of its own (ExtraValue), with the items in its first field. */
const entryBytes = (type: string, [key, value]: [string, unknown]): Uint8Array =>
  built((writer) => {
    write(writer, 1, ['string', key])
    if (!type.startsWith('[]')) return write(writer, 2, [type, value])
    const items = built((list) => {
      for (const item of value as unknown[]) write(list, 1, [type.slice(2), item])
    })
    writer.tag(2, WireType.LengthDelimited).bytes(items)
  })

const timeBytes = (text: string): Uint8Array =>
  built((writer) => {
    const micros = /\.(\d{6})Z$/.exec(text)?.[1] ?? '0'
    write(writer, 1, ['int64', Math.floor(Date.parse(text) / 1000)])
    write(writer, 2, ['int32', Number(micros) * 1000])
  })

const DEPTH = 4

describe.each(
  everyVersion.resources.map((resource) => ({ of: `${apiVersionOf(resource)} ${resource.kind}`, resource })),
)('protobuf of $of', ({ resource: { schema } }) => {
  it('has field numbers for all that its kind has', () => {
    const numbered = allFields(messageOf(schema)).map(({ name }) => name)
    const fields = Object.keys(definitions[schema]?.fields ?? {}).filter((name) => !TYPE.includes(name))
    expect(numbered.sort()).toEqual(fields.sort())
  })

  it('is read as it was written; what nobody knows is passed over', () =>
    fc.assert(
      fc.property(arbitraryMessage(schema, DEPTH), (object) => {
        expect(readMessage(schema, encode(schema, object))).toEqual(object)
      }),
      { numRuns: 30 },
    ))
})

/** They stand in the envelope. */
const TYPE = ['apiVersion', 'kind']

describe('protobuf', () => {
  it('stands in an envelope that says what it is', () => {
    const raw = utf8('what it holds')
    const type = built((writer) => {
      write(writer, 1, ['string', 'apps/v1'])
      write(writer, 2, ['string', 'Deployment'])
    })
    const unknown = built((writer) => {
      writer.tag(1, WireType.LengthDelimited).bytes(type)
      writer.tag(2, WireType.LengthDelimited).bytes(raw)
    })
    const envelope = openEnvelope(new Uint8Array([0x6b, 0x38, 0x73, 0, ...unknown]))
    expect([envelope.apiVersion, envelope.kind, new TextDecoder().decode(envelope.raw)]).toEqual([
      'apps/v1',
      'Deployment',
      'what it holds',
    ])
    expect(() => openEnvelope(unknown)).toThrow(/does not appear to be a protobuf message/)
  })

  it('refuses what is no message, and does not fall over it', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          readMessage('io.k8s.api.core.v1.Pod', bytes)
        } catch (error) {
          expect((error as { code?: number }).code).toBe(400)
        }
      }),
      { numRuns: 300 },
    ))
})
