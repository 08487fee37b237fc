/**
 * Match conditions: whether a webhook or policy is asked at all about a write that its rules name.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchconditions
 */
import { type Expression, reasonOf } from '../cel/expression.ts'
import type { MatchCondition } from '../resources/admissionregistration/match-conditions.ts'
import type { Budget } from './budget.ts'
import { compileIn, type ExpressionScope } from './expressions.ts'
import type { Sight } from './situation.ts'

export type ConditionsOutcome =
  | { readonly result: 'match' }
  /** `condition`: the name of the first that does not hold. */
  | { readonly result: 'no match'; readonly condition: string }
  /** None is false, but some could not be told: the failure policy decides. */
  | { readonly result: 'error'; readonly message: string }

export interface Conditions {
  /** Whether there are any: without, nothing need be prepared for them. */
  readonly isEmpty: boolean
  evaluate(sight: Sight, budget: Budget): ConditionsOutcome
}

interface Compiled {
  readonly name: string
  readonly text: string
  readonly expression: Expression
}

const MATCH: ConditionsOutcome = { result: 'match' }

/** Of conditions that were checked when their object was written. Throws where one does not compile all the same. */
export function compileConditions(
  conditions: readonly MatchCondition[] | undefined,
  scope: ExpressionScope,
): Conditions {
  const compiled = (conditions ?? []).map(
    ({ name, expression: text }): Compiled => ({ name, text, expression: compileIn(scope, text) }),
  )
  return {
    isEmpty: compiled.length === 0,
    evaluate: (sight, budget) => (compiled.length === 0 ? MATCH : judge(compiled, sight, budget)),
  }
}

/** One that is false settles it, even after one that failed. */
function judge(conditions: readonly Compiled[], sight: Sight, budget: Budget): ConditionsOutcome {
  const failures: string[] = []
  for (const condition of conditions) {
    const outcome = holds(condition, sight, budget)
    if (outcome === false) return { result: 'no match', condition: condition.name }
    if (outcome !== true) failures.push(outcome)
  }
  if (failures.length === 0) return MATCH
  return { result: 'error', message: failures.length === 1 ? (failures[0] ?? '') : `[${failures.join(', ')}]` }
}

/** Whether it holds; in words why nobody can tell. */
function holds({ text, expression }: Compiled, sight: Sight, budget: Budget): boolean | string {
  try {
    budget.spend(expression, sight.sizeOf)
    const value = expression.evaluate(sight.values)
    return typeof value === 'boolean' ? value : `expression '${text}' did not evaluate to a bool`
  } catch (error) {
    return `expression '${text}' resulted in error: ${reasonOf(error)}`
  }
}
