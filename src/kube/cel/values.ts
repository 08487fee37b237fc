/**
 * Values of a custom resource as CEL sees them: numbers by the schema's types, times as times, and fields by names that an
 * expression can say.
 * https://kubernetes.io/docs/reference/using-api/cel/#type-system-integration
 */
import { additionalOf, isIntOrString, itemsOf, type JsonSchema, preserves } from '../custom/json-schema.ts'
import { isRaw, isRecord } from '../json.ts'
import { compile } from './expression.ts'

/** Words that mean something in CEL. */
export const RESERVED: ReadonlySet<string> = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import'],
  ...['let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'],
])

/** The name of a field in expressions; undefined where it has none. */
export function escapedName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`
  if (!/^[A-Za-z_][A-Za-z0-9_./-]*$/.test(name)) return undefined
  return name.replaceAll(/__|\.|-|\//g, (part) => ESCAPES[part] ?? part)
}

const ESCAPES: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}

export function toCel(schema: JsonSchema | undefined, value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return textToCel(schema, value)
  if (typeof value === 'number' || isRaw(value)) return numberToCel(schema, value)
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema)
    return value.map((item) => toCel(items, item))
  }
  return isRecord(value) ? recordToCel(schema, value) : value
}

function numberToCel(schema: JsonSchema | undefined, value: unknown): unknown {
  if (isRaw(value)) return BigInt(value.rawJSON)
  // A whole number without a schema is an integer, as JSON's decoder in Go has it.
  const isWhole = schema?.type === 'integer' || (schema?.type !== 'number' && Number.isInteger(value))
  return isWhole ? BigInt(value as number) : value
}

function textToCel(schema: JsonSchema | undefined, text: string): unknown {
  if (!schema || isIntOrString(schema)) return text
  switch (schema.format) {
    case 'date-time':
      return new Date(text.replace(' ', 'T'))
    case 'date':
      return new Date(`${text}T00:00:00Z`)
    case 'duration':
      return durationOf(text)
    case 'byte':
      return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    default:
      return text
  }
}

const duration = compile('duration(text)', { text: 'string' })
const durationOf = (text: string): unknown => duration.evaluate({ text })

function recordToCel(schema: JsonSchema | undefined, value: Record<string, unknown>): unknown {
  const additional = schema && additionalOf(schema)
  const isMap = additional !== undefined || !schema?.properties
  if (isMap) return new Map(Object.entries(value).map(([key, item]) => [key, toCel(additional, item)]))
  const fields: [string, unknown][] = []
  for (const [name, item] of Object.entries(value)) {
    const child = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined
    const escaped = escapedName(name)
    if (escaped !== undefined && (child || preserves(schema))) fields.push([escaped, toCel(child, item)])
  }
  return Object.fromEntries(fields)
}
