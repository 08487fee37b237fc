/**
 * What an evaluation may cost, reckoned from the expression's tree before it runs: so that no expression holds up a
 * cluster, however busy its machine is. It is the worst case: each loop goes through the longest list that there could be,
 * whether given or made on the way, and no condition cuts anything short.
 *
 * `a.all(x, b.exists(y, x == y))` on lists of at most 100 items takes some 100 * 100 * 4 steps.
 */
import type { ASTNode } from '@marcbachmann/cel-js'
import { isRecord } from '../json.ts'

/** Steps that the expressions of one write may take in all. */
export const STEPS_OF_A_WRITE = 10_000_000

/** The most that a value may be. Of what is given nobody knows which of its lists a field is. */
export interface Size {
  /** Items of the list or map that it is itself. */
  readonly length: number
  /** Of the longest list or map in it. */
  readonly items: number
  /** Of the longest text in it. */
  readonly letters: number
  /** Values in it, itself among them. */
  readonly nodes: number
}

export interface Cost extends Size {
  readonly steps: number
}

/** How large what a name stands for may be. A policy's variables are asked for by `variables.name`. */
export type SizeOf = (name: string) => Size

const ONE: Size = { length: 1, items: 1, letters: 1, nodes: 1 }
/** Letters that are looked through in the time of a step. */
const LETTERS_A_STEP = 10

export function sizeOf(value: unknown): Size {
  if (typeof value === 'string') return { ...ONE, letters: Math.max(1, value.length) }
  if (typeof value !== 'object' || value === null) return ONE
  const inner = innerOf(value)
  const length = Math.max(1, inner.length)
  let { items, letters, nodes } = ONE
  for (const one of inner) {
    const size = sizeOf(one)
    items = Math.max(items, size.length, size.items)
    letters = Math.max(letters, size.letters)
    nodes += size.nodes
  }
  return { length, items, letters, nodes }
}

/** Of two values, as the most that either may be. */
export const together = (a: Size, b: Size): Size => ({
  length: Math.max(a.length, b.length),
  items: Math.max(a.items, b.items),
  letters: Math.max(a.letters, b.letters),
  nodes: Math.max(a.nodes, b.nodes),
})

const innerOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value)
    ? value
    : value instanceof Map
      ? [...value.values()]
      : isRecord(value)
        ? Object.values(value)
        : []

export function costOf(node: ASTNode, given: SizeOf): Cost {
  switch (node.op) {
    case 'value':
      return literal(node.args)
    case 'id':
      return { ...given(node.args), steps: 1 }
    case '.':
    case '.?':
      return selected(node.args, given)
    case '[]':
    case '[?]': {
      const [list, key] = both(node.args, given)
      return { ...within(list), steps: list.steps + key.steps + 1 }
    }
    case 'list':
      return gathered(node.args.map((item) => costOf(item, given)))
    case 'map':
      return gathered(node.args.flatMap((entry) => both(entry, given)))
    case '+': {
      const [a, b] = both(node.args, given)
      const made = {
        length: a.length + b.length,
        items: Math.max(a.items, b.items),
        letters: a.letters + b.letters,
        nodes: a.nodes + b.nodes,
      }
      return { ...made, steps: a.steps + b.steps + 1 + made.length + made.letters / LETTERS_A_STEP }
    }
    case '==':
    case '!=': {
      const [a, b] = both(node.args, given)
      return { ...ONE, steps: a.steps + b.steps + Math.min(a.nodes, b.nodes) }
    }
    case 'in': {
      const [item, list] = both(node.args, given)
      return { ...ONE, steps: item.steps + list.steps + list.length }
    }
    case 'call':
      return called(node.args[0], undefined, node.args[1], given)
    case 'rcall':
      return called(node.args[0], node.args[1], node.args[2], given)
    case '?:':
      return either(node.args.map((part) => costOf(part, given)))
    case '!_':
    case '-_':
      return either([costOf(node.args, given)])
    default:
      return either(both(node.args, given))
  }
}

const both = ([a, b]: readonly [ASTNode, ASTNode], given: SizeOf): [Cost, Cost] => [costOf(a, given), costOf(b, given)]

const literal = (value: unknown): Cost => ({
  ...ONE,
  steps: 1,
  letters: typeof value === 'string' ? Math.max(1, value.length) : 1,
})

/** Anything in it. */
const within = (size: Size): Size => ({ ...size, length: size.items })

function selected([target, field]: readonly [ASTNode, string], given: SizeOf): Cost {
  if (target.op === 'id' && target.args === 'variables') return { ...given(`variables.${field}`), steps: 2 }
  const cost = costOf(target, given)
  return { ...within(cost), steps: cost.steps + 1 }
}

