/**
 * Paths of OpenAPI, with the extensions by which kubectl finds a kind's schema (`explain`) and what the server can do:
 * `dryRun` and `fieldValidation` on a kind's PATCH (k/k#108350), and the kind's path (k/k#118876).
 */
import { PATCH_TYPES, patchTypesOf } from '../patch/types.ts'
import { apiVersionOf, type Resource, type Subresource } from '../resource.ts'
import { type Dialect, type GroupVersionKind, type Json, listNameOf, META, refTo } from './schemas.ts'

const ANSWERS = ['application/json']

interface Parameter {
  readonly name: string
  readonly type: 'string' | 'boolean' | 'integer'
  readonly description: string
}

const parameter = (name: string, type: Parameter['type'], description: string): Parameter => ({
  name,
  type,
  description,
})

const PRETTY = parameter('pretty', 'string', "If 'true', then the output is pretty printed.")
const DRY_RUN = parameter(
  'dryRun',
  'string',
  'When present, indicates that modifications should not be persisted. Valid values are: All: all dry run stages will be processed',
)
const FIELD_MANAGER = parameter(
  'fieldManager',
  'string',
  'fieldManager is a name associated with the actor or entity that is making these changes.',
)
const FIELD_VALIDATION = parameter(
  'fieldValidation',
  'string',
  'fieldValidation instructs the server on how to handle objects in the request containing unknown or duplicate fields. Valid values are: Ignore, Warn, Strict.',
)
const FORCE = parameter('force', 'boolean', 'Force is going to "force" Apply requests.')
const LISTING = [
  parameter('allowWatchBookmarks', 'boolean', 'allowWatchBookmarks requests watch events with type "BOOKMARK".'),
  parameter('continue', 'string', 'The continue option should be set when retrieving more results from the server.'),
  parameter(
    'fieldSelector',
    'string',
    'A selector to restrict the list of returned objects by their fields. Defaults to everything.',
  ),
  parameter(
    'labelSelector',
    'string',
    'A selector to restrict the list of returned objects by their labels. Defaults to everything.',
  ),
  parameter('limit', 'integer', 'limit is a maximum number of responses to return for a list call.'),
  parameter(
    'resourceVersion',
    'string',
    'resourceVersion sets a constraint on what resource versions a request may be served from.',
  ),
  parameter(
    'resourceVersionMatch',
    'string',
    'resourceVersionMatch determines how resourceVersion is applied to list calls.',
  ),
  parameter('sendInitialEvents', 'boolean', '`sendInitialEvents=true` may be set together with `watch=true`.'),
  parameter('timeoutSeconds', 'integer', 'Timeout for the list/watch call.'),
  parameter(
    'watch',
    'boolean',
    'Watch for changes to the described resources and return them as a stream of add, update, and remove notifications.',
  ),
]
const DELETING = [
  DRY_RUN,
  parameter('gracePeriodSeconds', 'integer', 'The duration in seconds before the object should be deleted.'),
  parameter('orphanDependents', 'boolean', 'Deprecated: please use the PropagationPolicy.'),
  parameter('propagationPolicy', 'string', 'Whether and how garbage collection will be performed.'),
]
const WRITING = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION]

interface Operation {
  readonly action: 'list' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection' | 'connect'
  readonly kind: GroupVersionKind
  readonly parameters: readonly Parameter[]
  /** Definition of the body; patches have their own. */
  readonly body?: string
  readonly answer: string
  readonly code?: number
  /** Of a patch; all of them where nothing is said. */
  readonly patchTypes?: readonly string[]
}

const METHOD = {
  list: 'get',
  get: 'get',
  post: 'post',
  put: 'put',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete',
  connect: 'get',
} as const
const STATUS = `${META}.Status`
const DELETE_OPTIONS = `${META}.DeleteOptions`

/** Paths of one resource under its group version. */
export function pathsOf(resource: Resource, dialect: Dialect): Record<string, Json> {
  const base = resource.group === '' ? `/api/${resource.version}` : `/apis/${apiVersionOf(resource)}`
  const isNamespaced = resource.scope === 'namespaced'
  const collection = isNamespaced ? `${base}/namespaces/{namespace}/${resource.plural}` : `${base}/${resource.plural}`
  const item = `${collection}/{name}`
  const make = (path: string, operations: readonly (Operation | undefined)[]) => {
    const given = operations.filter((operation) => operation !== undefined)
    return given.length === 0 ? [] : ([[path, pathItem(path, given, dialect)]] as const)
  }
  const offers = (verb: Resource['verbs'][number], operation: Operation): Operation | undefined =>
    resource.verbs.includes(verb) ? operation : undefined
  const kind = { group: resource.group, version: resource.version, kind: resource.kind }
  const list = offers('list', { action: 'list', kind, parameters: LISTING, answer: listNameOf(resource.schema) })
  return Object.fromEntries([
    ...(isNamespaced ? make(`${base}/${resource.plural}`, [list]) : []),
    ...make(collection, [
      list,
      offers('create', {
        action: 'post',
        kind,
        parameters: WRITING,
        body: resource.schema,
        answer: resource.schema,
        code: 201,
      }),
      offers('deletecollection', {
        action: 'deletecollection',
        kind,
        parameters: [...DELETING, ...LISTING.filter(({ name }) => name !== 'watch')],
        body: DELETE_OPTIONS,
        answer: STATUS,
      }),
    ]),
    ...make(item, [
      offers('get', { action: 'get', kind, parameters: [], answer: resource.schema }),
      offers('update', { action: 'put', kind, parameters: WRITING, body: resource.schema, answer: resource.schema }),
      offers('patch', {
        action: 'patch',
        kind,
        parameters: [...WRITING, FORCE],
        answer: resource.schema,
        patchTypes: patchTypesOf(resource),
      }),
      offers('delete', {
        action: 'delete',
        kind,
        parameters: DELETING,
        body: DELETE_OPTIONS,
        answer: resource.deleteReturnsObject ? resource.schema : STATUS,
      }),
    ]),
    ...resource.subresources.flatMap((subresource) =>
      make(`${item}/${subresource.name}`, subresourceOperations(resource, subresource)),
    ),
  ])
}

