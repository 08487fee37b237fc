/** Whether the rules in CEL of a definition's schema can be evaluated at all, in the words of apiextensions' validation. */
import { compile } from '../cel/expression.ts'
import { type FieldError, type FieldPath, invalidValue, notSupported, required } from '../field.ts'
import type { JsonSchema, ValidationRule } from './json-schema.ts'
import { speaksOfOld, variablesOf } from './rules.ts'

const REASONS = ['FieldValueRequired', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueDuplicate']
const FIELD_PATH = /^(\.[A-Za-z_][\w-]*|\['[^']+'\]|\[\d+\])+$/

/** `at` is the schema's path; `uncorrelated` that of a list whose items nobody can tell from each other. */
export function validationRuleErrors(
  schema: JsonSchema,
  at: FieldPath,
  uncorrelated: FieldPath | undefined,
): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    errorsOf(rule, at.child('x-kubernetes-validations').index(index), uncorrelated),
  )
}

function errorsOf(rule: ValidationRule, at: FieldPath, uncorrelated: FieldPath | undefined): FieldError[] {
  const errors: FieldError[] = []
  const { message, messageExpression, reason, fieldPath } = rule
  if ((rule.rule ?? '').trim() === '') errors.push(required(at.child('rule'), 'rule is not specified'))
  else {
    const fault = faultOf(rule.rule, rule, 'bool')
    if (fault !== undefined) errors.push(invalidValue(at.child('rule'), rule.rule, fault))
    else if (uncorrelated && speaksOfOld(rule.rule))
      errors.push(
        invalidValue(
          at.child('rule'),
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated.text}`,
        ),
      )
    if (rule.rule.trim().includes('\n') && !message && !messageExpression)
      errors.push(required(at.child('message'), 'message must be specified if rule contains line breaks'))
  }
  if (message !== undefined && message !== '' && message.trim() === '')
    errors.push(invalidValue(at.child('message'), message, 'message must be non-empty if specified'))
  else if (message?.trim().includes('\n'))
    errors.push(invalidValue(at.child('message'), message, 'message must not contain line breaks'))
  if (messageExpression) {
    const fault = faultOf(messageExpression, rule, 'string')
    if (fault !== undefined) errors.push(invalidValue(at.child('messageExpression'), messageExpression, fault))
  }
  if (reason && !REASONS.includes(reason)) errors.push(notSupported(at.child('reason'), reason, REASONS))
  if (fieldPath && !FIELD_PATH.test(fieldPath))
    errors.push(invalidValue(at.child('fieldPath'), fieldPath, 'fieldPath must be a valid path'))
  return errors
}

function faultOf(text: string, rule: ValidationRule, wanted: 'bool' | 'string'): string | undefined {
  try {
    const { type } = compile(text, variablesOf(rule))
    if (type === wanted || type === 'dyn') return undefined
    return wanted === 'bool' ? 'cel expression must evaluate to a bool' : 'messageExpression must evaluate to a string'
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `${wanted === 'bool' ? '' : 'messageExpression '}compilation failed: ERROR: <input>: ${why}`
  }
}
