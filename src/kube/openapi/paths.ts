/** Paths of resources in OpenAPI: every operation under the name that Kubernetes gives it, and the older watches. */
import { PATCH_TYPES, patchTypesOf } from '../patch/types.ts'
import { apiVersionOf, type Resource, type Subresource } from '../resource.ts'
import { capital, type Operation, type PathItem, pathItem, STATUS, STREAMS, tagOf, wordOf } from './operations.ts'
import {
  DELETE_OPTIONS,
  DELETING,
  DELETING_MANY,
  LISTING,
  NAMESPACE,
  nameOf,
  PATCH,
  PATCHING,
  PRETTY,
  WRITING,
} from './parameters.ts'
import { SAID_TO_ANSWER_STATUS } from './published.ts'
import { type Dialect, type GroupVersionKind, type Json, listNameOf, META } from './schemas.ts'

const WATCH_EVENT = `${META}.WatchEvent`

/** `/api/v1` or `/apis/apps/v1`. */
export const basePath = (resource: Pick<Resource, 'group' | 'version'>): string =>
  `/${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`

/** Paths of one resource under its group version. */
export function pathsOf(resource: Resource, dialect: Dialect): Record<string, Json> {
  const items = new Map([
    ...collectionPaths(resource),
    ...itemPaths(resource),
    ...subresourcePaths(resource),
    // A custom kind has them, and Kubernetes does not tell.
    ...(resource.custom === undefined ? watchPaths(resource) : []),
  ])
  return Object.fromEntries(
    [...items].flatMap(([path, item]) => (item.operations.length > 0 ? [[path, pathItem(item, dialect)]] : [])),
  )
}

type Paths = [path: string, item: PathItem][]

const isNamespaced = ({ scope }: Resource): boolean => scope === 'namespaced'
const inNamespace = (resource: Resource): string => (isNamespaced(resource) ? '/namespaces/{namespace}' : '')
const scopeParameters = (resource: Resource) => (isNamespaced(resource) ? [NAMESPACE] : [])
/** How an operation names its objects: `NamespacedPod`. */
const subjectOf = (resource: Resource): string => `${isNamespaced(resource) ? 'Namespaced' : ''}${resource.kind}`
const kindOf = ({ group, version, kind }: GroupVersionKind): GroupVersionKind => ({ group, version, kind })

interface Described extends Partial<Operation> {
  /** What the operation's name begins with. */
  readonly verb: string
  /** What it ends with. */
  readonly subject: string
  readonly action: string
  readonly description: string
  readonly method: Operation['method']
  readonly kind?: GroupVersionKind
}

function operation(
  resource: Resource,
  { verb, subject, action, kind, description, method, ...rest }: Described,
): Operation {
  const version = `${capital(wordOf(resource.group))}${capital(resource.version)}`
  return {
    id: `${verb}${version}${subject}`,
    description,
    method,
    tag: tagOf(resource),
    of: { action, kind: kind ?? kindOf(resource) },
    ...rest,
  }
}

const offered = (resource: Resource, verb: Resource['verbs'][number], made: Described): Operation[] =>
  resource.verbs.includes(verb) ? [operation(resource, made)] : []

const listing = (resource: Resource, subject: string): Operation[] =>
  offered(resource, 'list', {
    verb: 'list',
    subject,
    action: 'list',
    method: 'get',
    description: `list or watch ${resource.kind} objects`,
    parameters: LISTING,
    produces: STREAMS,
    answer: listNameOf(resource.schema),
  })

function collectionPaths(resource: Resource): Paths {
  const { kind, schema, plural } = resource
  const base = basePath(resource)
  const subject = subjectOf(resource)
  const own: PathItem = {
    operations: [
      ...listing(resource, subject),
      ...offered(resource, 'create', {
        verb: 'create',
        subject,
        action: 'post',
        method: 'post',
        description: `create one ${kind}`,
        parameters: WRITING,
        body: schema,
        answer: schema,
        codes: [200, 201, 202],
      }),
      ...offered(resource, 'deletecollection', {
        verb: 'delete',
        subject: `Collection${subject}`,
        action: 'deletecollection',
        method: 'delete',
        description: `delete ${kind} objects`,
        parameters: DELETING_MANY,
        body: DELETE_OPTIONS,
        answer: STATUS,
      }),
    ],
    parameters: [...scopeParameters(resource), PRETTY],
  }
  const everywhere: PathItem = {
    operations: listing(resource, `${kind}ForAllNamespaces`).map(({ parameters: _, ...rest }) => rest),
    parameters: [...LISTING, PRETTY],
  }
  return [
    ...(isNamespaced(resource) ? [[`${base}/${plural}`, everywhere] satisfies Paths[number]] : []),
    [`${base}${inNamespace(resource)}/${plural}`, own],
  ]
}