function subresourceOperations(resource: Resource, subresource: Subresource): Operation[] {
  const kind = {
    group: subresource.group ?? resource.group,
    version: subresource.version ?? resource.version,
    kind: subresource.kind ?? resource.kind,
  }
  const schema = subresourceSchema(resource, subresource)
  const operation: Record<Subresource['verbs'][number], Operation> = {
    get: { action: 'get', kind, parameters: [], answer: schema },
    create: { action: 'post', kind, parameters: WRITING, body: schema, answer: schema, code: 201 },
    update: { action: 'put', kind, parameters: WRITING, body: schema, answer: schema },
    patch: {
      action: 'patch',
      kind,
      parameters: [...WRITING, FORCE],
      answer: schema,
      patchTypes: schema === resource.schema ? patchTypesOf(resource) : PATCH_TYPES,
    },
  }
  return subresource.verbs.map((verb) => operation[verb])
}

const SUBRESOURCE_SCHEMAS: Readonly<Record<string, string>> = {
  Scale: 'io.k8s.api.autoscaling.v1.Scale',
  Eviction: 'io.k8s.api.policy.v1.Eviction',
  Binding: 'io.k8s.api.core.v1.Binding',
  TokenRequest: 'io.k8s.api.authentication.v1.TokenRequest',
}

const subresourceSchema = (resource: Resource, { kind }: Subresource): string =>
  SUBRESOURCE_SCHEMAS[kind ?? ''] ?? resource.schema

/** Definitions that a resource's paths speak of. */
export const schemaRoots = (resource: Resource): string[] => [
  resource.schema,
  ...(resource.verbs.includes('list') ? [listNameOf(resource.schema)] : []),
  DELETE_OPTIONS,
  STATUS,
  `${META}.Patch`,
  ...resource.subresources.map((subresource) => subresourceSchema(resource, subresource)),
]

function pathItem(path: string, operations: readonly Operation[], dialect: Dialect): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description:
      name === 'namespace' ? 'object name and auth scope, such as for teams and projects' : 'name of the resource',
    ...(dialect === 'v3' ? { schema: { type: 'string', uniqueItems: true } } : { type: 'string', uniqueItems: true }),
  }))
  return {
    ...Object.fromEntries(
      operations.map((operation) => [METHOD[operation.action], operationOf(path, operation, dialect)]),
    ),
    parameters: [...inPath, queryParameter(PRETTY, dialect)],
  }
}

const queryParameter = ({ name, type, description }: Parameter, dialect: Dialect): Json => ({
  name,
  in: 'query',
  description,
  ...(dialect === 'v3' ? { schema: { type, uniqueItems: true } } : { type, uniqueItems: true }),
})

function operationOf(path: string, operation: Operation, dialect: Dialect): Json {
  const { action, kind, parameters, answer, code = 200 } = operation
  const group = kind.group === '' ? 'core' : (kind.group.split('.')[0] ?? '')
  const identity = {
    description: `${action} ${kind.kind}`,
    operationId:
      action +
      path
        .split(/[^A-Za-z0-9]+/)
        .map(capital)
        .join(''),
    tags: [`${group}_${kind.version}`],
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
  }
  const query = parameters.map((one) => queryParameter(one, dialect))
  const failures = { '401': { description: 'Unauthorized' } }
  if (dialect === 'v2') {
    const schema =
      action === 'patch' ? refTo(`${META}.Patch`, dialect) : operation.body && refTo(operation.body, dialect)
    const isOptional = operation.body === DELETE_OPTIONS
    return {
      ...identity,
      consumes: action === 'patch' ? (operation.patchTypes ?? PATCH_TYPES) : ['*/*'],
      produces: ANSWERS,
      schemes: ['https'],
      parameters: [
        ...(schema ? [{ name: 'body', in: 'body', ...(isOptional ? {} : { required: true }), schema }] : []),
        ...query,
      ],
      responses: { [code]: { description: 'OK', schema: refTo(answer, dialect) }, ...failures },
    }
  }
  return {
    ...identity,
    ...(query.length > 0 ? { parameters: query } : {}),
    ...bodyOf(operation),
    responses: { [code]: { description: 'OK', content: contentOf(ANSWERS, answer) }, ...failures },
  }
}

function bodyOf({ action, body, patchTypes = PATCH_TYPES }: Operation): Json {
  if (action === 'patch') return { requestBody: { required: true, content: contentOf(patchTypes, `${META}.Patch`) } }
  if (body === undefined) return {}
  return { requestBody: { ...(body === DELETE_OPTIONS ? {} : { required: true }), content: contentOf(['*/*'], body) } }
}

const contentOf = (types: readonly string[], schema: string): Json =>
  Object.fromEntries(types.map((type) => [type, { schema: refTo(schema, 'v3') }]))

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
