/**
 * Rules in CEL (`x-kubernetes-validations`): compiled once for a schema, evaluated with every write.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
 */
import { Optional } from '@marcbachmann/cel-js'
import { STEPS_OF_A_WRITE, sizeOf } from '../cel/cost.ts'
import { compile, type Expression, reasonOf } from '../cel/expression.ts'
import { toCel } from '../cel/values.ts'
import { type FieldError, FieldPath, type FieldReason, invalidValue } from '../field.ts'
import { deepEqual, isRaw, isRecord, stringify } from '../json.ts'
import { additionalOf, itemsOf, type JsonSchema, type ValidationRule } from './json-schema.ts'
import { propertyOf } from './normalize.ts'

/** The rules of one place in a schema, and of what lies below. */
export interface RuleNode {
  readonly schema: JsonSchema
  readonly rules: readonly CompiledRule[]
  readonly properties: Readonly<Record<string, RuleNode>>
  readonly additional: RuleNode | undefined
  readonly items: RuleNode | undefined
}

interface CompiledRule {
  readonly rule: ValidationRule
  readonly expression: Expression
  readonly message: Expression | undefined
  /** Speaks of what was before: is not asked where nothing was. */
  readonly isTransition: boolean
}

/** Undefined where there are no rules. Those that do not compile are left out: a definition that has one is refused. */
export function compileRules(schema: JsonSchema): RuleNode | undefined {
  const rules = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) => compiledRule(rule) ?? [])
  const properties = Object.fromEntries(
    Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
      const node = compileRules(child)
      return node ? [[name, node]] : []
    }),
  )
  const additionalSchema = additionalOf(schema)
  const additional = additionalSchema && compileRules(additionalSchema)
  const itemSchema = itemsOf(schema)
  const items = itemSchema && compileRules(itemSchema)
  const isEmpty = rules.length === 0 && Object.keys(properties).length === 0 && !additional && !items
  return isEmpty ? undefined : { schema, rules, properties, additional, items }
}

function compiledRule(rule: ValidationRule): CompiledRule | undefined {
  try {
    const variables = variablesOf(rule)
    return {
      rule,
      expression: compile(rule.rule, variables),
      message: rule.messageExpression ? compile(rule.messageExpression, variables) : undefined,
      isTransition: speaksOfOld(rule.rule),
    }
  } catch {
    return undefined
  }
}

export const variablesOf = ({ optionalOldSelf }: ValidationRule) => ({
  self: 'dyn',
  oldSelf: optionalOldSelf ? 'optional<dyn>' : 'dyn',
})

/** Outside of texts; a field of that name does not count. */
export const speaksOfOld = (rule: string): boolean =>
  /(?<![\w.])oldSelf\b/.test(rule.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '""'))

interface Run {
  readonly errors: FieldError[]
  left: number
}

/** `previous` is what was there before; undefined where nothing was. */
export function ruleErrors(node: RuleNode, value: unknown, previous: unknown): FieldError[] {
  const run: Run = { errors: [], left: STEPS_OF_A_WRITE }
  visit(node, value, previous, '', run)
  return run.errors
}

function visit(node: RuleNode, value: unknown, previous: unknown, at: string, run: Run): void {
  // What an update leaves as it was is not looked at again (KEP-4008).
  if (value === undefined || value === null || (previous !== undefined && deepEqual(value, previous))) return
  if (node.rules.length > 0) judge(node, value, previous, at, run)
  if (Array.isArray(value)) {
    const { items } = node
    if (!items) return
    const former = formerItems(node.schema, previous)
    for (const [index, item] of value.entries()) visit(items, item, former(item), `${at}[${index}]`, run)
  } else if (isRecord(value)) visitRecord(node, value, isRecord(previous) ? previous : {}, at, run)
}

