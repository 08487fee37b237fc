/** Rules of topology spread constraints (k8s.io/kubernetes: validateTopologySpreadConstraints). */
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../field.ts'
import { qualifiedNameErrors } from '../names.ts'
import { labelSelectorErrors } from '../resources/label-selector.ts'
import type { Pod } from '../types.ts'

type Constraint = NonNullable<Pod['spec']['topologySpreadConstraints']>[number]

const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway']
const POSITIVE = 'must be greater than zero'

export function validateSpread(
  { topologySpreadConstraints: constraints = [] }: Pod['spec'],
  at: FieldPath,
  errors: FieldError[],
): void {
  const pairs = constraints.map(
    ({ topologyKey, whenUnsatisfiable }) => `{${topologyKey ?? ''}, ${whenUnsatisfiable ?? ''}}`,
  )
  for (const [index, constraint] of constraints.entries()) {
    const here = at.index(index)
    const { maxSkew = 0, topologyKey, whenUnsatisfiable = '', labelSelector } = constraint
    const pair = pairs[index] ?? ''
    if (maxSkew <= 0) errors.push(invalidValue(here.child('maxSkew'), maxSkew, POSITIVE))
    if (!topologyKey) errors.push(required(here.child('topologyKey'), 'can not be empty'))
    if (!UNSATISFIABLE.includes(whenUnsatisfiable))
      errors.push(notSupported(here.child('whenUnsatisfiable'), whenUnsatisfiable, UNSATISFIABLE))
    if (pairs.includes(pair, index + 1)) errors.push(duplicate(here.child('{topologyKey, whenUnsatisfiable}'), pair))
    errors.push(
      ...domainErrors(constraint, here.child('minDomains')),
      ...keyErrors(constraint, here.child('matchLabelKeys')),
      ...labelSelectorErrors(labelSelector, here.child('labelSelector')),
    )
  }
}

function domainErrors({ minDomains, whenUnsatisfiable = '' as never }: Constraint, at: FieldPath): FieldError[] {
  if (minDomains === undefined) return []
  const why = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`
  return [
    ...(minDomains <= 0 ? [invalidValue(at, minDomains, POSITIVE)] : []),
    ...(whenUnsatisfiable === 'DoNotSchedule' ? [] : [invalidValue(at, minDomains, why)]),
  ]
}

/** Keys whose values the Pod's own labels say: none that the selector speaks of already. */
function keyErrors({ matchLabelKeys = [], labelSelector }: Constraint, at: FieldPath): FieldError[] {
  if (matchLabelKeys.length === 0) return []
  const { matchLabels = {}, matchExpressions = [] } = labelSelector ?? {}
  const selected = new Set([...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)])
  const errors = labelSelector ? [] : [forbiddenField(at, 'must not be specified when labelSelector is not set')]
  for (const [index, key] of matchLabelKeys.entries()) {
    errors.push(...invalidEach(at.index(index), key, qualifiedNameErrors(key)))
    if (selected.has(key))
      errors.push(invalidValue(at.index(index), key, 'exists in both matchLabelKeys and labelSelector'))
  }
  return errors
}
