/**
 * What an expression may cost on the largest object that its schema takes, estimated when it is written: the units are those
 * of cel-go (a step is 1, ten letters of a text are looked through for 1), and the most is taken wherever it depends. Where
 * a size isn't known it is taken as small, so that nothing is refused for that.
 * https://kubernetes.io/docs/reference/using-api/cel/#resource-constraints
 */
import type { ASTNode } from '@marcbachmann/cel-js'
import { HAS } from './presence.ts'
import { MATCHES } from './text.ts'
import { type CelType, lengthOf } from './types.ts'

export type TypeOf = (node: ASTNode) => CelType

const A_LETTER = 0.1
const A_LETTER_OF_A_PATTERN = 0.25
const A_LIST = 10
const A_MAP = 30
/** To look at what has come out so far, beside what is asked of each item. */
const A_TEST = 2
/** To put an item into a list that is made. */
const AN_ITEM = 11

export function estimatedCost(node: ASTNode, typeOf: TypeOf): number {
  const cost = (part: ASTNode): number => estimatedCost(part, typeOf)
  const sum = (parts: readonly ASTNode[]): number => parts.reduce((total, part) => total + cost(part), 0)
  const size = (part: ASTNode | undefined): number => (part && lengthOf(typeOf(part))) ?? 1
  switch (node.op) {
    case 'value':
      return 0
    case 'id':
      return 1
    case '.':
    case '.?':
      return cost(node.args[0]) + 1
    case '!_':
    case '-_':
      return cost(node.args) + 1
    case 'list':
      return A_LIST + sum(node.args)
    case 'map':
      return A_MAP + sum(node.args.flat())
    case '?:': {
      const [condition, a, b] = node.args
      return cost(condition) + Math.max(cost(a), cost(b))
    }
    case '&&':
    case '||':
      return sum(node.args)
    case 'in': {
      const [, range] = node.args
      return sum(node.args) + (typeOf(range).kind === 'list' ? size(range) : 1)
    }
    case '+': {
      const [a, b] = node.args
      return sum(node.args) + (isText(typeOf(a)) ? (size(a) + size(b)) * A_LETTER : 1)
    }
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const [a, b] = node.args
      const isOfTexts = isText(typeOf(a)) && isText(typeOf(b))
      return sum(node.args) + (isOfTexts ? Math.max(1, Math.min(size(a), size(b)) * A_LETTER) : 1)
    }
    case 'call': {
      const [name, args] = node.args
      // To ask for a field is free, and to come to what it is of is not.
      if (name === HAS) return args[0]?.op === '.' ? cost(args[0].args[0]) : 0
      return sum(args) + callCost(name, args, size)
    }
    case 'rcall':
      return memberCost(node.args, typeOf)
    default:
      return sum(node.args) + 1
  }
}

const isText = (type: CelType): boolean => type.kind === 'scalar' && (type.name === 'string' || type.name === 'bytes')

type SizeOf = (node: ASTNode | undefined) => number

const LOOPS = new Set(['all', 'exists', 'exists_one', 'existsOne', 'filter', 'map'])

function memberCost(args: readonly [string, ASTNode, readonly ASTNode[]], typeOf: TypeOf): number {
  const [name, target, given] = args
  const [item, ...bodies] = given
  const cost = (part: ASTNode): number => estimatedCost(part, typeOf)
  const size: SizeOf = (part) => (part && lengthOf(typeOf(part))) ?? 1
  if (item?.op === 'id' && bodies.length > 0) {
    const inner = bodies.reduce((total, body) => total + cost(body), 0)
    if (LOOPS.has(name)) {
      const each = inner + (name === 'map' || name === 'filter' ? AN_ITEM : A_TEST)
      return cost(target) + size(target) * each
    }
    if (name === 'bind' || name === 'optMap' || name === 'optFlatMap') return cost(target) + inner
  }
  const type = typeOf(target)
  const isLibrary = type.kind === 'scalar' && type.name.startsWith('kubernetes.')
  const operands = isLibrary ? given : [target, ...given]
  const own = given.reduce((total, part) => total + cost(part), cost(target))
  return own + callCost(name, operands, size)
}

/** Functions that look through the text or list that they are of. */
const THROUGH_TEXT = new Set([
  ...['split', 'replace', 'lowerAscii', 'upperAscii', 'trim', 'substring', 'join', 'validate'],
  ...['url', 'ip', 'isIP', 'isCanonical', 'cidr', 'isCIDR', 'quantity', 'isQuantity'],
])
const THROUGH_LIST = new Set(['sum', 'min', 'max', 'isSorted'])
const THROUGH_SETS = new Set(['equivalent', 'intersects'])
const OF_PATTERNS = new Set([MATCHES, 'find', 'findAll'])

/** `given`: what it is of, and its arguments. */
function callCost(name: string, given: readonly ASTNode[], size: SizeOf): number {
  const [on, argument] = given
  if (OF_PATTERNS.has(name))
    return Math.max(1, (size(on) + 1) * A_LETTER * Math.max(1, size(argument) * A_LETTER_OF_A_PATTERN))
  if (name === 'startsWith' || name === 'endsWith') return Math.max(1, size(argument) * A_LETTER)
  // Of texts, and of the sets library.
  if (name === 'contains' && on && argument) return Math.max(1, size(on) * A_LETTER * size(argument) * A_LETTER)
  if (THROUGH_SETS.has(name)) return Math.max(1, size(on) * size(argument))
  if (THROUGH_LIST.has(name)) return Math.max(1, size(on))
  return THROUGH_TEXT.has(name) ? Math.max(1, size(on) * A_LETTER) : 1
}
