/** Whether the field that a rule speaks of is one of its schema. */
import { additionalOf, isEmbedded, isIntOrString, itemsOf, type JsonSchema, preserves } from './json-schema.ts'

const PART = /\.([A-Za-z_][\w-]*)|\['([^']+)'\]|\[(\d+)\]/gy

/** `.a.b`, `.labels['app.kubernetes.io/name']`; undefined for a text that is no path. */
function partsOf(path: string): (string | number)[] | undefined {
  const found = [...path.matchAll(PART)]
  if (found.length === 0 || found.reduce((sum, [text]) => sum + text.length, 0) !== path.length) return undefined
  return found.map(([, field, key, index]) => field ?? key ?? Number(index))
}

const RESOURCE_FIELDS = new Set(['apiVersion', 'kind', 'metadata'])

export function isPathOf(schema: JsonSchema, path: string, isResource: boolean): boolean {
  let at: JsonSchema | undefined = schema
  let isObject = isResource
  for (const part of partsOf(path) ?? [undefined]) {
    if (part === undefined || !at) return false
    // Of what a schema does not describe anything may be there.
    if (isObject && RESOURCE_FIELDS.has(String(part))) return true
    if (isIntOrString(at)) return false
    const next: JsonSchema | undefined =
      typeof part === 'number'
        ? itemsOf(at)
        : at.properties && Object.hasOwn(at.properties, part)
          ? at.properties[part]
          : additionalOf(at)
    if (!next && (preserves(at) || at.additionalProperties === true)) return true
    at = next
    isObject = next !== undefined && isEmbedded(next)
  }
  return at !== undefined
}
