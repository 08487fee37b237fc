/** Parameters of the operations in OpenAPI. */
import { type Dialect, type Json, META, refTo } from './schemas.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly type: 'string' | 'boolean' | 'integer'
  readonly description: string
  /**
   * The name under which v2 defines it once for all operations. Absent where a client looks for it in the operation itself,
   * and follows no reference: kubectl before 1.27 asks so for `dryRun` and `fieldValidation` (k/k#108350).
   */
  readonly shared?: string
}

const query = (name: string, type: Parameter['type'], description: string, shared = name): Parameter => ({
  name,
  in: 'query',
  type,
  description,
  shared,
})

const looked = ({ shared: _, ...parameter }: Parameter): Parameter => parameter

export const PRETTY = query('pretty', 'string', "If 'true', then the output is pretty printed.")
export const NAMESPACE: Parameter = {
  name: 'namespace',
  in: 'path',
  type: 'string',
  description: 'object name and auth scope, such as for teams and projects',
  shared: 'namespace',
}
export const nameOf = (kind: string): Parameter => ({
  name: 'name',
  in: 'path',
  type: 'string',
  description: `name of the ${kind}`,
})

const DRY_RUN = looked(
  query(
    'dryRun',
    'string',
    'When present, indicates that modifications should not be persisted. Valid values are: All: all dry run stages will be processed',
  ),
)
const FIELD_MANAGER = query(
  'fieldManager',
  'string',
  'fieldManager is a name associated with the actor or entity that is making these changes.',
)
const FIELD_VALIDATION = looked(
  query(
    'fieldValidation',
    'string',
    'fieldValidation instructs the server on how to handle objects in the request containing unknown or duplicate fields. Valid values are: Ignore, Warn, Strict.',
  ),
)
const FORCE = query('force', 'boolean', 'Force is going to "force" Apply requests.')
const WATCH = query(
  'watch',
  'boolean',
  'Watch for changes to the described resources and return them as a stream of add, update, and remove notifications.',
)

const SELECTING = [
  query('continue', 'string', 'The continue option should be set when retrieving more results from the server.'),
  query(
    'fieldSelector',
    'string',
    'A selector to restrict the list of returned objects by their fields. Defaults to everything.',
  ),
  query(
    'labelSelector',
    'string',
    'A selector to restrict the list of returned objects by their labels. Defaults to everything.',
  ),
  query('limit', 'integer', 'limit is a maximum number of responses to return for a list call.'),
  query(
    'resourceVersion',
    'string',
    'resourceVersion sets a constraint on what resource versions a request may be served from.',
  ),
  query(
    'resourceVersionMatch',
    'string',
    'resourceVersionMatch determines how resourceVersion is applied to list calls.',
  ),
  query('sendInitialEvents', 'boolean', '`sendInitialEvents=true` may be set together with `watch=true`.'),
  query('timeoutSeconds', 'integer', 'Timeout for the list/watch call.'),
]

export const LISTING = [
  query('allowWatchBookmarks', 'boolean', 'allowWatchBookmarks requests watch events with type "BOOKMARK".'),
  ...SELECTING,
  WATCH,
]
export const WRITING = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION]
export const PATCHING = [...WRITING, FORCE]
export const DELETING = [
  DRY_RUN,
  query('gracePeriodSeconds', 'integer', 'The duration in seconds before the object should be deleted.'),
  query('orphanDependents', 'boolean', 'Deprecated: please use the PropagationPolicy.'),
  query('propagationPolicy', 'string', 'Whether and how garbage collection will be performed.'),
]
export const DELETING_MANY = [...DELETING, ...SELECTING]

export const DELETE_OPTIONS = `${META}.DeleteOptions`
export const PATCH = `${META}.Patch`

/** Bodies that v2 defines once: of a patch, and of what may have none. */
const SHARED_BODIES: Readonly<Record<string, { readonly key: string; readonly required?: true }>> = {
  [DELETE_OPTIONS]: { key: 'body-DeleteOptions' },
  [PATCH]: { key: 'body-Patch', required: true },
}

const reference = (key: string): Json => ({ $ref: `#/parameters/${key}` })

const inline = ({ name, in: place, type, description }: Parameter, dialect: Dialect): Json => ({
  name,
  in: place,
  ...(place === 'path' ? { required: true } : {}),
  description,
  ...(dialect === 'v3' ? { schema: { type, uniqueItems: true } } : { type, uniqueItems: true }),
})

export const parameterOf = (parameter: Parameter, dialect: Dialect): Json =>
  dialect === 'v2' && parameter.shared !== undefined ? reference(parameter.shared) : inline(parameter, dialect)

const bodyFields = (schema: string, required: boolean): Json => ({
  name: 'body',
  in: 'body',
  ...(required ? { required } : {}),
  schema: refTo(schema, 'v2'),
})

/** Of v2, where a body is a parameter. */
export function bodyParameter(schema: string): Json {
  const shared = SHARED_BODIES[schema]
  return shared ? reference(shared.key) : bodyFields(schema, true)
}

export const isOptionalBody = (schema: string): boolean => schema === DELETE_OPTIONS

/** Of v2: what its operations refer to. */
export const sharedParameters = (): Json =>
  Object.fromEntries([
    ...[PRETTY, NAMESPACE, ...LISTING, ...PATCHING, ...DELETING].flatMap((parameter) =>
      parameter.shared === undefined ? [] : [[parameter.shared, inline(parameter, 'v2')] as const],
    ),
    ...Object.entries(SHARED_BODIES).map(([schema, { key, required }]) => [key, bodyFields(schema, required === true)]),
  ])
