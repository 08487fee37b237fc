/** Kinds of admissionregistration.k8s.io, for the table of kinds. */
import { AGE, type Kind } from './kind.ts'

const admission = { apiVersion: 'admissionregistration.k8s.io/v1', namespaced: false }

const rule = { operations: ['CREATE'], apiGroups: ['example.com'], apiVersions: ['*'], resources: ['nothings'] }
const webhook = {
  name: 'hook.example.com',
  clientConfig: { url: 'https://hook.example.com/judge' },
  rules: [rule],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
}
const policy = {
  matchConstraints: { resourceRules: [rule] },
  validations: [{ expression: "object.metadata.name != 'bad'" }],
}

export const ADMISSION: readonly Kind[] = [
  ...['Mutating', 'Validating'].map((way) => ({
    ...admission,
    kind: `${way}WebhookConfiguration`,
    plural: `${way.toLowerCase()}webhookconfigurations`,
    object: { webhooks: [webhook] },
    columns: ['Name', 'Webhooks', 'Age'],
    cells: ['made', 1, AGE],
    wrong: { object: { webhooks: [{ ...webhook, sideEffects: 'Some' }] }, field: 'webhooks[0].sideEffects' },
  })),
  {
    ...admission,
    kind: 'ValidatingAdmissionPolicy',
    isControlled: true,
    plural: 'validatingadmissionpolicies',
    object: { spec: { ...policy, paramKind: { apiVersion: 'example.com/v1', kind: 'Limit' } } },
    columns: ['Name', 'Validations', 'ParamKind', 'Age'],
    cells: ['made', 1, 'example.com/v1/Limit', AGE],
    wrong: {
      object: { spec: { ...policy, validations: [{ expression: 'object.' }] } },
      field: 'spec.validations[0].expression',
      status: { typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0].expression', warning: '' }] } },
      statusField: 'status.typeChecking.expressionWarnings[0].warning',
    },
  },
  {
    ...admission,
    kind: 'ValidatingAdmissionPolicyBinding',
    plural: 'validatingadmissionpolicybindings',
    object: {
      spec: {
        policyName: 'nothings',
        paramRef: { name: 'limit', parameterNotFoundAction: 'Deny' },
        validationActions: ['Warn', 'Audit'],
      },
    },
    columns: ['Name', 'PolicyName', 'ParamRef', 'Age'],
    cells: ['made', 'nothings', '*/limit', AGE],
    wrong: {
      object: { spec: { policyName: 'nothings', validationActions: ['Deny', 'Warn'] } },
      field: 'spec.validationActions',
    },
  },
]
