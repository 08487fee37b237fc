/**
 * A ValidatingAdmissionPolicy, compiled once and evaluated for each write that it is about (KEP-3488): what it has against
 * the write. What becomes of that is its bindings' to say.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import { type Expression, reasonOf } from '../cel/expression.ts'
import { byteLength } from '../json.ts'
import type { ValidatingAdmissionPolicy } from '../types.ts'
import type { Budget } from './budget.ts'
import { compileConditions } from './conditions.ts'
import { compileIn, type ExpressionScope } from './expressions.ts'
import { compileVariables, withVariables } from './policy-variables.ts'
import { type Situation, sightOf } from './situation.ts'

export interface Objection {
  readonly message: string
  /** `Invalid`, `Forbidden`, ...; undefined where nobody said. */
  readonly reason: string | undefined
  /** Refuses the write even where a binding would only warn: an audit annotation could not be told. */
  readonly isFatal: boolean
}

export interface CompiledPolicy {
  /** For one set of parameters. The first objection is the one to be told. */
  objections(situation: Situation, budget: Budget): readonly Objection[]
}

type Spec = ValidatingAdmissionPolicy['spec']

interface CompiledValidation {
  readonly text: string
  readonly expression: Expression
  readonly message: string | undefined
  readonly spoken: Expression | undefined
  readonly reason: string | undefined
}

interface CompiledAnnotation {
  readonly text: string
  readonly expression: Expression
}

/** Of a spec that was checked when it was written. Throws where it does not compile all the same. */
export function compilePolicy(spec: Spec): CompiledPolicy {
  const base: ExpressionScope = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true }
  const { compiled: variables, types } = compileVariables(spec.variables ?? [], base)
  const scope = { ...base, variables: types }
  const conditions = compileConditions(spec.matchConditions, base)
  const validations = (spec.validations ?? []).map((validation) => compiledValidation(validation, scope))
  const annotations = (spec.auditAnnotations ?? []).map(
    ({ valueExpression: text }): CompiledAnnotation => ({ text, expression: compileIn(scope, text) }),
  )
  const failsOpen = spec.failurePolicy === 'Ignore'
  const failure = (message: string, isFatal = false): Objection[] =>
    failsOpen ? [] : [{ message, reason: undefined, isFatal }]
  return {
    objections(situation, budget) {
      const seen = sightOf(situation)
      const outcome = conditions.evaluate(seen, budget)
      if (outcome.result === 'no match') return []
      if (outcome.result === 'error') return failure(outcome.message)
      const sight = withVariables(seen, variables, budget)
      const judge = <T>(text: string, expression: Expression, judged: (value: unknown) => T): T | Error => {
        try {
          budget.spend(expression, sight.sizeOf)
          return judged(expression.evaluate(sight.values))
        } catch (error) {
          return new Error(`expression '${text}' resulted in error: ${reasonOf(error)}`)
        }
      }
      const message = (validation: CompiledValidation) => {
        const { spoken } = validation
        const said = spoken && judge('', spoken, spokenText)
        return (typeof said === 'string' && said) || validation.message || `failed expression: ${validation.text}`
      }
      const refused = validations.flatMap((validation): Objection[] => {
        const kept = judge(validation.text, validation.expression, (value) => value === true)
        if (kept instanceof Error) return failure(kept.message)
        return kept ? [] : [{ message: message(validation), reason: validation.reason, isFatal: false }]
      })
      const untold = annotations.flatMap(({ text, expression }) => {
        const problem = judge(text, expression, (value) => annotationProblem(text, value))
        return problem === undefined ? [] : failure(problem instanceof Error ? problem.message : problem, true)
      })
      return [...refused, ...untold]
    },
  }
}

function compiledValidation(
  { expression, message, messageExpression, reason }: NonNullable<Spec['validations']>[number],
  scope: ExpressionScope,
): CompiledValidation {
  return {
    text: expression.trim(),
    expression: compileIn(scope, expression),
    message: message?.trim() || undefined,
    spoken: messageExpression ? compileIn({ ...scope, hasAuthorizer: false }, messageExpression) : undefined,
    reason,
  }
}

const MAX_MESSAGE_BYTES = 5 * 1024

/** A message that is no text, empty, of several lines or too long is as good as none. */
function spokenText(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : ''
  return text === '' || text.includes('\n') || byteLength(text) > MAX_MESSAGE_BYTES ? undefined : text
}

/** There is no audit log to tell it to; that it can be told is part of the policy all the same. */
const annotationProblem = (text: string, value: unknown): string | undefined =>
  value === null || typeof value === 'string'
    ? undefined
    : `valueExpression '${text}' resulted in unsupported return type: ${typeof value}. Return type must be either string or null.`