const itemPath = (resource: Resource): string =>
  `${basePath(resource)}${inNamespace(resource)}/${resource.plural}/{name}`

function itemPaths(resource: Resource): Paths {
  const { kind, schema, deleteReturnsObject } = resource
  const subject = subjectOf(resource)
  const operations = [
    ...offered(resource, 'get', { ...reading(subject, kind), answer: schema }),
    ...offered(resource, 'update', { ...replacing(subject, kind), body: schema, answer: schema }),
    ...offered(resource, 'patch', { ...patching(subject, kind), consumes: patchTypesOf(resource), answer: schema }),
    ...offered(resource, 'delete', {
      verb: 'delete',
      subject,
      action: 'delete',
      method: 'delete',
      description: `delete one ${kind}`,
      parameters: DELETING,
      body: DELETE_OPTIONS,
      answer: deleteReturnsObject && !SAID_TO_ANSWER_STATUS.has(schema) ? schema : STATUS,
      codes: [200, 202],
    }),
  ]
  return [[itemPath(resource), { operations, parameters: [nameOf(kind), ...scopeParameters(resource), PRETTY] }]]
}

const reading = (subject: string, what: string) =>
  ({ verb: 'read', subject, action: 'get', method: 'get', description: `read one ${what}` }) as const

const replacing = (subject: string, what: string) =>
  ({
    verb: 'replace',
    subject,
    action: 'put',
    method: 'put',
    description: `replace one ${what}`,
    parameters: WRITING,
    codes: [200, 201],
  }) as const

const patching = (subject: string, what: string) =>
  ({
    verb: 'patch',
    subject,
    action: 'patch',
    method: 'patch',
    description: `change parts of one ${what}`,
    parameters: PATCHING,
    body: PATCH,
    codes: [200, 201],
  }) as const

const subresourcePaths = (resource: Resource): Paths =>
  resource.subresources.map((subresource) => [
    `${itemPath(resource)}/${subresource.name}`,
    {
      operations: subresourceOperations(resource, subresource),
      parameters: [nameOf(subresource.kind ?? resource.kind), ...scopeParameters(resource), PRETTY],
    },
  ])

function subresourceOperations(resource: Resource, subresource: Subresource): Operation[] {
  const { name } = subresource
  const kind = {
    group: subresource.group ?? resource.group,
    version: subresource.version ?? resource.version,
    kind: subresource.kind ?? resource.kind,
  }
  const subject = `${subjectOf(resource)}${capital(name)}`
  const what = `${resource.kind}'s ${name}`
  const schema = subresourceSchema(resource, subresource)
  const consumes = schema === resource.schema ? patchTypesOf(resource) : PATCH_TYPES
  const described: Record<Subresource['verbs'][number], Described> = {
    get: { ...reading(subject, what), answer: schema },
    create: {
      verb: 'create',
      subject,
      action: 'post',
      method: 'post',
      description: `create one ${what}`,
      parameters: WRITING,
      body: schema,
      answer: schema,
      codes: [200, 201, 202],
    },
    update: { ...replacing(subject, what), body: schema, answer: schema },
    patch: { ...patching(subject, what), consumes, answer: schema },
  }
  return subresource.verbs.map((verb) => operation(resource, { ...described[verb], kind }))
}

/** The paths that watched before lists could. */
function watchPaths(resource: Resource): Paths {
  const { kind, plural, verbs } = resource
  if (!verbs.includes('watch')) return []
  const base = `${basePath(resource)}/watch`
  const subject = subjectOf(resource)
  const collection = `${base}${inNamespace(resource)}/${plural}`
  const parameters = [...LISTING, PRETTY]
  const scope = scopeParameters(resource)
  const watching = (name: string, action: string): Operation[] => [
    operation(resource, {
      verb: 'watch',
      subject: name,
      action,
      method: 'get',
      description: `watch ${kind} objects; deprecated, lists take the 'watch' parameter instead`,
      produces: STREAMS,
      answer: WATCH_EVENT,
    }),
  ]
  return [
    ...(isNamespaced(resource)
      ? [
          [
            `${base}/${plural}`,
            { operations: watching(`${kind}ListForAllNamespaces`, 'watchlist'), parameters },
          ] satisfies Paths[number],
        ]
      : []),
    [collection, { operations: watching(`${subject}List`, 'watchlist'), parameters: [...scope, ...parameters] }],
    [
      `${collection}/{name}`,
      { operations: watching(subject, 'watch'), parameters: [nameOf(kind), ...scope, ...parameters] },
    ],
  ]
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
  ...(resource.verbs.includes('watch') && resource.custom === undefined ? [WATCH_EVENT] : []),
  DELETE_OPTIONS,
  STATUS,
  PATCH,
  ...resource.subresources.map((subresource) => subresourceSchema(resource, subresource)),
]
