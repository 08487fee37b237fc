/**
 * Whether the rules in CEL of a definition's schema can be evaluated at all, fit what the schema says, and are not too dear,
 * in the words of apiextensions' validation.
 */
import { checkTypes } from '../cel/check.ts'
import { estimatedCost } from '../cel/estimate.ts'
import { compile, parse } from '../cel/expression.ts'
import { failureText, issuesText } from '../cel/issues.ts'
import { type CelType, optionalOf } from '../cel/types.ts'
import { type FieldError, type FieldPath, invalidValue, notSupported, required } from '../field.ts'
import { isEmbedded, type JsonSchema, type ValidationRule } from './json-schema.ts'
import { costErrors, type RuleCosts, timesOf } from './rule-costs.ts'
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
  /** How often a value of the schema may be in one object; undefined where nothing limits that. */
  readonly times: number | undefined
  /** Of all rules of the whole schema; those of this one are added. */
  readonly costs: RuleCosts
}

/** `at` is the schema's path. */
export function validationRuleErrors(schema: JsonSchema, at: FieldPath, place: RulePlace): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? []
  if (rules.length === 0) return []
  const self = place.isRoot ? resourceTypeOf(schema) : typeOf(schema)
  const times = timesOf(schema, place.times)
  return rules.flatMap((rule, index) => {
    const here = at.child('x-kubernetes-validations').index(index)
    return [...errorsOf(rule, here, { ...place, self, times }), ...fieldPathErrors(rule, schema, here, place.isRoot)]
  })
}

/** What one rule is checked against. */
interface Given extends RulePlace {
  readonly self: CelType
  readonly times: number
}

function errorsOf(rule: ValidationRule, at: FieldPath, given: Given): FieldError[] {
  const { uncorrelated, times, costs } = given
  const errors: FieldError[] = []
  const { message, messageExpression, reason } = rule
  if ((rule.rule ?? '').trim() === '') errors.push(required(at.child('rule'), 'rule is not specified'))
  else {
    const { fault, cost } = looked(rule.rule, rule, given.self, 'bool')
    if (fault !== undefined) errors.push(invalidValue(at.child('rule'), rule.rule, fault))
    else {
      costs.push({ at: at.child('rule'), cost: cost * times })
      errors.push(...costErrors('estimated rule cost', cost * times, at.child('rule')))
    }
    if (fault === undefined && uncorrelated && speaksOfOld(rule.rule))
      errors.push(
        invalidValue(
          at.child('rule'),
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated.text}`,
        ),
      )
    if (fault === undefined && rule.optionalOldSelf !== undefined && !speaksOfOld(rule.rule))
      errors.push(
        invalidValue(
          at.child('optionalOldSelf'),
          rule.optionalOldSelf,
          'may not be set if oldSelf is not used in rule',
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
    const { fault, cost } = looked(messageExpression, rule, given.self, 'string')
    const here = at.child('messageExpression')
    if (fault !== undefined) errors.push(invalidValue(here, messageExpression, fault))
    // It is evaluated for the first value that breaks the rule, and not for each that there could be.
    else errors.push(...costErrors('estimated messageExpression cost', cost, here))
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
  const isKnown = FIELD_PATH.test(fieldPath) && isPathOf(schema, fieldPath, isRoot || isEmbedded(schema))
  return isKnown ? [] : [invalidValue(at.child('fieldPath'), fieldPath, 'fieldPath must be a valid path')]
}

interface Looked {
  readonly fault?: string
  /** Of one evaluation, at most. */
  readonly cost: number
}

function looked(text: string, rule: ValidationRule, self: CelType, wanted: 'bool' | 'string'): Looked {
  const failed = `${wanted === 'bool' ? '' : 'messageExpression '}compilation failed: `
  const oldSelf = rule.optionalOldSelf ? optionalOf(self) : self
  const types = (name: string) => (name === 'self' ? self : name === 'oldSelf' ? oldSelf : undefined)
  try {
    const tree = parse(text, variablesOf(rule))
    const { type, issues, typeOf: typeOfPart } = checkTypes(tree, types)
    if (issues.length > 0) return { fault: `${failed}${issuesText(issues, text)}`, cost: 0 }
    const plain = compile(text, variablesOf(rule)).type
    const cost = estimatedCost(tree, typeOfPart)
    if (isOf(type, wanted) && (plain === wanted || plain === 'dyn')) return { cost }
    return { fault: UNWANTED[wanted], cost }
  } catch (error) {
    return { fault: `${failed}${failureText(error, text)}`, cost: 0 }
  }
}

const UNWANTED = {
  bool: 'cel expression must evaluate to a bool',
  string: 'messageExpression must evaluate to a string',
}

const isOf = (type: CelType, wanted: string): boolean =>
  type.kind === 'dyn' || (type.kind === 'scalar' && type.name === wanted)
