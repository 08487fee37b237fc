/**
 * OpenAPI v2 as protobuf, the only form in which Go clients read it (kubectl before 1.27, helm, Argo CD, Terraform).
 * The messages: https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto; only what our document holds.
 * `application/com.github.proto-openapi.spec.v2@v1.0+protobuf`.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Json } from './schemas.ts'

type Bytes = Uint8Array

/** A message under way; fields that are absent are not written. */
class Message {
  readonly #writer = new BinaryWriter()

  text(number: number, value: unknown): this {
    if (typeof value === 'string' && value !== '') this.#writer.tag(number, WireType.LengthDelimited).string(value)
    return this
  }
  texts(number: number, values: unknown): this {
    // An empty text is an item like others.
    for (const value of listOf(values)) this.#writer.tag(number, WireType.LengthDelimited).string(String(value))
    return this
  }
  flag(number: number, value: unknown): this {
    if (value === true) this.#writer.tag(number, WireType.Varint).bool(true)
    return this
  }
  double(number: number, value: unknown): this {
    if (typeof value === 'number') this.#writer.tag(number, WireType.Bit64).double(value)
    return this
  }
  count(number: number, value: unknown): this {
    if (typeof value === 'number') this.#writer.tag(number, WireType.Varint).int64(value)
    return this
  }
  nested(number: number, bytes: Bytes | undefined): this {
    if (bytes) this.#writer.tag(number, WireType.LengthDelimited).bytes(bytes)
    return this
  }
  all(number: number, items: Iterable<Bytes>): this {
    for (const item of items) this.nested(number, item)
    return this
  }
  finish(): Bytes {
    return this.#writer.finish()
  }
}

const message = (): Message => new Message()

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
/** Parts of a document of our own making are records. */
const recordOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})

/** Any: JSON is YAML too. */
const any = (value: unknown): Bytes => message().text(2, JSON.stringify(value)).finish()
const anyOrNone = (value: unknown): Bytes | undefined => (value === undefined ? undefined : any(value))

const named = (name: string, value: Bytes): Bytes => message().text(1, name).nested(2, value).finish()

const namedAll = (values: unknown, encode: (value: Json) => Bytes): Bytes[] =>
  Object.entries(recordOf(values)).map(([name, value]) => named(name, encode(recordOf(value))))

const extensions = (of: Json): Bytes[] =>
  Object.entries(of).flatMap(([name, value]) => (name.startsWith('x-') ? [named(name, any(value))] : []))

export function gnosticDocument(document: Json): Bytes {
  const { title, version } = recordOf(document['info'])
  return message()
    .text(1, document['swagger'])
    .nested(2, message().text(1, title).text(2, version).finish())
    .nested(8, message().all(2, namedAll(document['paths'], pathItem)).finish())
    .nested(9, namedSchemas(document['definitions']))
    .nested(10, message().all(1, namedAll(document['parameters'], parameter)).finish())
    .all(12, listOf(document['security']).map(securityRequirement))
    .nested(13, message().all(1, namedAll(document['securityDefinitions'], apiKey)).finish())
    .finish()
}

const securityRequirement = (of: unknown): Bytes =>
  message()
    .all(
      1,
      Object.entries(recordOf(of)).map(([name, scopes]) => named(name, message().texts(1, scopes).finish())),
    )
    .finish()

const namedSchemas = (schemas: unknown): Bytes => message().all(1, namedAll(schemas, schema)).finish()

/** SecurityDefinitionsItem with its second choice, ApiKeySecurity. */
const apiKey = (of: Json): Bytes =>
  message()
    .nested(2, message().text(1, of['type']).text(2, of['name']).text(3, of['in']).text(4, of['description']).finish())
    .finish()

const METHODS: readonly (readonly [number, string])[] = [
  [2, 'get'],
  [3, 'put'],
  [4, 'post'],
  [5, 'delete'],
  [8, 'patch'],
]

