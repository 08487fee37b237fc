/** Request bodies: size, encoding, kind, and the decoded object. */
import { duplicateFields } from '../../kube/duplicate-fields.ts'
import { badRequest, invalid, tooLarge, unsupportedMediaType } from '../../kube/errors.ts'
import { FieldPath, notSupported } from '../../kube/field.ts'
import { isRecord, parseSent } from '../../kube/json.ts'
import type { KubeObject } from '../../kube/object.ts'
import { APPLY_PATCH } from '../../kube/patch/types.ts'
import { openEnvelope, PROTOBUF, readMessage } from '../../kube/protobuf.ts'
import { apiVersionOf, type Resource } from '../../kube/resource.ts'
import { decode, jsonType } from '../../kube/schema/decode.ts'
import { parseYaml } from '../../kube/yaml.ts'
import type { WriteOptions } from './commit.ts'

/** kube-apiserver's own limit of a request (k8s.io/apiserver: MaxRequestBodyBytes). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024
const BODY_TYPES = ['application/json', 'application/yaml', PROTOBUF]
const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', APPLY_PATCH]

export interface Body {
  /** '' where the body is protobuf. */
  readonly text: string
  readonly bytes: Uint8Array
  /** Media type without parameters, lower case; '' if the client said none. */
  readonly type: string
}