function visitRecord(
  node: RuleNode,
  value: Record<string, unknown>,
  former: Record<string, unknown>,
  at: string,
  run: Run,
): void {
  for (const [key, item] of Object.entries(value)) {
    const own = Object.hasOwn(node.properties, key) ? node.properties[key] : undefined
    const child = own ?? (propertyOf(node.schema, key) ? undefined : node.additional)
    const where = own ? (at === '' ? key : `${at}.${key}`) : `${at}[${key}]`
    if (child) visit(child, item, Object.hasOwn(former, key) ? former[key] : undefined, where, run)
  }
}

/** Items of a list of type map stand for the same thing where their keys are the same; of others nobody knows. */
function formerItems(
  { 'x-kubernetes-list-type': type, 'x-kubernetes-list-map-keys': keys = [] }: JsonSchema,
  previous: unknown,
) {
  if (type !== 'map' || !Array.isArray(previous)) return () => undefined
  const keyOf = (item: unknown): string =>
    isRecord(item) ? (stringify(keys.map((key) => item[key] ?? null)) ?? '') : ''
  const known = new Map(previous.map((item) => [keyOf(item), item]))
  return (item: unknown) => known.get(keyOf(item))
}

function judge({ schema, rules }: RuleNode, value: unknown, previous: unknown, at: string, run: Run): void {
  const self = toCel(schema, value)
  const old = previous === undefined ? undefined : toCel(schema, previous)
  const size = sizeOf(value)
  for (const one of rules) {
    const { rule, expression, isTransition } = one
    if (isTransition && old === undefined && !rule.optionalOldSelf) continue
    const path = new FieldPath(placeOf(at))
    run.left -= expression.cost(() => size).steps
    if (run.left < 0) {
      run.errors.push(
        invalidValue(
          path,
          shown(schema, value),
          'call cost exceeds limit: the validation rules of this object take too many steps',
        ),
      )
      return
    }
    const context = {
      self,
      oldSelf: rule.optionalOldSelf ? (old === undefined ? Optional.none() : Optional.of(old)) : old,
    }
    const problem = outcome(one, context)
    if (problem !== undefined) run.errors.push(errorOf(one, problem, schema, value, at))
  }
}

/** Why the rule is not kept; undefined where it is. */
function outcome({ rule, expression, message }: CompiledRule, context: Record<string, unknown>): string | undefined {
  try {
    if (expression.evaluate(context) === true) return undefined
  } catch (error) {
    return `rule evaluation error: ${reasonOf(error)}: evaluating rule: ${rule.rule}`
  }
  return spoken(message, context) ?? (rule.message?.trim() || `failed rule: ${rule.rule.trim()}`)
}

function spoken(message: Expression | undefined, context: Record<string, unknown>): string | undefined {
  try {
    const text = message?.evaluate(context)
    // One that is empty or has lines is as good as none.
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text.trim() : undefined
  } catch {
    return undefined
  }
}

function errorOf({ rule }: CompiledRule, problem: string, schema: JsonSchema, value: unknown, at: string): FieldError {
  const path = placeOf(at + (rule.fieldPath ?? ''))
  const where = new FieldPath(path)
  switch (rule.reason) {
    case 'FieldValueRequired':
      return { reason: rule.reason, field: path, message: `Required value: ${problem}` }
    case 'FieldValueForbidden':
      return { reason: rule.reason, field: path, message: `Forbidden: ${problem}` }
    case 'FieldValueDuplicate':
      return { reason: rule.reason, field: path, message: `Duplicate value: ${stringify(shown(schema, value))}` }
    default:
      return { ...invalidValue(where, shown(schema, value), problem), reason: 'FieldValueInvalid' as FieldReason }
  }
}

/** The object itself has no path, which Go prints so. */
const placeOf = (path: string): string => path.replace(/^\./, '') || '<nil>'

/** Objects and lists are named, not shown. */
const shown = (schema: JsonSchema, value: unknown): unknown =>
  isRecord(value) ? 'object' : Array.isArray(value) ? 'array' : isRaw(value) ? value : (value ?? schema.type)
