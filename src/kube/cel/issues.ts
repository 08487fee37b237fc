/** What is wrong with an expression and where, written as cel-go does. */
import { type ASTNode, ParseError, TypeError as TypeFault } from '@marcbachmann/cel-js'

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

/** What the library says of a text that it can't compile. */
export function failureText(error: unknown, text: string): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  const isPlaced = error instanceof ParseError || error instanceof TypeFault
  const message = (isPlaced ? error.summary : first).replace(
    /^Unknown variable: (\w+)$/,
    "undeclared reference to '$1' (in container '')",
  )
  return issueText({ at: (isPlaced ? error.range?.start : undefined) ?? 0, message }, text)
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
  const receiver: unknown = op === 'rcall' ? args[1] : undefined
  const found = input.indexOf('(', isNode(receiver) ? input.indexOf('.', receiver.end) : start)
  return found < 0 ? start : found
}

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value
