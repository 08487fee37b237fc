/**
 * ValidatingAdmissionPolicy: rules in CEL about requests (KEP-3488).
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import { column, resource, STATUS } from '../../define.ts'
import { deepEqual } from '../../json.ts'
import { ALL_METADATA } from '../../resource.ts'
import type { ValidatingAdmissionPolicy } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { defaultMatchResources } from './match-resources.ts'
import { policyErrors, policyStatusErrors } from './validate-policy.ts'

export const validatingAdmissionPolicies = resource<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  scope: 'cluster',
  categories: ['api-extensions'],
  subresources: [STATUS],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  hasStatus: true,
  keptByStatus: ALL_METADATA,
  columns: [
    nameColumn(),
    column('Validations', 'integer', ({ spec }) => spec.validations?.length ?? 0),
    column('ParamKind', 'string', ({ spec: { paramKind } }) =>
      paramKind ? `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}` : '<unset>',
    ),
    ageColumn(),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = {}
  },
  defaults(draft) {
    draft.spec ??= {}
    draft.status ??= {}
    draft.spec.failurePolicy ??= 'Fail'
    if (draft.spec.matchConstraints) defaultMatchResources(draft.spec.matchConstraints)
  },
  validate: policyErrors,
  validateStatus: ({ status }, _previous, root) => policyStatusErrors(status, root.child('status')),
  unconditionalUpdate: false,
})