/** One of them, after all have been looked at. */
const either = (parts: readonly Cost[]): Cost => ({
  steps: 1 + parts.reduce((sum, { steps }) => sum + steps, 0),
  length: Math.max(1, ...parts.map(({ length }) => length)),
  items: Math.max(1, ...parts.map(({ items }) => items)),
  letters: Math.max(1, ...parts.map(({ letters }) => letters)),
  nodes: Math.max(1, ...parts.map(({ nodes }) => nodes)),
})

/** All of them, in a list or map. */
const gathered = (parts: readonly Cost[]): Cost => ({
  ...either(parts),
  length: Math.max(1, parts.length),
  items: Math.max(1, ...parts.map(({ length, items }) => Math.max(length, items))),
  nodes: 1 + parts.reduce((sum, { nodes }) => sum + nodes, 0),
})

/** What there is of an optional value, under a name. */
const OPTIONAL = new Set(['optMap', 'optFlatMap'])
const TESTS = new Set(['all', 'exists', 'exists_one', 'existsOne'])

function called(name: string, target: ASTNode | undefined, args: readonly ASTNode[], given: SizeOf): Cost {
  const [first, ...rest] = args
  if (target && first?.op === 'id' && rest.length > 0) {
    if (name === 'bind') return bound(first.args, rest, given)
    if (OPTIONAL.has(name)) return bound(first.args, [target, ...rest], given)
    if (TESTS.has(name) || name === 'map' || name === 'filter') return looped(name, target, first.args, rest, given)
  }
  const on = target ? costOf(target, given) : undefined
  return result(
    name,
    on,
    args.map((argument) => costOf(argument, given)),
  )
}

const where =
  (given: SizeOf, name: string, size: Size): SizeOf =>
  (asked) =>
    asked === name ? size : given(asked)

/** `cel.bind(name, value, expression)`. */
function bound(name: string, [value, ...rest]: readonly ASTNode[], given: SizeOf): Cost {
  const made = value ? costOf(value, given) : { steps: 0, ...ONE }
  const used = either(rest.map((part) => costOf(part, where(given, name, made))))
  return { ...used, steps: made.steps + used.steps }
}

function looped(name: string, target: ASTNode, item: string, bodies: readonly ASTNode[], given: SizeOf): Cost {
  const range = costOf(target, given)
  // All items together are what the list is: one alone may be most of it, but not each.
  const each = { ...within(range), nodes: Math.max(1, range.nodes / range.length) }
  const body = either(bodies.map((part) => costOf(part, where(given, item, each))))
  const steps = range.steps + range.length * body.steps
  if (TESTS.has(name)) return { ...ONE, steps }
  if (name === 'filter') return { ...range, steps }
  return {
    steps,
    length: range.length,
    items: Math.max(body.length, body.items),
    letters: Math.max(range.letters, body.letters),
    nodes: 1 + range.length * body.nodes,
  }
}

const LINEAR = new Set(['sum', 'min', 'max', 'isSorted', 'indexOf', 'lastIndexOf', 'join', 'format', 'string'])
/** Of the sets library: each of one list with each of the other. */
const PAIRWISE = new Set(['contains', 'equivalent', 'intersects'])

function result(name: string, on: Cost | undefined, args: readonly Cost[]): Cost {
  const all = on ? [on, ...args] : args
  const cost = either(all)
  const [first = { ...ONE, steps: 0 }, second = first] = args
  const linear = LINEAR.has(name) ? cost.length : 0
  const pairs = PAIRWISE.has(name) && args.length === 2 ? first.length * second.length : 0
  const steps = cost.steps + linear + pairs + (on ?? first).letters / LETTERS_A_STEP
  const made = madeBy(name, on ?? first, on ? args : args.slice(1))
  return { ...cost, ...made, steps }
}

/** Functions whose value may be larger than all that they are given. */
function madeBy(name: string, on: Size, args: readonly Size[]): Partial<Size> {
  const more = args.reduce((most, { letters }) => Math.max(most, letters), 1)
  switch (name) {
    case 'split':
    case 'findAll':
      return { length: on.letters + 1, items: 1, nodes: on.letters + 2 }
    case 'join':
      return { letters: on.length * (on.letters + more) }
    case 'replace':
      return { letters: on.letters * more }
    case 'format':
      return { letters: on.letters + args.reduce((sum, { nodes, letters }) => sum + nodes * letters, 0) }
    default:
      return {}
  }
}
