/**
 * The simple JSON paths of CustomResourceDefinitions: `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`,
 * `.spec.hosts[*]`, `.metadata.labels.app\.kubernetes\.io/name` and `['a.b']`.
 * https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
import { isRaw, isRecord, stringify } from '../json.ts'

type Step =
  | { readonly take: 'key'; readonly key: string }
  | { readonly take: 'index'; readonly index: number }
  | { readonly take: 'all' }
  | { readonly take: 'where'; readonly path: readonly Step[]; readonly op: string; readonly value: unknown }

export type JsonPath = readonly Step[]

const PARTS = [
  [/^\.?\[\?\(\s*@([^=<>!)]*?)\s*(?:(==|!=|<=|>=|<|>)\s*([^)]+?)\s*)?\)\]/, whereOf],
  [/^\.?\[\*\]|^\.\*/, () => ({ take: 'all' })],
  [/^\.?\[(-?\d+)\]/, ([, index]) => ({ take: 'index', index: Number(index) })],
  [/^\.?\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/, ([, single, double]) => keyOf(single ?? double ?? '')],
  [/^\.((?:[^.[\]{}\\]|\\.)+)/, ([, key]) => keyOf(key ?? '')],
] as const satisfies readonly (readonly [RegExp, (match: RegExpExecArray) => Step | undefined])[]

const keyOf = (text: string): Step => ({ take: 'key', key: text.replaceAll(/\\(.)/g, '$1') })

function whereOf([, path = '', op = '', value = '']: RegExpExecArray): Step | undefined {
  const steps = path === '' ? [] : parseJsonPath(path)
  return steps && { take: 'where', path: steps, op, value: literal(value) }
}

function literal(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/.exec(text)
  if (quoted) return quoted[2]
  if (text === 'true' || text === 'false') return text === 'true'
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : text
}

/** Undefined for what is no path of this kind. Braces around it are allowed, as kubectl's have. */
export function parseJsonPath(text: string): JsonPath | undefined {
  let rest = /^\{(.*)\}$/s.exec(text)?.[1] ?? text
  const steps: Step[] = []
  while (rest !== '') {
    const step = nextStep(rest)
    if (!step) return undefined
    steps.push(step.step)
    rest = rest.slice(step.length)
  }
  return steps
}

function nextStep(text: string): { step: Step; length: number } | undefined {
  for (const [pattern, make] of PARTS) {
    const match = pattern.exec(text)
    const step = match && make(match)
    if (match && step) return { step, length: match[0].length }
  }
  return undefined
}

/** All that a path leads to. */
export function findAll(path: JsonPath, value: unknown): unknown[] {
  let found: unknown[] = [value]
  for (const step of path) found = found.flatMap((from) => take(step, from))
  return found
}

function take(step: Step, from: unknown): unknown[] {
  switch (step.take) {
    case 'key':
      return isRecord(from) && Object.hasOwn(from, step.key) ? [from[step.key]] : []
    case 'index': {
      const item = Array.isArray(from) ? from.at(step.index) : undefined
      return item === undefined ? [] : [item]
    }
    case 'all':
      return Array.isArray(from) ? from : isRecord(from) ? Object.values(from) : []
    case 'where':
      return Array.isArray(from) ? from.filter((item) => holds(step, item)) : []
    default:
      return step satisfies never
  }
}

function holds({ path, op, value }: Extract<Step, { take: 'where' }>, item: unknown): boolean {
  const [found] = findAll(path, item)
  if (op === '') return found !== undefined
  if (found === undefined) return false
  if (op === '==') return found === value
  if (op === '!=') return found !== value
  // Only what is ordered: numbers, and texts.
  const a = found as number
  const b = value as number
  return op === '<' ? a < b : op === '<=' ? a <= b : op === '>' ? a > b : a >= b
}

/** A path of keys only, as scale and selectable fields have. */
export const keysOf = (path: JsonPath): string[] | undefined =>
  path.every((step) => step.take === 'key') ? path.map((step) => (step as { key: string }).key) : undefined

/** As kubectl prints a value in a cell. */
export const shownText = (value: unknown): string =>
  typeof value === 'string' ? value : isRaw(value) ? value.rawJSON : stringify(value)
