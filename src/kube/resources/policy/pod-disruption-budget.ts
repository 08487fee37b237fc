import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, type FieldPath, invalidValue } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import type { PodDisruptionBudget } from '../../types.ts'
import { amountErrors, moreThanAllErrors } from '../amounts.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { labelSelectorErrors } from '../label-selector.ts'
import { countErrors } from '../workloads.ts'

function validate({ spec }: PodDisruptionBudget, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const errors: FieldError[] = []
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined)
    errors.push(invalidValue(at, spec, 'minAvailable and maxUnavailable cannot be both set'))
  for (const field of ['minAvailable', 'maxUnavailable'] as const)
    errors.push(...amountErrors(spec[field], at.child(field)), ...moreThanAllErrors(spec[field], at.child(field)))
  return [...errors, ...labelSelectorErrors(spec.selector, at.child('selector'))]
}

export const podDisruptionBudgets = resource<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  scope: 'namespaced',
  subresources: [STATUS],
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Min Available', 'string', ({ spec }) => String(spec.minAvailable ?? 'N/A')),
    column('Max Unavailable', 'string', ({ spec }) => String(spec.maxUnavailable ?? 'N/A')),
    column('Allowed Disruptions', 'integer', ({ status }) => status.disruptionsAllowed ?? 0),
    ageColumn(),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 }
  },
  defaults(draft) {
    draft.spec ??= {}
    draft.status ??= { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 }
  },
  validate,
  validateStatus({ status }, _previous, root) {
    const at = root.child('status')
    return (['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((field) =>
      countErrors(status?.[field], at.child(field)),
    )
  },
  unconditionalUpdate: false,
})
