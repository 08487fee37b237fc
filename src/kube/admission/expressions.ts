/**
 * The expressions of admission: match conditions of webhooks, and all that policies are made of. What each variable is
 * to the checker; their values are made in `variables.ts`.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#validation-expression
 */
import { AUTHORIZER } from '../cel/authorizer.ts'
import { checkTypes, type Scope } from '../cel/check.ts'
import { compile, type Expression, parse, type Variables } from '../cel/expression.ts'
import { failureText, issuesText } from '../cel/issues.ts'
import { AUTHORIZER_TYPE } from '../cel/signatures.ts'
import { type CelType, objectOf, parseType } from '../cel/types.ts'

export interface ExpressionScope {
  /** Whether there is a variable `params`. */
  readonly hasParams: boolean
  /** Whether there is a variable `authorizer`. */
  readonly hasAuthorizer: boolean
  /** What a policy's own variables are, by name; none where it has none. */
  readonly variables?: Readonly<Record<string, string>>
}

const RESOURCE = { group: 'string', version: 'string', resource: 'string' }
const KIND = { group: 'string', version: 'string', kind: 'string' }

/** AdmissionRequest without its objects, which are variables of their own. */
const REQUEST = {
  kind: KIND,
  resource: RESOURCE,
  subResource: 'string',
  requestKind: KIND,
  requestResource: RESOURCE,
  requestSubResource: 'string',
  name: 'string',
  namespace: 'string',
  operation: 'string',
  userInfo: {
    username: 'string',
    uid: 'string',
    groups: 'list<string>',
    extra: 'map<string, list<string>>',
  },
  dryRun: 'bool',
  options: 'dyn',
}

const typeOfFields = (name: string, fields: Variables): CelType =>
  objectOf(
    name,
    Object.fromEntries(
      Object.entries(fields).map(([field, type]) => [
        field,
        typeof type === 'string' ? parseType(type) : typeOfFields(name, type),
      ]),
    ),
  )

export const REQUEST_TYPE: CelType = typeOfFields('kubernetes.AdmissionRequest', REQUEST)

const variablesOf = ({ hasParams, hasAuthorizer, variables }: ExpressionScope): Variables => ({
  object: 'dyn',
  oldObject: 'dyn',
  namespaceObject: 'dyn',
  request: REQUEST,
  ...(hasParams ? { params: 'dyn' } : {}),
  ...(hasAuthorizer ? { authorizer: AUTHORIZER } : {}),
  ...(variables ? { variables } : {}),
})

/** Throws an Error that says what is wrong with it. */
export const compileIn = (scope: ExpressionScope, text: string): Expression => compile(text, variablesOf(scope))

/**
 * What is wrong with an expression, in the words of kube-apiserver; undefined where nothing is. One whose type is not
 * known before it runs is let through, and judged by what it comes to. `wanted`: the types that it may come to.
 */
export function faultIn(scope: ExpressionScope, text: string, wanted?: readonly string[]): string | undefined {
  try {
    const { issues } = checkTypes(parse(text, variablesOf(scope)), typesIn(scope))
    if (issues.length > 0) return `compilation failed: ${issuesText(issues, text)}`
    const { type } = compileIn(scope, text)
    if (wanted === undefined || type === 'dyn' || wanted.includes(type)) return undefined
    const [only, ...others] = wanted.map(goType)
    const list = others.length === 0 ? only : `one of [${[only, ...others].join(' ')}]`
    return `must evaluate to ${list} but got ${goType(type)}`
  } catch (error) {
    return `compilation failed: ${failureText(error, text)}`
  }
}

/** What is known of variables whatever kind an expression is about. */
const typesIn = ({ variables = {} }: ExpressionScope): Scope => {
  const composed = typeOfFields('kubernetes.variables', variables)
  return (name) => (name === 'variables' ? composed : COMMON[name])
}

const COMMON: Readonly<Record<string, CelType>> = { request: REQUEST_TYPE, authorizer: AUTHORIZER_TYPE }

/** As cel-go writes a type. */
const goType = (type: string): string =>
  type === 'null' ? 'null_type' : type.replaceAll('<', '(').replaceAll('>', ')')
