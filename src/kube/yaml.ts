/**
 * YAML as Kubernetes reads it: version 1.1 in the form of Go's yaml.v2, turned into JSON. `0400` is 256 and `yes` is true;
 * what looks like a time, or like a number to the base of 60, stays text.
 */
import { type DocumentOptions, type ParseOptions, parseDocument, type ScalarTag, type SchemaOptions } from 'yaml'
import { badRequest, StatusError } from './errors.ts'
import { integerOf, MAX_DEPTH, tooDeep } from './json.ts'

const TIMESTAMP = 'tag:yaml.org,2002:timestamp'

/** Go reads this form of version 1.2 too. */
const OCTAL: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^0o[0-7]+$/,
  resolve: (text) => BigInt(text),
}

/** Of the `yaml` library. */
export const YAML: DocumentOptions & ParseOptions & SchemaOptions = {
  version: '1.1',
  intAsBigInt: true,
  customTags: (tags) => [
    ...tags.filter((tag) => typeof tag === 'string' || (tag.format !== 'TIME' && tag.tag !== TIMESTAMP)),
    OCTAL,
  ],
  // What a client sends is no news for our log.
  logLevel: 'error',
}

export interface ParsedYaml {
  /** Integers keep their digits. */
  readonly value: unknown
  /** Of keys that stand twice in one mapping, of which the last counts: what Go's strict reading says. */
  readonly duplicates: readonly string[]
}

/** Throws 400. */
export function parseYaml(text: string): ParsedYaml {
  try {
    const document = parseDocument(text, YAML)
    const duplicates: string[] = []
    for (const error of document.errors) {
      if (error.code !== 'DUPLICATE_KEY') throw error
      duplicates.push(`line ${error.linePos?.[0].line ?? 0}: key ${keyAt(text, error.pos[0])} already set in map`)
    }
    const value: unknown = document.toJS(AS_JSON)
    checkDepth(value, MAX_DEPTH)
    return { value, duplicates }
  } catch (error) {
    if (error instanceof StatusError) throw error
    const message = error instanceof Error ? error.message : 'malformed'
    // The stack's end, not the text's: by itself, or as the library tells it.
    if (/call stack/.test(message)) throw tooDeep()
    throw badRequest(`error converting YAML to JSON: ${message}`)
  }
}

const keyAt = (text: string, at: number): string => JSON.stringify(/^[^:\n]*/.exec(text.slice(at))?.[0].trim() ?? '')

/** How a document becomes JSON. Aliases: as many as any manifest has, and no bomb. */
export const AS_JSON = { maxAliasCount: 100, reviver: jsonOf } as const

function checkDepth(value: unknown, left: number): void {
  if (typeof value !== 'object' || value === null) return
  if (left === 0) throw tooDeep()
  for (const child of Object.values(value)) checkDepth(child, left - 1)
}

function jsonOf(_: unknown, value: unknown): unknown {
  if (typeof value === 'bigint') return integerOf(value)
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`json: unsupported value: ${value}`)
  return value
}