function pathItem(of: Json): Bytes {
  const made = message()
  for (const [number, method] of METHODS)
    if (of[method] !== undefined) made.nested(number, operation(recordOf(of[method])))
  return made.all(9, parameters(of['parameters'])).finish()
}

const operation = (of: Json): Bytes =>
  message()
    .texts(1, of['tags'])
    .text(3, of['description'])
    .text(5, of['operationId'])
    .texts(6, of['produces'])
    .texts(7, of['consumes'])
    .all(8, parameters(of['parameters']))
    .nested(9, message().all(1, namedAll(of['responses'], response)).finish())
    .texts(10, of['schemes'])
    .all(13, extensions(of))
    .finish()

/** ParametersItem: a parameter, or a reference to one. */
const parameters = (values: unknown): Bytes[] =>
  listOf(values).map((value) => {
    const of = recordOf(value)
    const { $ref } = of
    return $ref === undefined
      ? message().nested(1, parameter(of)).finish()
      : message().nested(2, message().text(1, $ref).finish()).finish()
  })

function parameter(of: Json): Bytes {
  if (of['in'] === 'body') {
    const body = message().text(1, of['description']).text(2, of['name']).text(3, 'body').flag(4, of['required'])
    return message()
      .nested(1, body.nested(5, schema(recordOf(of['schema']))).finish())
      .finish()
  }
  const isQuery = of['in'] === 'query'
  const common = message().flag(1, of['required']).text(2, of['in']).text(3, of['description']).text(4, of['name'])
  const made = isQuery
    ? common.text(6, of['type']).flag(20, of['uniqueItems'])
    : common.text(5, of['type']).flag(19, of['uniqueItems'])
  return message()
    .nested(
      2,
      message()
        .nested(isQuery ? 3 : 4, made.finish())
        .finish(),
    )
    .finish()
}

function response(of: Json): Bytes {
  const item =
    of['schema'] === undefined
      ? undefined
      : message()
          .nested(1, schema(recordOf(of['schema'])))
          .finish()
  return message().nested(1, message().text(1, of['description']).nested(2, item).finish()).finish()
}

/** Bounds of numbers, lengths and counts, by their field numbers; doubles, and int64. */
const DOUBLES = [
  [6, 'multipleOf'],
  [7, 'maximum'],
  [9, 'minimum'],
] as const
const COUNTS = [
  [11, 'maxLength'],
  [12, 'minLength'],
  [14, 'maxItems'],
  [15, 'minItems'],
  [17, 'maxProperties'],
  [18, 'minProperties'],
] as const

function schema(of: Json): Bytes {
  const { items, properties, additionalProperties, type } = of
  const made = message()
    .text(1, of['$ref'])
    .text(2, of['format'])
    .text(3, of['title'])
    .text(4, of['description'])
    .nested(5, anyOrNone(of['default']))
    .flag(8, of['exclusiveMaximum'])
    .flag(10, of['exclusiveMinimum'])
    .text(13, of['pattern'])
    .flag(16, of['uniqueItems'])
    .texts(19, of['required'])
    .all(20, listOf(of['enum']).map(any))
    .nested(21, additionalProperties === undefined ? undefined : additional(additionalProperties))
    .nested(22, type === undefined ? undefined : message().texts(1, [type]).finish())
    .nested(
      23,
      items === undefined
        ? undefined
        : message()
            .nested(1, schema(recordOf(items)))
            .finish(),
    )
    .nested(25, properties === undefined ? undefined : namedSchemas(properties))
    .all(31, extensions(of))
  for (const [number, field] of DOUBLES) made.double(number, of[field])
  for (const [number, field] of COUNTS) made.count(number, of[field])
  return made.finish()
}

/** AdditionalPropertiesItem: a schema, or whether there may be any. */
const additional = (of: unknown): Bytes =>
  typeof of === 'boolean'
    ? message().flag(2, of).finish()
    : message()
        .nested(1, schema(recordOf(of)))
        .finish()
