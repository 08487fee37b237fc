/** Component schemas of OpenAPI v3 and definitions of v2, from the compact schema table and its docs. */
import { docs } from '../generated/docs.ts'
import { definitions } from '../generated/schema.ts'
import { everyVersion, objectVersions } from '../registry.ts'
import type { Resource } from '../resource.ts'
import type { Definition, FieldType } from '../schema/definition.ts'
import { type ApplyRule, applyRule, patchRule } from '../schema/merge-rules.ts'
import { MARKED_AS_LISTS, REQUIRED, UNIONS } from './published.ts'

export type Json = Record<string, unknown>
export type Dialect = 'v2' | 'v3'

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'
const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension'
const FIELDS = `${META}.FieldsV1`
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'

/** Scalars that are definitions of their own in Kubernetes' document. */
const NAMED: Readonly<Record<string, string>> = {
  quantity: QUANTITY,
  intstr: INT_OR_STRING,
  time: `${META}.Time`,
  microtime: `${META}.MicroTime`,
  json: `${EXTENSIONS}.JSON`,
  schemaOrBool: `${EXTENSIONS}.JSONSchemaPropsOrBool`,
  schemaOrArray: `${EXTENSIONS}.JSONSchemaPropsOrArray`,
  schemaOrStrings: `${EXTENSIONS}.JSONSchemaPropsOrStringArray`,
}

/** Fields that hold an object of any kind: Go's type for it is a definition of its own. */
const HOLDERS: Readonly<Record<string, string>> = {
  'io.k8s.api.apps.v1.ControllerRevision.data': RAW_EXTENSION,
  [`${META}.ManagedFieldsEntry.fieldsV1`]: FIELDS,
  [`${META}.WatchEvent.object`]: RAW_EXTENSION,
}

const SCALARS: Readonly<Record<string, Json>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  byte: { type: 'string', format: 'byte' },
  any: { type: 'object' },
}

/** What Kubernetes gives as the default of a value that is never absent in Go. */
const ZERO: Readonly<Record<string, unknown>> = { string: '', bool: false, int32: 0, int64: 0, double: 0 }

const prefixOf = (dialect: Dialect): string => (dialect === 'v3' ? '#/components/schemas/' : '#/definitions/')

export const refTo = (name: string, dialect: Dialect): Json => ({ $ref: `${prefixOf(dialect)}${name}` })

/** Names a list's definition: that of `...core.v1.Pod` is `...core.v1.PodList`. */
export const listNameOf = (schema: string): string => `${schema}List`

/** A reference inside another schema; in v3 beside a description it must stand in `allOf`. */
const nestedRef = (name: string, dialect: Dialect): Json =>
  dialect === 'v2' ? refTo(name, dialect) : { allOf: [refTo(name, dialect)] }

function typeSchema(type: FieldType, dialect: Dialect, isItem: boolean): Json {
  if (type.startsWith('[]')) return { type: 'array', items: typeSchema(type.slice(2), dialect, true) }
  if (type.startsWith('{}')) return { type: 'object', additionalProperties: typeSchema(type.slice(2), dialect, true) }
  const name = type.startsWith('#') ? type.slice(1) : NAMED[type]
  const zero = dialect === 'v3' && isItem
  if (name !== undefined)
    return { ...nestedRef(name, dialect), ...(zero && type.startsWith('#') ? { default: {} } : {}) }
  return { ...SCALARS[type], ...(zero && type in ZERO ? { default: ZERO[type] } : {}) }
}

function fieldSchema(owner: string, field: string, dialect: Dialect): Json {
  const definition = definitions[owner]
  const type = definition?.fields[field] ?? 'any'
  const rule = patchRule(owner, field)
  const values = definition?.enums?.[field]
  const holder = HOLDERS[`${owner}.${field}`]
  const description = docs[owner]?.[field] || COMMON_DOCS[field]
  return {
    ...(description ? { description } : {}),
    ...(holder === undefined ? typeSchema(type, dialect, false) : nestedRef(holder, dialect)),
    ...(values ? { enum: values } : {}),
    ...(rule?.key ? { 'x-kubernetes-patch-merge-key': rule.key } : {}),
    ...(rule ? { 'x-kubernetes-patch-strategy': rule.strategy } : {}),
    ...mergeSchema(MARKED_AS_LISTS.has(`${owner}.${field}`) ? '[]' : type, applyRule(owner, field)),
  }
}

const COMMON_DOCS: Readonly<Record<string, string>> = {
  apiVersion:
    'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  kind: 'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
}

function objectSchema(name: string, definition: Definition, dialect: Dialect): Json {
  const description = docs[name]?.['']
  const kinds = kindsOf(name)
  const required = REQUIRED[name] ?? definition.required ?? []
  return {
    ...(description ? { description } : {}),
    type: 'object',
    ...(required.length > 0 ? { required: [...required].sort() } : {}),
    properties: Object.fromEntries(
      Object.keys(definition.fields).map((field) => [field, fieldSchema(name, field, dialect)]),
    ),
    ...(kinds.length > 0 ? { 'x-kubernetes-group-version-kind': kinds } : {}),
    ...mergeSchema(`#${name}`, applyRule(name, '')),
    ...(Object.hasOwn(UNIONS, name) ? { 'x-kubernetes-unions': [UNIONS[name]] } : {}),
  }
}

