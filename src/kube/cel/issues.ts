/** What is wrong with an expression and where, written as cel-go does. */
import type { ASTNode } from '@marcbachmann/cel-js'

export interface Issue {
  /** Letters of the text before it. */
  readonly at: number
  readonly message: string
}

/** `ERROR: <input>:1:5: undefined field 'y'`, the line, and a mark below the place. */
export const issuesText = (issues: readonly Issue[], text: string): string =>
  issues.map((issue) => issueText(issue, text)).join('\n')

function issueText({ at, message }: Issue, text: string): string {
  const before = text.slice(0, at).split('\n')
  const column = before.at(-1)?.length ?? 0
  const line = text.split('\n')[before.length - 1] ?? ''
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${'.'.repeat(column)}^`
}

/** A binary operator's own, as cel-go has it; the tree knows where its operands are. */
export function placeOfOperator(node: ASTNode): number {
  const { op, args, input, start } = node
  if (op === 'call' || op === 'rcall') return placeOfCall(node)
  if (!Array.isArray(args) || !isNode(args[0])) return start
  const [left, ...others] = args as unknown[]
  const sign = op === '?:' ? '?' : op === '[]' || op === '[?]' ? '[' : op
  const found = others.length > 0 ? input.indexOf(sign, isNode(left) ? left.end : start) : -1
  return found < 0 ? start : found
}

/** Where its arguments begin. */
export function placeOfCall(node: ASTNode): number {
  const { op, args, input, start } = node
  const after = op === 'rcall' && Array.isArray(args) && isNode(args[1]) ? args[1].end : start
  const found = input.indexOf(
    '(',
    input.indexOf('.', after) < 0 ? after : op === 'rcall' ? input.indexOf('.', after) : after,
  )
  return found < 0 ? start : found
}

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value
