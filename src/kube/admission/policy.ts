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
import { type Sight, type Situation, sightOf } from './situation.ts'

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
  const failure: Failure = (message, isFatal = false) =>
    spec.failurePolicy === 'Ignore' ? [] : [{ message, reason: undefined, isFatal }]
  return {
    objections(situation, budget) {
      const seen = sightOf(situation)
      const outcome = conditions.evaluate(seen, budget)
      if (outcome.result === 'no match') return []
      if (outcome.result === 'error') return failure(outcome.message)
      const ask = asking(withVariables(seen, variables, budget), budget)
      return [
        ...validations.flatMap((validation) => refusals(validation, ask, failure)),
        ...annotations.flatMap((annotation) => untold(annotation, ask, failure)),
      ]
    },
  }
}

/** What the failure policy makes of something that could not be told. */
type Failure = (message: string, isFatal?: boolean) => Objection[]

/** What an expression comes to, or in words why it comes to nothing. */
type Ask = (text: string, expression: Expression) => { readonly value: unknown } | { readonly failed: string }

const asking =
  ({ values, sizeOf }: Sight, budget: Budget): Ask =>
  (text, expression) => {
    try {
      budget.spend(expression, sizeOf)
      return { value: expression.evaluate(values) }
    } catch (error) {
      return { failed: `expression '${text}' resulted in error: ${reasonOf(error)}` }
    }
  }

function refusals(validation: CompiledValidation, ask: Ask, failure: Failure): Objection[] {
  const { text, expression, spoken, reason } = validation
  const kept = ask(text, expression)
  if ('failed' in kept) return failure(kept.failed)
  if (kept.value === true) return []
  const said = spoken && ask(text, spoken)
  const message =
    (said && 'value' in said && spokenText(said.value)) || validation.message || `failed expression: ${text}`
  return [{ message, reason, isFatal: false }]
}

/** There is no audit log to tell it to; that it can be told is part of the policy all the same. */
function untold({ text, expression }: CompiledAnnotation, ask: Ask, failure: Failure): Objection[] {
  const told = ask(text, expression)
  if ('failed' in told) return failure(told.failed, true)
  if (told.value === null || typeof told.value === 'string') return []
  return failure(
    `valueExpression '${text}' resulted in unsupported return type: ${typeof told.value}. Return type must be either string or null.`,
    true,
  )
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
