import { describe, expect, it } from 'vitest'
import { root } from '../../field.ts'
import { clone } from '../../json.ts'
import type { ValidatingWebhookConfiguration } from '../../types.ts'
import { refusals } from '../testing.ts'
import { mutatingWebhookConfigurations } from './mutating-webhook-configuration.ts'
import { validatingWebhookConfigurations } from './validating-webhook-configuration.ts'

const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }
const hook = (change: object = {}) => ({
  name: 'hook.example.com',
  clientConfig: { url: 'https://hook.example.com/judge' },
  rules: [rule],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...change,
})
const of = (...changes: readonly object[]) => refusals(validatingWebhookConfigurations, { webhooks: changes.map(hook) })

describe('a webhook', () => {
  it('is right as it is, and is given what it leaves out', () => {
    expect(of({})).toEqual([])
    const draft = { webhooks: [hook({ clientConfig: { service: { namespace: 'a', name: 'b' } } })] }
    const mutating = clone(draft) as never
    mutatingWebhookConfigurations.defaults(mutating)
    expect(mutating).toEqual({
      webhooks: [
        {
          ...draft.webhooks[0],
          clientConfig: { service: { namespace: 'a', name: 'b', port: 443 } },
          rules: [{ ...rule, scope: '*' }],
          failurePolicy: 'Fail',
          matchPolicy: 'Equivalent',
          reinvocationPolicy: 'Never',
          namespaceSelector: {},
          objectSelector: {},
          timeoutSeconds: 10,
        },
      ],
    })
  })

  it.each([
    { change: { name: '' }, says: 'name: Required value' },
    {
      change: { name: 'a.b' },
      says: 'name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
    },
    {
      change: { sideEffects: undefined },
      says: 'sideEffects: Required value: must specify one of None, NoneOnDryRun',
    },
    {
      change: { sideEffects: 'Some' },
      says: 'sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    },
    {
      change: { timeoutSeconds: 31 },
      says: 'timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
    },
    {
      change: { failurePolicy: 'Shrug' },
      says: 'failurePolicy: Unsupported value: "Shrug": supported values: "Fail", "Ignore"',
    },
    {
      change: { admissionReviewVersions: [] },
      says: 'admissionReviewVersions: Required value: must specify one of v1, v1beta1',
    },
    {
      change: { admissionReviewVersions: ['v2'] },
      says: 'admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    },
    {
      change: { admissionReviewVersions: ['v1', 'v1'] },
      says: 'admissionReviewVersions[1]: Invalid value: "v1": duplicate version',
    },
    { change: { clientConfig: {} }, says: 'clientConfig: Required value: exactly one of url or service is required' },
    {
      change: { clientConfig: { url: 'http://a.b/c' } },
      says: 'clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
    },
    {
      change: { clientConfig: { url: 'https://a.b/c?d=e' } },
      says: 'clientConfig.url: Invalid value: "d=e": query parameters are not permitted in the URL',
    },
    {
      change: { clientConfig: { url: 'https://me@a.b/c' } },
      says: 'clientConfig.url: Invalid value: "me": user information is not permitted in the URL',
    },
    {
      change: { clientConfig: { url: 'https://a.b/c#d' } },
      says: 'clientConfig.url: Invalid value: "d": fragments are not permitted in the URL',
    },
    {
      change: { clientConfig: { service: { namespace: 'a', name: 'b', path: 'call' } } },
      says: 'clientConfig.service.path: Invalid value: "call": must start with a \'/\'',
    },
    {
      change: { matchConditions: [{ name: 'a', expression: 'object.' }] },
      says: 'matchConditions[0].expression: Invalid value: "object.": compilation failed: ERROR: <input>:1:8: ',
    },
    {
      change: { matchConditions: [{ name: 'a', expression: 'request.name' }] },
      says: 'matchConditions[0].expression: Invalid value: "request.name": must evaluate to bool but got string',
    },
    {
      change: { matchConditions: [{ name: 'a', expression: 'params.a == 1' }] },
      says: "matchConditions[0].expression: Invalid value: \"params.a == 1\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')",
    },
    {
      change: {
        matchConditions: [
          { name: 'a', expression: 'true' },
          { name: 'a', expression: 'true' },
        ],
      },
      says: 'matchConditions[1].name: Duplicate value: "a"',
    },
    {
      change: { matchConditions: Array.from({ length: 65 }, (_, at) => ({ name: `c${at}`, expression: 'true' })) },
      says: 'matchConditions: Too many: 65: must have at most 64 items',
    },
    {
      change: { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      says: "namespaceSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    },
  ])('is refused: $says', ({ change, says }) => {
    expect(of(change).map((text) => text.replace(/^webhooks\[0]\./, ''))).toEqual([expect.stringContaining(says)])
  })

  it('has a name that no other of its configuration has', () => {
    expect(of({}, {})).toEqual(['webhooks[1].name: Duplicate value: "hook.example.com"'])
  })

  it('may stay as an older version let it in', () => {
    const made = (change: object) => ({ webhooks: [hook(change)] }) as unknown as ValidatingWebhookConfiguration
    const before = made({ sideEffects: 'Unknown' })
    const after = made({ sideEffects: 'Some', timeoutSeconds: 5 })
    expect(validatingWebhookConfigurations.validate(after, root, before)).toEqual([])
    expect(validatingWebhookConfigurations.validate(after, root, made({}))).toHaveLength(1)
  })
})

describe('a rule', () => {
  const refused = (change: object) =>
    of({ rules: [{ ...rule, ...change }] }).map((text) => text.replace('webhooks[0].rules[0].', ''))

  it.each([
    { resources: ['*'] },
    { resources: ['*/*'] },
    { resources: ['pods', 'pods/*', 'deployments/scale'] },
    { resources: ['*', 'pods/status'] },
    { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], scope: 'Namespaced' },
  ])('is right: $resources', (change) => expect(refused(change)).toEqual([]))

  it.each([
    { change: { operations: [] }, says: 'operations: Required value' },
    {
      change: { operations: ['*', 'CREATE'] },
      says: 'operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
    },
    {
      change: { operations: ['PATCH'] },
      says: 'operations[0]: Unsupported value: "PATCH": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
    },
    {
      change: { apiGroups: ['*', ''] },
      says: 'apiGroups: Invalid value: ["*",""]: if \'*\' is present, must not specify other API groups',
    },
    { change: { apiVersions: [''] }, says: 'apiVersions[0]: Required value' },
    { change: { resources: [''] }, says: 'resources[0]: Required value' },
    {
      change: { resources: ['pods/*', 'pods/status'] },
      says: 'resources[1]: Invalid value: "pods/status": if \'pods/*\' is present, must not specify pods/status',
    },
    {
      change: { resources: ['*/scale', 'deployments/scale'] },
      says: 'resources[1]: Invalid value: "deployments/scale": if \'*/scale\' is present, must not specify deployments/scale',
    },
    {
      change: { resources: ['*/*', 'pods'] },
      says: 'resources: Invalid value: ["*/*","pods"]: if \'*/*\' is present, must not specify other resources',
    },
    {
      change: { resources: ['*', 'pods'] },
      says: 'resources: Invalid value: ["*","pods"]: if \'*\' is present, must not specify other resources without subresources',
    },
    {
      change: { scope: 'Galaxy' },
      says: 'scope: Unsupported value: "Galaxy": supported values: "*", "Cluster", "Namespaced"',
    },
  ])('is refused: $says', ({ change, says }) => expect(refused(change)).toEqual([says]))
})
