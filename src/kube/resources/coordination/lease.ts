import { column, resource } from '../../define.ts'
import { type FieldError, invalidValue } from '../../field.ts'
import type { Lease } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

export const leases = resource<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  scope: 'namespaced',
  schema: 'io.k8s.api.coordination.v1.Lease',
  columns: [nameColumn(), column('Holder', 'string', (lease) => lease.spec?.holderIdentity ?? ''), ageColumn()],
  validate({ spec }, at): FieldError[] {
    const errors: FieldError[] = []
    const duration = spec?.leaseDurationSeconds
    if (duration !== undefined && duration <= 0)
      errors.push(invalidValue(at.child('spec').child('leaseDurationSeconds'), duration, 'must be greater than 0'))
    const transitions = spec?.leaseTransitions
    if (transitions !== undefined && transitions < 0)
      errors.push(
        invalidValue(at.child('spec').child('leaseTransitions'), transitions, 'must be greater than or equal to 0'),
      )
    return errors
  },
  unconditionalUpdate: false,
  createOnUpdate: true,
})
