/** Values that GraphQL has no type for. Numbers keep their digits: a raw JSON number passes through as it is. */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from 'graphql'
import { isRaw, isRecord } from '../kube/json.ts'

const same = (value: unknown): unknown => value

function literal(node: ValueNode): unknown {
  return valueFromASTUntyped(node)
}

export const JSON_VALUE = new GraphQLScalarType({
  name: 'JSON',
  description: 'Any JSON value.',
  coerceOutputValue: same,
  coerceInputValue: same,
  coerceInputLiteral: literal,
})

export const LONG = new GraphQLScalarType({
  name: 'Long',
  description: 'An integer of up to 64 bits, as a JSON number. JavaScript reads digits beyond 2^53 with a loss.',
  coerceOutputValue(value) {
    if (isRaw(value) || Number.isInteger(value)) return value
    throw new GraphQLError('Long cannot represent a value that is not an integer')
  },
  coerceInputValue(value) {
    if (Number.isSafeInteger(value)) return value
    throw new GraphQLError('Long cannot represent a value that is not an integer')
  },
  coerceInputLiteral(node) {
    if (node.kind === Kind.INT && Number.isSafeInteger(Number(node.value))) return Number(node.value)
    throw new GraphQLError('Long cannot represent a value that is not an integer')
  },
})

export const STRING_MAP = new GraphQLScalarType({
  name: 'StringMap',
  description: 'Texts by keys, as labels and annotations are.',
  coerceOutputValue(value) {
    if (isRecord(value)) return value
    throw new GraphQLError('StringMap cannot represent a value that is not an object')
  },
})

export const INT_OR_STRING = new GraphQLScalarType({
  name: 'IntOrString',
  description: 'A number, or a text such as "25%" or the name of a port.',
  coerceOutputValue: same,
  coerceInputValue: same,
  coerceInputLiteral: literal,
})

/** What a manifest may be: one object as JSON, or text of JSON or YAML with any number of documents. */
export const MANIFEST = new GraphQLScalarType({
  name: 'Manifest',
  description: 'A Kubernetes object as JSON, or a text of JSON or YAML, which may hold several documents.',
  coerceInputValue: same,
  coerceInputLiteral: literal,
})
