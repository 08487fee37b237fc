/** One operation in OpenAPI, with the extensions by which kubectl finds a kind's schema (`explain`) and what the server can do. */
import { bodyParameter, isOptionalBody, type Parameter, parameterOf } from './parameters.ts'
import { type Dialect, type GroupVersionKind, type Json, META, refTo } from './schemas.ts'

export interface Operation {
  readonly method: 'get' | 'put' | 'post' | 'delete' | 'patch'
  readonly id: string
  readonly description: string
  readonly tag: string
  /** What is done to which kind, where it is one. */
  readonly of?: { readonly action: string; readonly kind: GroupVersionKind } | undefined
  readonly parameters?: readonly Parameter[]
  /** Definition of the body. */
  readonly body?: string
  readonly consumes?: readonly string[]
  readonly produces?: readonly string[]
  /** Definition of the answer; a text where there is none. */
  readonly answer?: string
  /** Codes of success. */
  readonly codes?: readonly (keyof typeof CODES)[]
}

export interface PathItem {
  readonly operations: readonly Operation[]
  /** Of all of them. */
  readonly parameters?: readonly Parameter[]
}

const CODES = { 200: 'OK', 201: 'Created', 202: 'Accepted' } as const

export const ANSWERS: readonly string[] = ['application/json', 'application/yaml']
/** Lists can be watched. */
export const STREAMS: readonly string[] = [...ANSWERS, 'application/json;stream=watch']
const ANYTHING: readonly string[] = ['*/*']

export const STATUS = `${META}.Status`

/** `core` and `rbacAuthorization`, as operations and tags name a group. */
export const wordOf = (group: string): string =>
  group === ''
    ? 'core'
    : group
        .replace(/\.k8s\.io$/, '')
        .split(/[^A-Za-z0-9]+/)
        .map((word, index) => (index === 0 ? word : capital(word)))
        .join('')

export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

export const tagOf = ({ group, version }: { readonly group: string; readonly version: string }): string =>
  `${wordOf(group)}_${version}`

export function pathItem({ operations, parameters = [] }: PathItem, dialect: Dialect): Json {
  return {
    ...Object.fromEntries(operations.map((operation) => [operation.method, operationOf(operation, dialect)])),
    ...(parameters.length > 0 ? { parameters: parameters.map((one) => parameterOf(one, dialect)) } : {}),
  }
}

function operationOf(operation: Operation, dialect: Dialect): Json {
  const { id, description, tag, of } = operation
  const identity = {
    description,
    operationId: id,
    tags: [tag],
    ...(of ? { 'x-kubernetes-action': of.action, 'x-kubernetes-group-version-kind': of.kind } : {}),
  }
  return dialect === 'v2' ? inV2(operation, identity) : inV3(operation, identity)
}

function inV2(
  { parameters = [], body, consumes, produces = ANSWERS, answer, codes = [200] }: Operation,
  head: Json,
): Json {
  const all = [...(body ? [bodyParameter(body)] : []), ...parameters.map((one) => parameterOf(one, 'v2'))]
  const schema = answer ? refTo(answer, 'v2') : { type: 'string' }
  return {
    ...head,
    consumes: consumes ?? ANYTHING,
    produces,
    schemes: ['https'],
    ...(all.length > 0 ? { parameters: all } : {}),
    responses: responses(codes, { schema }),
  }
}

function inV3(
  { parameters = [], body, consumes, produces = ANSWERS, answer, codes = [200] }: Operation,
  head: Json,
): Json {
  const schema = answer ? refTo(answer, 'v3') : { type: 'string' }
  return {
    ...head,
    ...(parameters.length > 0 ? { parameters: parameters.map((one) => parameterOf(one, 'v3')) } : {}),
    ...(body ? { requestBody: requestBody(body, consumes ?? ANYTHING) } : {}),
    responses: responses(codes, { content: contentOf(produces, schema) }),
  }
}

const responses = (codes: readonly (keyof typeof CODES)[], content: Json): Json => ({
  ...Object.fromEntries(codes.map((code) => [code, { description: CODES[code], ...content }])),
  '401': { description: 'Unauthorized' },
})

const requestBody = (schema: string, types: readonly string[]): Json => ({
  ...(isOptionalBody(schema) ? {} : { required: true }),
  content: contentOf(types, refTo(schema, 'v3')),
})

const contentOf = (types: readonly string[], schema: Json): Json =>
  Object.fromEntries(types.map((type) => [type, { schema }]))
