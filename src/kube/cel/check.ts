/**
 * Checks an expression against what is known of its variables, as cel-go's checker does before anything runs: fields that
 * are not there, functions and operators that do not take what they are given, patterns that are none. What is not known is
 * let through.
 */
import type { ASTNode } from '@marcbachmann/cel-js'
import { type Issue, placeOfCall, placeOfOperator } from './issues.ts'
import { argumentIssues, mixedIssues } from './literals.ts'
import { HAS } from './presence.ts'
import { definitions, keyOf, OPERATORS, resultOf } from './signatures.ts'
import { MATCHES } from './text.ts'
import {
  BOOL,
  type CelType,
  DYN,
  joined,
  lengthOf,
  listOf,
  mapOf,
  optionalOf,
  STRING,
  scalar,
  typeText,
} from './types.ts'

/** By the names of variables. */
export type Scope = (name: string) => CelType | undefined

export interface Checked {
  readonly type: CelType
  readonly issues: readonly Issue[]
  /** Of each part of the tree. */
  readonly typeOf: (node: ASTNode) => CelType
}

export function checkTypes(tree: ASTNode, variables: Scope): Checked {
  const types = new Map<ASTNode, CelType>()
  const issues: Issue[] = []
  const type = checked(tree, variables, { types, issues })
  issues.sort((a, b) => a.at - b.at)
  return { type, issues, typeOf: (node) => types.get(node) ?? DYN }
}

interface Run {
  readonly types: Map<ASTNode, CelType>
  readonly issues: Issue[]
}

function checked(node: ASTNode, scope: Scope, run: Run): CelType {
  const type = typeOf(node, scope, run)
  run.types.set(node, type)
  return type
}

function typeOf(node: ASTNode, scope: Scope, run: Run): CelType {
  const part = (one: ASTNode) => checked(one, scope, run)
  switch (node.op) {
    case 'value':
      return literal(node.args)
    case 'id':
      return scope(node.args) ?? definitions().variables.get(node.args) ?? DYN
    case '.':
    case '.?':
      return selected(part(node.args[0]), node, run)
    case '[]':
    case '[?]':
      return indexed(part(node.args[0]), part(node.args[1]), node, run)
    case 'call':
      return called(node, scope, run)
    case 'rcall':
      return calledOn(node, scope, run)
    case 'list':
      return listOf(gathered(node.args, scope, run), node.args.length)
    case 'map': {
      const keys = node.args.map(([key]) => key)
      const values = node.args.map(([, value]) => value)
      return mapOf(gathered(keys, scope, run), gathered(values, scope, run), node.args.length)
    }
    case '!_':
    case '-_':
      return operated(node.op, [part(node.args)], node, run)
    case '?:':
      return operated('_?_:_', node.args.map(part), node, run)
    case 'in':
      return operated('@in', node.args.map(part), node, run)
    default:
      return operated(`_${node.op}_`, node.args.map(part), node, run)
  }
}

/** The type of all the values that are written out in a list. */
function gathered(parts: readonly ASTNode[], scope: Scope, run: Run): CelType {
  const types = parts.map((part) => checked(part, scope, run))
  run.issues.push(...mixedIssues(parts, types))
  const [first = DYN, ...others] = types
  return others.reduce(joined, first)
}

function literal(value: unknown): CelType {
  if (typeof value === 'string') return scalar('string', value.length)
  if (typeof value === 'bigint') return scalar('int')
  if (typeof value === 'number') return scalar('double')
  if (typeof value === 'boolean') return BOOL
  if (value === null) return scalar('null')
  return value instanceof Uint8Array ? scalar('bytes', value.length) : scalar('uint')
}

function operated(name: string, given: readonly CelType[], node: ASTNode, run: Run): CelType {
  const result = resultOf(OPERATORS[name] ?? [], given)
  if (result) return name === '_+_' ? appended(result, given) : result
  run.issues.push({
    at: placeOfOperator(node),
    message: `found no matching overload for '${name}' applied to '(${given.map(typeText).join(', ')})'`,
  })
  return DYN
}

/** As long as both together. */
function appended(result: CelType, given: readonly CelType[]): CelType {
  const lengths = given.map(lengthOf)
  if (result.kind !== 'list' && result.kind !== 'scalar') return result
  return lengths.includes(undefined)
    ? result
    : { ...result, length: lengths.reduce((sum: number, length) => sum + (length ?? 0), 0) }
}

type Select = Extract<ASTNode, { op: '.' | '.?' }>
type Index = Extract<ASTNode, { op: '[]' | '[?]' }>

function selected(target: CelType, node: Select, run: Run): CelType {
  const isOptional = target.kind === 'optional' || node.op === '.?'
  const field = fieldOf(target.kind === 'optional' ? target.of : target, node, run)
  return isOptional ? optionalOf(field) : field
}

function fieldOf(target: CelType, { args: [, name], pos, op }: Select, run: Run): CelType {
  const at = pos - op.length
  const fault = (message: string): CelType => {
    run.issues.push({ at, message })
    return DYN
  }
  switch (target.kind) {
    case 'object':
      return target.field(name) ?? fault(`undefined field '${name}'`)
    case 'map':
      return target.value
    case 'dyn':
    case 'param':
      return DYN
    default:
      return fault(`type '${typeText(target)}' does not support field selection`)
  }
}

function indexed(target: CelType, key: CelType, node: Index, run: Run): CelType {
  const isOptional = target.kind === 'optional' || node.op === '[?]'
  const item = operated('_[_]', [target.kind === 'optional' ? target.of : target, key], node, run)
  return isOptional ? optionalOf(item) : item
}

