/**
 * Expressions of the Common Expression Language with Kubernetes' libraries, compiled once and evaluated often.
 * https://kubernetes.io/docs/reference/using-api/cel/
 */
import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import { registerAuthorizer } from './authorizer.ts'
import { type Cost, costOf, type SizeOf } from './cost.ts'
import { registerFormats } from './formats.ts'
import { registerLists } from './lists.ts'
import { registerNet } from './net.ts'
import { registerOptionals } from './optionals.ts'
import { HAS, registerPresence } from './presence.ts'
import { registerQuantities } from './quantities.ts'
import { MATCHES, registerText } from './text.ts'
import { registerTimes } from './times.ts'

export interface Expression {
  /** Throws what the expression throws. */
  evaluate(context: Readonly<Record<string, unknown>>): unknown
  /** `bool`, `string`, `dyn`, ... */
  readonly type: string
  /** Of the text, letter by letter. */
  readonly tree: ASTNode
  /** At most: what evaluating it takes, and how large its value may be. */
  cost(given: SizeOf): Cost
}

/** Variables by name, with CEL's names of their types, or what their fields are. */
export interface Variables {
  readonly [name: string]: string | Variables
}

let base: Environment | undefined

export function library(): Environment {
  if (base) return base
  base = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: 10_000, maxDepth: 100, maxListElements: 1000, maxMapEntries: 1000, maxCallArguments: 32 },
  })
  const libraries = [
    ...[registerText, registerLists, registerOptionals, registerQuantities, registerNet, registerFormats],
    ...[registerAuthorizer, registerPresence, registerTimes],
  ]
  for (const register of libraries) register(base)
  return base
}

const environments = new Map<string, Environment>()
/** Policies have variables of their own: as many as may be in use at once, and not all that ever were. */
const MAX_ENVIRONMENTS = 500

function environmentOf(variables: Variables): Environment {
  const key = JSON.stringify(variables)
  const known = environments.get(key)
  if (known) return known
  const made = library().clone()
  for (const [name, type] of Object.entries(variables))
    if (typeof type === 'string') made.registerVariable(name, type)
    else made.registerVariable(name, { schema: type })
  if (environments.size >= MAX_ENVIRONMENTS) environments.clear()
  environments.set(key, made)
  return made
}

/** The tree of a text whose types nobody has looked at. Throws an Error where there is none. */
export const parse = (text: string, variables: Variables): ASTNode =>
  environmentOf(variables).parse(withOwnFunctions(text)).ast

/** Throws an Error that says what is wrong with it. */
export function compile(text: string, variables: Variables): Expression {
  const environment = environmentOf(variables)
  const source = withOwnFunctions(text)
  const parsed = environment.parse(source)
  const { valid, type, error } = parsed.check()
  if (!valid) throw error ?? new Error('the expression does not type-check')
  return {
    evaluate: (context) => parsed(context),
    type: String(type),
    tree: parsed.ast,
    cost: (given) => costOf(parsed.ast, given),
  }
}

/** Why an evaluation failed, in one line and in the words of cel-go. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line
    .replace(/^No such key: index out of bounds, index (-?\d+).*/, 'index out of bounds: $1')
    .replace(/^No such key/, 'no such key')
}

const TOKEN =
  /r?"""[\s\S]*?"""|r?'''[\s\S]*?'''|r"[^"]*"|r'[^']*'|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\/\/[^\n]*|\b(?:matches|has)(?=\s*\()/g

const OWN = new Map([
  ['matches', MATCHES],
  ['has', HAS],
])

/** Calls of `matches` and `has` go to our own, outside of texts and remarks. */
const withOwnFunctions = (text: string): string => text.replaceAll(TOKEN, (token) => OWN.get(token) ?? token)