/** Kinds that are no resource of their own but are sent or answered. */
const EXTRA_KINDS: Readonly<Record<string, GroupVersionKind>> = {
  'io.k8s.api.autoscaling.v1.Scale': { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  'io.k8s.api.policy.v1.Eviction': { group: 'policy', version: 'v1', kind: 'Eviction' },
  'io.k8s.api.core.v1.Binding': { group: '', version: 'v1', kind: 'Binding' },
  'io.k8s.api.authentication.v1.TokenRequest': { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  ...Object.fromEntries(
    ['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'Status'].map((kind) => [
      `${META}.${kind}`,
      { group: '', version: 'v1', kind },
    ]),
  ),
}

/** Kinds of every group version. */
const EVERYWHERE = new Set([`${META}.DeleteOptions`, `${META}.WatchEvent`])

function kindsOf(name: string): GroupVersionKind[] {
  const extra = EXTRA_KINDS[name]
  if (extra) return [extra]
  if (EVERYWHERE.has(name)) {
    const kind = name.slice(name.lastIndexOf('.') + 1)
    const versions = new Map(
      objectVersions.map(({ group, version }) => [`${group}/${version}`, { group, version, kind }]),
    )
    return [...versions.values()]
  }
  const resource = everyVersion.resources.find(({ schema }) => schema === name)
  return resource ? [{ group: resource.group, version: resource.version, kind: resource.kind }] : []
}

export function listSchema({ schema, kind, listKind, plural, group, version }: Resource, dialect: Dialect): Json {
  return {
    description: `${listKind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { description: COMMON_DOCS['apiVersion'], type: 'string' },
      items: {
        description: `List of ${plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        ...typeSchema(`[]#${schema}`, dialect, false),
      },
      kind: { description: COMMON_DOCS['kind'], type: 'string' },
      metadata: { description: 'Standard list metadata.', ...nestedRef(`${META}.ListMeta`, dialect) },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind: listKind }],
  }
}

/** The fields that every object has. */
export const objectProperties = (dialect: Dialect): Record<string, Json> => ({
  apiVersion: { description: COMMON_DOCS['apiVersion'], type: 'string' },
  kind: { description: COMMON_DOCS['kind'], type: 'string' },
  metadata: { description: 'Standard object metadata.', ...nestedRef(`${META}.ObjectMeta`, dialect) },
})

const described = (name: string): Json => ({ description: docs[name]?.[''] ?? '' })

const scalarSchemas = (dialect: Dialect): Record<string, Json> => ({
  [QUANTITY]: {
    description: docs[QUANTITY]?.[''] ?? 'Quantity is a fixed-point representation of a number, such as 100m or 1Gi.',
    ...(dialect === 'v3' ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' }),
  },
  [INT_OR_STRING]: {
    description: 'IntOrString is a type that can hold an int32 or a string.',
    ...(dialect === 'v3' ? { oneOf: [{ type: 'integer' }, { type: 'string' }] } : { type: 'string' }),
    format: 'int-or-string',
  },
  [`${META}.Time`]: { description: 'Time in RFC 3339, in whole seconds.', type: 'string', format: 'date-time' },
  [`${META}.MicroTime`]: {
    description: 'MicroTime is a time in RFC 3339 with microseconds.',
    type: 'string',
    format: 'date-time',
  },
  // Any value: a schema says no type then.
  [`${EXTENSIONS}.JSON`]: described(`${EXTENSIONS}.JSON`),
  [`${EXTENSIONS}.JSONSchemaPropsOrBool`]: described(`${EXTENSIONS}.JSONSchemaPropsOrBool`),
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`]: described(`${EXTENSIONS}.JSONSchemaPropsOrArray`),
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`]: described(`${EXTENSIONS}.JSONSchemaPropsOrStringArray`),
  [RAW_EXTENSION]: { ...described(RAW_EXTENSION), type: 'object' },
  [FIELDS]: { ...described(FIELDS), type: 'object' },
  [`${META}.Patch`]: {
    description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.',
    type: 'object',
  },
})

/** Every built-in schema reachable from the named ones, in order of names. Lists are named by `listNameOf`. */
export function schemasOf(roots: Iterable<string>, dialect: Dialect): Record<string, Json> {
  const scalars = scalarSchemas(dialect)
  const found = new Map<string, Json>()
  const pending = [...roots]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue
    const definition = definitions[name]
    const scalar = scalars[name]
    if (scalar) found.set(name, scalar)
    else if (definition) {
      found.set(name, objectSchema(name, definition, dialect))
      for (const [field, type] of Object.entries(definition.fields)) pending.push(...targetOf(name, field, type))
    } else {
      const listed = everyVersion.resources.find(({ schema }) => listNameOf(schema) === name)
      if (!listed) continue
      found.set(name, listSchema(listed, dialect))
      pending.push(listed.schema, `${META}.ListMeta`)
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function targetOf(owner: string, field: string, type: FieldType): string[] {
  const base = type.replaceAll(/\[\]|\{\}/g, '')
  const name = base.startsWith('#') ? base.slice(1) : (NAMED[base] ?? HOLDERS[`${owner}.${field}`])
  return name === undefined ? [] : [name]
}

function mergeSchema(type: FieldType, rule: ApplyRule | undefined): Json {
  if (rule === undefined) return {}
  // Bytes are a list in Go.
  if (!type.startsWith('[]') && type !== 'byte') return { 'x-kubernetes-map-type': rule.as }
  return {
    'x-kubernetes-list-type': rule.as,
    ...(rule.as === 'map' ? { 'x-kubernetes-list-map-keys': rule.keys } : {}),
  }
}
