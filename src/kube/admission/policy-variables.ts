/**
 * A policy's own variables: each may use those before it, and is evaluated once a request, when something first asks.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#variable-composition
 */
import type { SizeOf } from '../cel/cost.ts'
import { type Expression, reasonOf } from '../cel/expression.ts'
import type { Budget } from './budget.ts'
import { compileIn, type ExpressionScope } from './expressions.ts'
import { once, type Sight } from './situation.ts'

export interface Variable {
  readonly name: string
  readonly expression: string
}

export interface CompiledVariable {
  readonly name: string
  readonly expression: Expression
}

/** Those that do not compile are left out of the list, and of a type that is not known: a policy with one is refused. */
export function compileVariables(
  variables: readonly Variable[],
  scope: ExpressionScope,
): { readonly compiled: readonly CompiledVariable[]; readonly types: Readonly<Record<string, string>> } {
  const compiled: CompiledVariable[] = []
  const types: Record<string, string> = {}
  for (const { name, expression: text } of variables) {
    const expression = compiledOrNot(text, { ...scope, variables: { ...types } })
    if (expression) compiled.push({ name, expression })
    types[name] = knownType(expression?.type)
  }
  return { compiled, types }
}

export const typesOfVariables = (variables: readonly Variable[], scope: ExpressionScope) =>
  compileVariables(variables, scope).types

function compiledOrNot(text: string, scope: ExpressionScope): Expression | undefined {
  try {
    return compileIn(scope, text)
  } catch {
    return undefined
  }
}

/** Types that mean the same in every environment; of the rest the checker learns nothing. */
const PORTABLE =
  /^(?:(?:list|map|optional)<|bool|string|int|uint|double|bytes|dyn|list|map|google\.protobuf\.|[<>, ])+$/

const knownType = (type: string | undefined): string => (type !== undefined && PORTABLE.test(type) ? type : 'dyn')

/**
 * What a policy's expressions see: all that is to be seen, and its variables, each evaluated when something first asks.
 * Throws, when one is looked at, what its expression throws.
 */
export function withVariables(sight: Sight, variables: readonly CompiledVariable[], budget: Budget): Sight {
  if (variables.length === 0) return sight
  const costs = new Map(
    variables.map(({ name, expression }) => [`variables.${name}`, once(() => expression.cost(sizeOf))]),
  )
  const sizeOf: SizeOf = (name) => costs.get(name)?.() ?? sight.sizeOf(name)
  const evaluate = ({ name, expression }: CompiledVariable): unknown => {
    try {
      budget.spend(expression, sizeOf)
      return expression.evaluate(values)
    } catch (error) {
      throw new Error(`composited variable ${JSON.stringify(name)} fails to evaluate: ${reasonOf(error)}`)
    }
  }
  const fields = {}
  for (const variable of variables)
    Object.defineProperty(fields, variable.name, { enumerable: true, get: once(() => evaluate(variable)) })
  const values = Object.create(sight.values, { variables: { value: fields, enumerable: true } })
  return { values, sizeOf }
}