type Call = Extract<ASTNode, { op: 'call' }>
type MemberCall = Extract<ASTNode, { op: 'rcall' }>

function called(node: Call, scope: Scope, run: Run): CelType {
  const [name, args] = node.args
  // `has` asks of a field, which must be one.
  const given = args.map((argument) => checked(argument, scope, run))
  if (name === HAS) return BOOL
  return applied({ name, given, args, target: undefined }, node, run)
}

const TESTS = new Set(['all', 'exists', 'exists_one', 'existsOne'])

function calledOn(node: MemberCall, scope: Scope, run: Run): CelType {
  const [name, receiver, args] = node.args
  const [first, ...rest] = args
  const [body, ...more] = rest
  if (first?.op === 'id' && body) {
    if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel' && more[0]) {
      const value = checked(body, scope, run)
      return checked(more[0], within(scope, first.args, value), run)
    }
    const target = checked(receiver, scope, run)
    if (name === 'optMap' || name === 'optFlatMap') {
      const held = target.kind === 'optional' ? target.of : DYN
      return optionalOf(checked(body, within(scope, first.args, held), run))
    }
    if (TESTS.has(name) || name === 'filter' || name === 'map')
      return looped({ name, target, item: first.args, bodies: rest }, node, scope, run)
  }
  const target = checked(receiver, scope, run)
  const given = args.map((argument) => checkedArgument(name, argument, scope, run))
  return applied({ name, given, args, target }, node, run)
}

/** Texts are made of values of several types. */
function checkedArgument(name: string, argument: ASTNode, scope: Scope, run: Run): CelType {
  if (name !== 'format' || argument.op !== 'list') return checked(argument, scope, run)
  for (const part of argument.args) checked(part, scope, run)
  const type = listOf(DYN, argument.args.length)
  run.types.set(argument, type)
  return type
}

const within =
  (scope: Scope, name: string, type: CelType): Scope =>
  (asked) =>
    asked === name ? type : scope(asked)

interface Loop {
  readonly name: string
  readonly target: CelType
  readonly item: string
  readonly bodies: readonly ASTNode[]
}

function looped({ name, target, item, bodies }: Loop, node: MemberCall, scope: Scope, run: Run): CelType {
  const each = itemOf(target)
  if (!each) {
    const text = typeText(target)
    const message = `expression of type '${text}' cannot be range of a comprehension (must be list, map, or dynamic)`
    run.issues.push({ at: node.args[1].start, message })
  }
  const inner = within(scope, item, each ?? DYN)
  const types = bodies.map((body) => checked(body, inner, run))
  const [first = DYN, second] = types
  const length = lengthOf(target)
  const isTransformed = name === 'map' && second === undefined
  if (!isTransformed) testFault(name, first, bodies[0] ?? node, run)
  if (name === 'map') return listOf(second ?? first, length)
  return name === 'filter' ? listOf(each ?? DYN, length) : BOOL
}

/** What a loop goes through: a map's keys. */
function itemOf(target: CelType): CelType | undefined {
  if (target.kind === 'list') return target.item
  if (target.kind === 'map') return target.key
  return target.kind === 'dyn' ? DYN : undefined
}

/** What a loop asks must be true or false. It is spoken of by the operator that cel-go makes of the loop. */
function testFault(name: string, type: CelType, body: ASTNode, run: Run): void {
  if (type.kind === 'dyn' || (type.kind === 'scalar' && type.name === 'bool')) return
  const operator = name === 'all' ? '_&&_' : name === 'exists' ? '_||_' : '_?_:_'
  const given = operator === '_?_:_' ? `${typeText(type)}, list(dyn), list(dyn)` : `bool, ${typeText(type)}`
  const message = `found no matching overload for '${operator}' applied to '(${given})'`
  run.issues.push({ at: placeOfOperator(body), message })
}

interface Application {
  readonly name: string
  readonly target: CelType | undefined
  readonly given: readonly CelType[]
  readonly args: readonly ASTNode[]
}

function applied({ name: written, target, given, args }: Application, node: Call | MemberCall, run: Run): CelType {
  const name = written === MATCHES ? 'matches' : written
  const signatures = definitions().functions.get(keyOf(name, target !== undefined))
  // One that is not known here is the compiler's to refuse.
  if (!signatures) return DYN
  const result = resultOf(signatures, target ? [target, ...given] : given)
  const list = `(${given.map(typeText).join(', ')})`
  if (!result) {
    const applied = target ? `${typeText(target)}.${list}` : list
    const message = `found no matching overload for '${name}' applied to '${applied}'`
    run.issues.push({ at: placeOfCall(node), message })
    return DYN
  }
  run.issues.push(...argumentIssues(name, name === 'matches' && !target ? args[1] : args[0]))
  const limit = name === 'split' ? args[1] : undefined
  return sized(name, result, target ?? given[0], limit?.op === 'value' ? limit.args : undefined)
}

/** How long what a function makes of a text can get; left open where it isn't told. `limit`: on how many parts there are. */
function sized(name: string, result: CelType, on: CelType | undefined, limit: unknown): CelType {
  const length = on && lengthOf(on)
  if (length === undefined) return result
  switch (name) {
    case 'split':
      return listOf(STRING, typeof limit === 'bigint' && limit >= 0n ? Number(limit) : length)
    case 'findAll':
      return listOf(STRING, length)
    case 'lowerAscii':
    case 'upperAscii':
    case 'trim':
    case 'substring':
    case 'reverse':
    case 'string':
    case 'find':
      return scalar('string', length)
    default:
      return result
  }
}
