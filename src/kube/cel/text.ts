/**
 * Strings and regular expressions: cel-go's string extension and Kubernetes' regex library.
 * https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries
 */

import { RE2JS } from '@bufbuild/re2'
import type { Environment } from '@marcbachmann/cel-js'
import { isRecord } from '../json.ts'

/**
 * What a rule's `matches` is called by: the library's own would use expressions that can take for ever. As long as the
 * name that it stands for, so that places in a text stay what they are.
 */
export const MATCHES = 'matchRe'

class StringsLibrary {}

export function registerText(env: Environment): void {
  env.registerFunction(`string.${MATCHES}(string): bool`, matches)
  env.registerFunction(`${MATCHES}(string, string): bool`, matches)
  env.registerFunction(
    'string.find(string): string',
    (text: string, pattern: string) => found(text, pattern, 1)[0] ?? '',
  )
  env.registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
    found(text, pattern, -1),
  )
  env.registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
    found(text, pattern, Number(limit)),
  )
  env.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.replaceAll(from, () => to),
  )
  env.registerFunction('string.replace(string, string, int): string', replace)
  env.registerFunction('string.charAt(int): string', charAt)
  env.registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
  env.registerType('kubernetes.Strings', { ctor: StringsLibrary, fields: {} })
  env.registerConstant('strings', 'kubernetes.Strings', new StringsLibrary())
  env.registerFunction('kubernetes.Strings.quote(string): string', (_: unknown, text: string) => JSON.stringify(text))
  env.registerFunction('string.format(list): string', (text: string, values: unknown) => format(text, listOf(values)))
}

export const listOf = (values: unknown): unknown[] => [...(values as Iterable<unknown>)]

const patterns = new Map<string, RE2JS>()
const MAX_PATTERNS = 1000

function patternOf(pattern: string): RE2JS {
  const known = patterns.get(pattern)
  if (known) return known
  if (patterns.size >= MAX_PATTERNS) patterns.clear()
  const compiled = new RE2JS(pattern)
  patterns.set(pattern, compiled)
  return compiled
}

const matches = (text: string, pattern: string): boolean => patternOf(pattern).test(text)

/** The library matches, but does not say where: so it is asked of each part, of texts that are not too long for that. */
const MAX_SEARCHED = 1000

/** Matches from left to right, each as long as it can be. Empty ones are left out. */
function found(text: string, pattern: string, limit: number): string[] {
  if (text.length > MAX_SEARCHED) throw new Error(`find: the text is longer than ${MAX_SEARCHED} characters`)
  const exact = patternOf(pattern)
  const atStart = patternOf(`^(?:${pattern})`)
  const all: string[] = []
  for (let from = 0; from < text.length && all.length !== limit; ) {
    const rest = text.slice(from)
    if (!exact.test(rest)) break
    const length = atStart.test(rest) ? longest(exact, rest) : 0
    if (length > 0) all.push(rest.slice(0, length))
    from += Math.max(1, length)
  }
  return all
}

function longest(exact: RE2JS, text: string): number {
  let length = text.length
  while (length > 0 && !exact.testExact(text.slice(0, length))) length -= 1
  return length
}

function replace(text: string, from: string, to: string, limit: bigint): string {
  if (limit < 0n) return text.replaceAll(from, () => to)
  let rest = text
  let done = ''
  for (let left = limit; left > 0n; left--) {
    const at = rest.indexOf(from)
    if (at < 0) break
    done += rest.slice(0, at) + to
    rest = rest.slice(at + from.length)
  }
  return done + rest
}

function charAt(text: string, index: bigint): string {
  const letters = [...text]
  const at = Number(index)
  if (at < 0 || at > letters.length) throw new Error(`index out of range: ${index}`)
  return letters[at] ?? ''
}

/** `%s`, `%d`, `%f`, `%e`, `%x`, `%o`, `%b`, `%%`. */
function format(text: string, values: readonly unknown[]): string {
  let next = 0
  return text.replaceAll(/%(?:\.(\d+))?([sdfexXob%])/g, (_, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%'
    if (next >= values.length) throw new Error(`index ${next} out of range`)
    const value = values[next]
    next += 1
    const digits = precision === undefined ? 6 : Number(precision)
    switch (verb) {
      case 'd':
        return String(value)
      case 'f':
        return Number(value).toFixed(digits)
      case 'e':
        return Number(value).toExponential(digits)
      case 'x':
        return radix(value, 16)
      case 'X':
        return radix(value, 16).toUpperCase()
      case 'o':
        return radix(value, 8)
      case 'b':
        return typeof value === 'boolean' ? String(Number(value)) : radix(value, 2)
      default:
        return shown(value)
    }
  })
}

/** A map or an object, and no value of a library's own type. */
const isPlain = (value: unknown): boolean => value instanceof Map || Object.getPrototypeOf(value) === Object.prototype

const radix = (value: unknown, base: number): string =>
  typeof value === 'string'
    ? Array.from(new TextEncoder().encode(value), (byte) => byte.toString(base).padStart(2, '0')).join('')
    : BigInt(value as bigint).toString(base)

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  const entries = value instanceof Map ? [...value] : isRecord(value) ? Object.entries(value) : undefined
  if (entries && isPlain(value))
    return `{${entries
      .map((entry) => entry.map(shown).join(': '))
      .sort()
      .join(', ')}}`
  if (value instanceof Date) return value.toISOString().replace(/\.000Z$/, 'Z')
  return String(value)
}
