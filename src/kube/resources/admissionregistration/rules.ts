/** Rules that say which requests a webhook or policy is about: their defaults and admissionregistration's validation. */
import type {
  IIoK8sApiAdmissionregistrationV1NamedRuleWithOperations,
  IIoK8sApiAdmissionregistrationV1RuleWithOperations,
} from 'kubernetes-models/admissionregistration.k8s.io/v1'
import {
  duplicate,
  type FieldError,
  type FieldPath,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../field.ts'
import { pathSegmentErrors } from '../../names.ts'

export type Rule = IIoK8sApiAdmissionregistrationV1RuleWithOperations
export type NamedRule = IIoK8sApiAdmissionregistrationV1NamedRuleWithOperations

const OPERATIONS = ['*', 'CREATE', 'UPDATE', 'DELETE', 'CONNECT']
const ALL = '*'

export function defaultRule(rule: Rule): void {
  rule.scope ??= ALL
}

export function ruleErrors(rule: Rule, at: FieldPath): FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [] } = rule
  return [
    ...listErrors(operations, at.child('operations'), 'operations'),
    ...operations.flatMap((operation, index) =>
      OPERATIONS.includes(operation) ? [] : [notSupported(at.child('operations').index(index), operation, OPERATIONS)],
    ),
    ...listErrors(apiGroups, at.child('apiGroups'), 'API groups'),
    ...listErrors(apiVersions, at.child('apiVersions'), 'API versions'),
    ...emptyErrors(apiVersions, at.child('apiVersions')),
    ...resourceErrors(resources, at.child('resources')),
  ]
}

export function namedRuleErrors(rule: NamedRule, at: FieldPath): FieldError[] {
  const { resourceNames = [] } = rule
  const names = at.child('resourceNames')
  return [
    ...resourceNames.flatMap((name, index) => [
      ...invalidEach(names.index(index), name, pathSegmentErrors(name)),
      ...(resourceNames.indexOf(name) < index ? [duplicate(names.index(index), name)] : []),
    ]),
    ...ruleErrors(rule, at),
  ]
}

/** What must not be empty, and holds nothing else where it holds all. */
function listErrors(values: readonly string[], at: FieldPath, what: string): FieldError[] {
  if (values.length === 0) return [required(at)]
  return values.length > 1 && values.includes(ALL)
    ? [invalidValue(at, values, `if '*' is present, must not specify other ${what}`)]
    : []
}

const emptyErrors = (values: readonly string[], at: FieldPath): FieldError[] =>
  values.flatMap((value, index) => (value === '' ? [required(at.index(index))] : []))

/** `pods`, `pods/status`, `pods/*`, all of a subresource, all: none that another already says. */
function resourceErrors(resources: readonly string[], at: FieldPath): FieldError[] {
  if (resources.length === 0) return [required(at)]
  const errors = emptyErrors(resources, at)
  const wholeOf = new Set<string>()
  const everySub = new Set<string>()
  for (const [index, text] of resources.entries()) {
    const slash = text.indexOf('/')
    if (slash < 0) continue
    const resource = text.slice(0, slash)
    const sub = text.slice(slash + 1)
    if (wholeOf.has(resource))
      errors.push(invalidValue(at.index(index), text, `if '${resource}/*' is present, must not specify ${text}`))
    if (everySub.has(sub))
      errors.push(invalidValue(at.index(index), text, `if '*/${sub}' is present, must not specify ${text}`))
    if (sub === ALL) wholeOf.add(resource)
    if (resource === ALL) everySub.add(sub)
  }
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalidValue(at, resources, "if '*/*' is present, must not specify other resources"))
  // As in Kubernetes, the last one without a subresource decides.
  const plain = resources.filter((text) => text !== '' && !text.includes('/'))
  if (plain.includes(ALL) && plain.at(-1) !== ALL)
    errors.push(invalidValue(at, resources, "if '*' is present, must not specify other resources without subresources"))
  return errors
}
