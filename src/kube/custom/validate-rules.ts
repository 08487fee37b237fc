/** Whether the rules in CEL of a definition's schema can be evaluated at all, and fit what the schema says, in the words of apiextensions' validation. */
import { checkTypes } from '../cel/check.ts'
import { compile } from '../cel/expression.ts'
import { issuesText } from '../cel/issues.ts'
import { type CelType, optionalOf } from '../cel/types.ts'
import { type FieldError, type FieldPath, invalidValue, notSupported, required } from '../field.ts'
import { isEmbedded, type JsonSchema, type ValidationRule } from './json-schema.ts'
import { isPathOf } from './rule-paths.ts'
import { resourceTypeOf, typeOf } from './rule-types.ts'
import { speaksOfOld, variablesOf } from './rules.ts'

const REASONS = ['FieldValueRequired', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueDuplicate']
const FIELD_PATH = /^(\.[A-Za-z_][\w-]*|\['[^']+'\]|\[\d+\])+$/

export interface RulePlace {
  /** The schema is that of whole objects. */
  readonly isRoot: boolean
  /** The list above whose items nobody can tell from each other. */
  readonly uncorrelated: FieldPath | undefined
}

/** `at` is the schema's path. */
export function validationRuleErrors(schema: JsonSchema, at: FieldPath, place: RulePlace): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? []
  if (rules.length === 0) return []
  const self = place.isRoot ? resourceTypeOf(schema) : typeOf(schema)
  return rules.flatMap((rule, index) => [
    ...errorsOf(rule, self, at.child('x-kubernetes-validations').index(index), place.uncorrelated),
    ...fieldPathErrors(rule, schema, at.child('x-kubernetes-validations').index(index), place.isRoot),
  ])
}

function errorsOf(
  rule: ValidationRule,
  self: CelType,
  at: FieldPath,
  uncorrelated: FieldPath | undefined,
): FieldError[] {
  const errors: FieldError[] = []
  const { message, messageExpression, reason } = rule
  if ((rule.rule ?? '').trim() === '') errors.push(required(at.child('rule'), 'rule is not specified'))
  else {
    const fault = faultOf(rule.rule, rule, self, 'bool')
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
    const fault = faultOf(messageExpression, rule, self, 'string')
    if (fault !== undefined) errors.push(invalidValue(at.child('messageExpression'), messageExpression, fault))
  }
  if (reason && !REASONS.includes(reason)) errors.push(notSupported(at.child('reason'), reason, REASONS))
  return errors
}

function fieldPathErrors(
  { fieldPath }: ValidationRule,
  schema: JsonSchema,
  at: FieldPath,
  isRoot: boolean,
): FieldError[] {
  if (!fieldPath) return []
  const fault = (why: string) => [invalidValue(at.child('fieldPath'), fieldPath, why)]
  if (!FIELD_PATH.test(fieldPath)) return fault('fieldPath must be a valid path')
  const isKnown = isPathOf(schema, fieldPath, isRoot || isEmbedded(schema))
  return isKnown ? [] : fault('fieldPath must be a valid path: does not refer to a valid field')
}

function faultOf(text: string, rule: ValidationRule, self: CelType, wanted: 'bool' | 'string'): string | undefined {
  const failed = `${wanted === 'bool' ? '' : 'messageExpression '}compilation failed: `
  try {
    const { tree, type: plainType } = compile(text, variablesOf(rule))
    const oldSelf = rule.optionalOldSelf ? optionalOf(self) : self
    const { type, issues } = checkTypes(tree, (name) =>
      name === 'self' ? self : name === 'oldSelf' ? oldSelf : undefined,
    )
    if (issues.length > 0) return `${failed}${issuesText(issues, text)}`
    if (isOf(type, wanted) && (plainType === wanted || plainType === 'dyn')) return undefined
    return wanted === 'bool' ? 'cel expression must evaluate to a bool' : 'messageExpression must evaluate to a string'
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `${failed}ERROR: <input>: ${why}`
  }
}

const isOf = (type: CelType, wanted: string): boolean =>
  type.kind === 'dyn' || (type.kind === 'scalar' && type.name === wanted)
