/**
 * Fields that a policy's expressions name, and that the kinds it is about do not have. A warning, and no more: the policy
 * holds all the same.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking
 */
import type { ASTNode } from '@marcbachmann/cel-js'
import { kindText, type Resource } from '../resource.ts'
import type { ValidatingAdmissionPolicy } from '../types.ts'
import { compileIn, type ExpressionScope } from './expressions.ts'
import { typesOfVariables, type Variable } from './policy-variables.ts'
import { type Shape, shapeOf, UNKNOWN } from './shapes.ts'

type Spec = ValidatingAdmissionPolicy['spec']

export interface ExpressionWarning {
  readonly fieldRef: string
  readonly warning: string
}

/** As many kinds of one policy are looked at, as in Kubernetes. */
const MAX_KINDS = 10

export interface Kinds {
  readonly resources: readonly Resource[]
  readonly params: Resource | undefined
}

export function expressionWarnings(spec: Spec, { resources, params }: Kinds): ExpressionWarning[] {
  const kinds = kindsOf(spec, resources)
  const scope: ExpressionScope = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true }
  const variables = spec.variables ?? []
  const whole = { ...scope, variables: typesOfVariables(variables, scope) }
  const warningsAt = (fieldRef: string, text: string | undefined): ExpressionWarning[] => {
    if (!text) return []
    const texts = kinds.flatMap((kind) => {
      const shapes = shapesOf(kind, params, variables, scope)
      const unknown = unknownFields(treeOf(whole, text), shapes)
      return unknown.length === 0 ? [] : [`${kindText(kind)}: ${unknown.map((one) => issueText(one, text)).join('\n')}`]
    })
    return texts.length === 0 ? [] : [{ fieldRef, warning: texts.join('\n') }]
  }
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
    ...warningsAt(`spec.validations[${index}].expression`, expression),
    ...warningsAt(`spec.validations[${index}].messageExpression`, messageExpression),
  ])
}

/** Those that rules name without a star. */
function kindsOf({ matchConstraints }: Spec, resources: readonly Resource[]): Resource[] {
  const rules = matchConstraints?.resourceRules ?? []
  const found = resources.filter(({ group, version, plural }) =>
    rules.some(
      ({ apiGroups = [], apiVersions = [], resources: named = [] }) =>
        apiGroups.includes(group) && apiVersions.includes(version) && named.includes(plural),
    ),
  )
  return found.sort((a, b) => (kindText(a) < kindText(b) ? -1 : 1)).slice(0, MAX_KINDS)
}

type Shapes = (name: string) => Shape

function shapesOf(
  kind: Resource,
  params: Resource | undefined,
  variables: readonly Variable[],
  scope: ExpressionScope,
): Shapes {
  const object = shapeOf(kind)
  const known: Record<string, Shape> = { object, oldObject: object, params: params ? shapeOf(params) : UNKNOWN }
  const shapes: Shapes = (name) => (Object.hasOwn(known, name) ? known[name] : undefined) ?? UNKNOWN
  for (const [index, { name, expression }] of variables.entries()) {
    const before = { ...scope, variables: typesOfVariables(variables.slice(0, index), scope) }
    known[`variables.${name}`] = walk(treeOf(before, expression), shapes, [])
  }
  return shapes
}

/** Undefined for one that does not compile: nothing is to be said of it here. */
function treeOf(scope: ExpressionScope, text: string): ASTNode | undefined {
  try {
    return compileIn(scope, text).tree
  } catch {
    return undefined
  }
}

interface UnknownField {
  readonly name: string
  /** Letters before the dot in front of it. */
  readonly at: number
}

function unknownFields(tree: ASTNode | undefined, shapes: Shapes): UnknownField[] {
  const found: UnknownField[] = []
  walk(tree, shapes, found)
  return found
}

/** What it comes to, as far as it can be told; unknown fields are added to `found`. */
function walk(node: ASTNode | undefined, shapes: Shapes, found: UnknownField[]): Shape {
  switch (node?.op) {
    case 'id':
      return shapes(node.args)
    case '.':
    case '.?': {
      const [target, name] = node.args
      if (target.op === 'id' && target.args === 'variables') return shapes(`variables.${name}`)
      const field = walk(target, shapes, found).field(name)
      if (field === undefined) found.push({ name, at: node.pos - node.op.length })
      return field ?? UNKNOWN
    }
    case '[]':
    case '[?]': {
      const [target, key] = node.args
      walk(key, shapes, found)
      return walk(target, shapes, found).inner()
    }
    case 'rcall':
      return walkCall(node.args, shapes, found)
    default:
      for (const part of partsOf(node?.args)) walk(part, shapes, found)
      return UNKNOWN
  }
}

const LOOPS = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter'])
const OPTIONAL = new Set(['optMap', 'optFlatMap'])
/** What an optional holds is what was asked for. */
const SAME = new Set(['orValue', 'or', 'value', 'filter'])

function walkCall(
  [name, target, args]: readonly [string, ASTNode, readonly ASTNode[]],
  shapes: Shapes,
  found: UnknownField[],
): Shape {
  const on = walk(target, shapes, found)
  const [first, ...rest] = args
  const isBinding = name === 'bind' && target.op === 'id' && target.args === 'cel'
  if (first?.op === 'id' && (LOOPS.has(name) || OPTIONAL.has(name) || isBinding)) {
    const [value, ...bodies] = isBinding ? rest : [undefined, ...rest]
    const item = isBinding ? walk(value, shapes, found) : OPTIONAL.has(name) ? on : on.each()
    const within: Shapes = (asked) => (asked === first.args ? item : shapes(asked))
    const last = bodies.map((body) => walk(body, within, found)).at(-1) ?? UNKNOWN
    return isBinding || OPTIONAL.has(name) ? last : name === 'filter' ? on : UNKNOWN
  }
  for (const argument of args) walk(argument, shapes, found)
  return SAME.has(name) ? on : UNKNOWN
}

function partsOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(partsOf)
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : []
}

/** As cel-go points at it. */
function issueText({ name, at }: UnknownField, text: string): string {
  const before = text.slice(0, at).split('\n')
  const column = before.at(-1)?.length ?? 0
  const line = text.split('\n')[before.length - 1] ?? ''
  return `ERROR: <input>:${before.length}:${column + 1}: undefined field '${name}'\n | ${line}\n | ${'.'.repeat(column)}^`
}
