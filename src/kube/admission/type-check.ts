/**
 * What a policy's expressions ask of the kinds it is about that their schemas do not have: fields, and types. A warning, and
 * no more: the policy holds all the same.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking
 */
import { checkTypes, type Scope } from '../cel/check.ts'
import { type Issue, issuesText } from '../cel/issues.ts'
import { AUTHORIZER_TYPE } from '../cel/signatures.ts'
import { type CelType, DYN, objectOf } from '../cel/types.ts'
import { kindText, type Resource } from '../resource.ts'
import { namespaces } from '../resources/core/namespace.ts'
import type { ValidatingAdmissionPolicy } from '../types.ts'
import { compileIn, type ExpressionScope, REQUEST_TYPE } from './expressions.ts'
import { typeOfKind } from './kind-types.ts'
import { typesOfVariables, type Variable } from './policy-variables.ts'

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
      const issues = issuesOf(whole, text, scopeOf(kind, params, variables, scope))
      return issues.length === 0 ? [] : [`${kindText(kind)}: ${issuesText(issues, text)}`]
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

/** What the variables are where the policy is about one of its kinds. */
function scopeOf(
  kind: Resource,
  params: Resource | undefined,
  variables: readonly Variable[],
  scope: ExpressionScope,
): Scope {
  const object = typeOfKind(kind)
  const composed: Record<string, CelType> = {}
  const known: Readonly<Record<string, CelType>> = {
    object,
    oldObject: object,
    params: params ? typeOfKind(params) : DYN,
    namespaceObject: typeOfKind(namespaces),
    request: REQUEST_TYPE,
    authorizer: AUTHORIZER_TYPE,
    variables: objectOf('variables', composed),
  }
  const types: Scope = (name) => (Object.hasOwn(known, name) ? known[name] : undefined)
  for (const [index, { name, expression }] of variables.entries()) {
    const before = { ...scope, variables: typesOfVariables(variables.slice(0, index), scope) }
    composed[name] = typeIn(before, expression, types)
  }
  return types
}

function typeIn(scope: ExpressionScope, text: string, types: Scope): CelType {
  try {
    return checkTypes(compileIn(scope, text).tree, types).type
  } catch {
    return DYN
  }
}

/** None of one that does not compile: nothing is to be said of it here. */
function issuesOf(scope: ExpressionScope, text: string, types: Scope): readonly Issue[] {
  try {
    return checkTypes(compileIn(scope, text).tree, types).issues
  } catch {
    return []
  }
}
