/** What is wrong with values that are written out: patterns, times and durations that are none, lists of several types. */
import { RE2JS } from '@bufbuild/re2'
import type { ASTNode } from '@marcbachmann/cel-js'
import type { Issue } from './issues.ts'
import { type CelType, typeText } from './types.ts'

/** Whether a text is what the function takes, by the function's name. */
const TAKEN: Readonly<Record<string, (text: string) => boolean>> = {
  matches: isPattern,
  find: isPattern,
  findAll: isPattern,
  duration: (text) => /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text),
  timestamp: (text) => /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text)),
}

function isPattern(text: string): boolean {
  try {
    return new RE2JS(text) !== undefined
  } catch {
    return false
  }
}

/** `argument`: what the function takes its text from. */
export function argumentIssues(name: string, argument: ASTNode | undefined): Issue[] {
  const isTaken = Object.hasOwn(TAKEN, name) ? TAKEN[name] : undefined
  if (!isTaken || argument?.op !== 'value' || typeof argument.args !== 'string' || isTaken(argument.args)) return []
  return [{ at: argument.start, message: `invalid ${name} argument` }]
}

/** Values of a list, or of a map's keys or values, are of one type, as far as that is known. */
export function mixedIssues(parts: readonly ASTNode[], types: readonly CelType[]): Issue[] {
  const [first] = types
  const other = types.findIndex((type) => first && isOther(first, type))
  const [node, type] = [parts[other], types[other]]
  if (!first || !node || !type) return []
  return [{ at: node.start, message: `expected type '${typeText(first)}' but found '${typeText(type)}'` }]
}

const isOther = (wanted: CelType, type: CelType): boolean =>
  wanted.kind === 'scalar' && type.kind === 'scalar' && wanted.name !== type.name
