/**
 * Custom kinds in OpenAPI: their own schema, in v2 without what Swagger 2.0 does not know and without what would make
 * older clients refuse a valid object.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#publish-validation-schema-in-openapi
 */
import { isEmbedded, isIntOrString, type JsonSchema, preserves } from '../custom/json-schema.ts'
import type { Resource } from '../resource.ts'
import { type Dialect, type Json, listNameOf, listSchema, objectProperties } from './schemas.ts'

/** The definitions of a custom kind and its list, by name. */
export function customSchemas(resource: Resource, dialect: Dialect): Record<string, Json> {
  const { schema: name, custom, group, version, kind } = resource
  const own = custom ? published(custom.schema, dialect) : {}
  const hasProperties = typeof own['properties'] === 'object'
  return {
    [name]: {
      ...own,
      type: 'object',
      ...(hasProperties || !custom || !preserves(custom.schema)
        ? { properties: { ...(own['properties'] as object | undefined), ...objectProperties(dialect) } }
        : {}),
      'x-kubernetes-group-version-kind': [{ group, version, kind }],
    },
    [listNameOf(name)]: listSchema(resource, dialect),
  }
}

/** Swagger 2.0 has no words for these. */
const ONLY_V3 = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'nullable', 'default', 'x-kubernetes-validations'])

function published(schema: JsonSchema, dialect: Dialect): Json {
  const shown: Json = {}
  for (const [key, value] of Object.entries(schema)) {
    if (dialect === 'v2' && ONLY_V3.has(key)) continue
    shown[key] = publishedPart(key, value, dialect)
  }
  if (isEmbedded(schema))
    shown['properties'] = { ...(shown['properties'] as object | undefined), ...objectProperties(dialect) }
  if (dialect === 'v2') loosen(schema, shown)
  return shown
}

function publishedPart(key: string, value: unknown, dialect: Dialect): unknown {
  // Decoding has made each what its key says.
  switch (key) {
    case 'properties':
      return Object.fromEntries(
        Object.entries(value as Record<string, JsonSchema>).map(([name, child]) => [name, published(child, dialect)]),
      )
    case 'items':
    case 'not':
      return published(value as JsonSchema, dialect)
    case 'additionalProperties':
      return typeof value === 'object' ? published(value as JsonSchema, dialect) : value
    case 'allOf':
    case 'anyOf':
    case 'oneOf':
      return (value as JsonSchema[]).map((part) => published(part, dialect))
    default:
      return value
  }
}

/** Clients that validate by v2 take a type for the only one, and properties for all there are. */
function loosen(schema: JsonSchema, shown: Json): void {
  if (schema.nullable || isIntOrString(schema)) delete shown['type']
  if (schema.nullable || preserves(schema)) {
    delete shown['properties']
    delete shown['items']
  }
  if (preserves(schema)) delete shown['type']
}