/** Reads the body whole; beyond the limit it is drained and refused with 413. */
export async function readBody(request: Request): Promise<Body> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const declared = Number(request.headers.get('content-length') ?? '0')
  const bytes = declared > MAX_BODY_BYTES ? undefined : await request.arrayBuffer()
  if (bytes === undefined || bytes.byteLength > MAX_BODY_BYTES) {
    // Answering with the body unread would make workerd close the connection.
    if (bytes === undefined) await request.body?.pipeTo(new WritableStream())
    throw tooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`)
  }
  const text = type === PROTOBUF ? '' : new TextDecoder().decode(bytes)
  return { text, bytes: new Uint8Array(bytes), type }
}

/** The definition of a kind's protobuf bodies; custom kinds have none. */
export const messageOf = ({ custom, schema }: Resource): string | undefined => (custom ? undefined : schema)

/** `message`: the definition that a protobuf body is of, whatever kind its envelope says; undefined: it may not be one. */
export function parseBody(body: Body, message: string | undefined): unknown {
  switch (body.type) {
    case PROTOBUF: {
      if (message === undefined) throw unsupportedMediaType(BODY_TYPES.filter((type) => type !== PROTOBUF))
      const { apiVersion, kind, raw } = openEnvelope(body.bytes)
      return { ...readMessage(message, raw), apiVersion, kind }
    }
    case '':
    case 'application/json':
      return parseSent(body.text)
    case 'application/yaml':
    case 'application/x-yaml':
    case 'text/yaml':
      return parseYaml(body.text).value
    default:
      throw unsupportedMediaType(BODY_TYPES)
  }
}

/** YAML has JSON in it, and most who write YAML send it as JSON. */
const isJson = (text: string): boolean => text.trimStart().startsWith('{')

/** Of keys that stand twice in what was sent, as strict reading tells it; asked for only where somebody wants to know. */
export function duplicatesOf({ text, type }: Pick<Body, 'text' | 'type'>): Duplicates {
  if (type === PROTOBUF) return NONE
  if (!YAML_TYPES.includes(type) || isJson(text)) return jsonDuplicates(text)
  return () => {
    const { duplicates } = parseYaml(text)
    return {
      warnings: duplicates,
      error: `yaml: unmarshal errors:\n${duplicates.map((line) => `  ${line}`).join('\n')}`,
    }
  }
}

/** `text`: JSON. */
export const jsonDuplicates =
  (text: string): Duplicates =>
  () => {
    const warnings = duplicateFields(text).map((field) => `duplicate field "${field}"`)
    return { warnings, error: warnings.join(', ') }
  }

export type Duplicates = () => { readonly warnings: readonly string[]; readonly error: string }

const NONE: Duplicates = () => ({ warnings: [], error: '' })

/** An applied configuration: YAML, which most clients write as JSON. */
export const parseConfiguration = ({ text }: Body): unknown => (isJson(text) ? parseSent(text) : parseYaml(text).value)

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

/** Throws 422. */
export function fieldValidationOf(query: URLSearchParams, options: WriteOptions): FieldValidation {
  const value = query.get('fieldValidation') ?? ''
  if (value === '') return 'Warn'
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value
  throw invalid({ group: 'meta.k8s.io', kind: options }, '', [
    notSupported(new FieldPath('fieldValidation'), value, ['Ignore', 'Strict', 'Warn']),
  ])
}

export interface Decoded<T> {
  readonly object: T
  readonly warnings: readonly string[]
  /** Pruned. */
  readonly unknownFields: readonly string[]
}

/** A client's object of a known kind; unknown fields are pruned, and named or refused as asked. */
export function decodeObject<T extends KubeObject>(
  resource: Resource<T>,
  value: unknown,
  validation: FieldValidation,
  duplicates: Duplicates = NONE,
): Decoded<T> {
  const kind = resource as unknown as Resource
  const given = checkedRecord(value)
  checkKind({ kind: kind.kind, apiVersion: apiVersionOf(kind) }, given)
  const { object, unknownFields } = kind.custom ? kind.custom.decode(given) : decode(kind, given)
  const unknown = unknownFields.map((field) => `unknown field "${field}"`)
  const twice = (validation === 'Ignore' ? NONE : duplicates)()
  const warnings = [...unknown, ...twice.warnings]
  if (validation === 'Strict' && warnings.length > 0)
    throw badRequest(strictError(kind, twice.warnings.length > 0 ? [...unknown, twice.error] : unknown))
  // decode() has made it the resource's shape.
  return { object: object as unknown as T, warnings: validation === 'Warn' ? warnings : [], unknownFields }
}

const strictError = (resource: Resource, warnings: readonly string[]): string =>
  `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: strict decoding error: ${warnings.join(', ')}`

/** A kind that only requests have: the body of a subresource, the options of a delete. */
export interface RequestKind {
  readonly kind: string
  /** Of the versions it may be sent in, the first is meant where none is said; undefined: any. */
  readonly apiVersions: readonly string[] | undefined
  /** The definition's name. */
  readonly schema: string
}

/** Such a body, decoded to what its definition says. Throws 400. */
export const decodeRequest = <T>(expected: RequestKind, body: Body): T =>
  decodeRequestValue(expected, parseBody(body, expected.schema))

export function decodeRequestValue<T>({ kind, apiVersions, schema }: RequestKind, value: unknown): T {
  const given = checkedRecord(value)
  checkKind(
    { kind, apiVersion: apiVersions?.find((known) => known === given['apiVersion']) ?? apiVersions?.[0] },
    given,
  )
  const version = apiVersions?.[0]?.split('/').at(-1) ?? 'v1'
  // decode() has made it the definition's shape, which is the caller's T.
  return decode({ kind, version, schema }, given).object as T
}

function checkedRecord(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw badRequest(`couldn't get version/kind; json parse error: the body is not an object`)
  return value
}

/** Client libraries leave kind and version out (python's models have them empty): then what the path names is meant. */
function checkKind(expected: { kind: string; apiVersion: string | undefined }, given: Record<string, unknown>): void {
  const { apiVersion, kind } = given
  for (const [field, value] of Object.entries({ apiVersion, kind }))
    if (value !== undefined && value !== null && typeof value !== 'string')
      throw badRequest(
        `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(value)} into Go struct field .${field} of type string`,
      )
  if (apiVersion && expected.apiVersion !== undefined && apiVersion !== expected.apiVersion)
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected.apiVersion})`,
    )
  if (kind && kind !== expected.kind)
    throw badRequest(
      `${kind} in version "${apiVersion ?? ''}" cannot be handled as a ${expected.kind}: the kind does not match the resource`,
    )
}
