import { describe, expect, it } from 'vitest'
import { refusals } from '../testing.ts'
import { validatingAdmissionPolicies } from './validating-admission-policy.ts'
import { validatingAdmissionPolicyBindings } from './validating-admission-policy-binding.ts'

const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }
const policy = (change: object = {}) =>
  refusals(validatingAdmissionPolicies, {
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: 'object.spec.replicas < 5' }],
      ...change,
    },
  }).map((text) => text.replace(/^spec\./, ''))

describe('a policy', () => {
  it.each([
    {},
    { variables: [{ name: 'a', expression: '1' }], validations: [{ expression: 'variables.a + 1 == 2' }] },
    { validations: [], auditAnnotations: [{ key: 'a', valueExpression: '"b"' }] },
    { validations: [{ expression: 'authorizer.path("/healthz").check("get").allowed()' }] },
    { validations: [{ expression: 'authorizer.requestResource.check("delete").reason() == ""' }] },
    { validations: [{ expression: 'request.userInfo.groups.exists(group, group == "admins")' }] },
    { validations: [{ expression: 'namespaceObject.metadata.labels["a"] == "b"', reason: 'Forbidden' }] },
    { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'params.data.a == "b"' }] },
  ])('is right: %j', (change) => expect(policy(change)).toEqual([]))

  it.each([
    { change: { matchConstraints: undefined }, says: 'matchConstraints: Required value' },
    { change: { matchConstraints: {} }, says: 'matchConstraints.resourceRules: Required value' },
    {
      change: { matchConstraints: { resourceRules: [{ ...rule, resourceNames: ['a', 'a', 'b/c'] }] } },
      says: [
        'matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"',
        'matchConstraints.resourceRules[0].resourceNames[2]: Invalid value: "b/c": may not contain \'/\'',
      ],
    },
    {
      change: { validations: [] },
      says: [
        'validations: Required value: validations or auditAnnotations must contain at least one item',
        'auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
      ],
    },
    {
      change: { validations: [{ expression: ' ' }] },
      says: 'validations[0].expression: Required value: expression is not specified',
    },
    {
      change: { validations: [{ expression: '"a"' }] },
      says: 'validations[0].expression: Invalid value: "\\"a\\"": must evaluate to bool but got string',
    },
    {
      change: { validations: [{ expression: 'request.nope == 1' }] },
      says: /^validations\[0\]\.expression: Invalid value: "request.nope == 1": compilation failed: ERROR: <input>:1:8: undefined field 'nope'/,
    },
    {
      change: { validations: [{ expression: 'params.a == 1' }] },
      says: /compilation failed: ERROR: <input>:1:1: undeclared reference to 'params'/,
    },
    {
      change: { validations: [{ expression: 'true', messageExpression: '1' }] },
      says: 'validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int',
    },
    {
      change: {
        validations: [{ expression: 'true', messageExpression: 'authorizer.path("/").check("get").reason()' }],
      },
      says: /messageExpression: .*undeclared reference to 'authorizer'/,
    },
    {
      change: { validations: [{ expression: 'true', message: 'a\nb' }] },
      says: 'validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
    },
    {
      change: { validations: [{ expression: 'true', reason: 'Unfair' }] },
      says: 'validations[0].reason: Unsupported value: "Unfair": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    },
    {
      change: { variables: [{ name: 'if', expression: 'true' }] },
      says: 'variables[0].name: Invalid value: "if": name is not a valid CEL identifier',
    },
    {
      // One may use those before it only.
      change: {
        variables: [
          { name: 'a', expression: 'variables.b' },
          { name: 'b', expression: '1' },
        ],
      },
      says: /^variables\[0\]\.expression: Invalid value: "variables.b": compilation failed/,
    },
    {
      change: { variables: [{ name: 'a', expression: '1' }], validations: [{ expression: 'variables.a == "b"' }] },
      says: /found no matching overload for '_==_' applied to '\(int, string\)'/,
    },
    {
      change: { paramKind: { apiVersion: 'a/b/c', kind: 'X' } },
      says: 'paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    },
    { change: { paramKind: { apiVersion: 'v1' } }, says: 'paramKind.kind: Required value' },
    {
      change: { auditAnnotations: [{ key: 'a', valueExpression: '1' }] },
      says: 'auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
    },
    {
      change: {
        auditAnnotations: [
          { key: 'a', valueExpression: 'null' },
          { key: 'a', valueExpression: '"b"' },
        ],
      },
      says: 'auditAnnotations[1].key: Duplicate value: "a"',
    },
  ])('is refused: $says', ({ change, says }) => {
    const wanted = Array.isArray(says) ? says : [typeof says === 'string' ? says : expect.stringMatching(says)]
    expect(policy(change)).toEqual(wanted)
  })
})

describe('a binding', () => {
  const binding = (change: object = {}) =>
    refusals(validatingAdmissionPolicyBindings, {
      spec: { policyName: 'p', validationActions: ['Deny'], ...change },
    }).map((text) => text.replace(/^spec\./, ''))

  it.each([
    {},
    { validationActions: ['Warn', 'Audit'] },
    { paramRef: { name: 'a', namespace: 'b', parameterNotFoundAction: 'Allow' } },
    { paramRef: { selector: {}, parameterNotFoundAction: 'Deny' } },
  ])('is right: %j', (change) => expect(binding(change)).toEqual([]))

  it.each([
    { change: { policyName: undefined }, says: ['policyName: Required value'] },
    {
      change: { validationActions: [] },
      says: ['validationActions: Required value: at least one validation action is required'],
    },
    {
      change: { validationActions: ['Deny', 'Warn'] },
      says: [
        'validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ],
    },
    {
      change: { paramRef: { parameterNotFoundAction: 'Deny' } },
      says: ['paramRef: Required value: one of name or selector must be specified'],
    },
    {
      change: { paramRef: { name: 'a', selector: {}, parameterNotFoundAction: 'Deny' } },
      says: [
        'paramRef.name: Forbidden: name and selector are mutually exclusive',
        'paramRef.selector: Forbidden: name and selector are mutually exclusive',
      ],
    },
    { change: { paramRef: { name: 'a' } }, says: ['paramRef.parameterNotFoundAction: Required value'] },
    {
      change: { matchResources: { resourceRules: [{ ...rule, operations: [] }] } },
      says: ['matchResouces.resourceRules[0].operations: Required value'],
    },
  ])('is refused: $says', ({ change, says }) => expect(binding(change)).toEqual(says))

  it.each([
    { paramRef: undefined, shown: '<unset>' },
    { paramRef: { name: 'a' }, shown: '*/a' },
    { paramRef: { name: 'a', namespace: 'b' }, shown: 'b/a' },
    {
      paramRef: { selector: { matchLabels: { b: 'c', a: 'd' } } },
      shown: '&LabelSelector{MatchLabels:map[string]string{a: d,b: c,},MatchExpressions:[]LabelSelectorRequirement{},}',
    },
  ])('shows its parameters as $shown', ({ paramRef, shown }) => {
    const column = validatingAdmissionPolicyBindings.columns.find(({ name }) => name === 'ParamRef')
    expect(column?.cell({ spec: { paramRef } } as never, 0)).toBe(shown)
  })
})
