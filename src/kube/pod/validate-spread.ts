/** Rules of topology spread constraints (k8s.io/kubernetes: validateTopologySpreadConstraints). */
import { duplicate, type FieldError, type FieldPath, invalidValue, notSupported } from '../field.ts'
import type { Pod } from '../types.ts'

const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway']
const POSITIVE = 'must be greater than zero'

export function validateSpread(
  { topologySpreadConstraints: constraints = [] }: Pod['spec'],
  at: FieldPath,
  errors: FieldError[],
): void {
  const pairOf = (index: number) =>
    `{${constraints[index]?.topologyKey ?? ''}, ${constraints[index]?.whenUnsatisfiable ?? ''}}`
  const pairs = constraints.map((_, index) => pairOf(index))
  for (const [index, { maxSkew, minDomains, whenUnsatisfiable = '' }] of constraints.entries()) {
    const here = at.index(index)
    if (maxSkew !== undefined && maxSkew <= 0) errors.push(invalidValue(here.child('maxSkew'), maxSkew, POSITIVE))
    if (whenUnsatisfiable && !UNSATISFIABLE.includes(whenUnsatisfiable))
      errors.push(notSupported(here.child('whenUnsatisfiable'), whenUnsatisfiable, UNSATISFIABLE))
    if (pairs.includes(pairOf(index), index + 1))
      errors.push(duplicate(here.child('{topologyKey, whenUnsatisfiable}'), pairOf(index)))
    if (minDomains === undefined) continue
    const domains = here.child('minDomains')
    if (minDomains <= 0) errors.push(invalidValue(domains, minDomains, POSITIVE))
    if (whenUnsatisfiable !== 'DoNotSchedule')
      errors.push(
        invalidValue(
          domains,
          minDomains,
          `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
        ),
      )
  }
}
