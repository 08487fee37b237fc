import { column, resource } from '../../define.ts'
import { duplicate, type FieldError, type FieldPath, invalidEach, invalidValue, required } from '../../field.ts'
import { immutable } from '../../metadata.ts'
import { qualifiedNameErrors } from '../../names.ts'
import type { CSINode } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { countErrors } from '../workloads.ts'
import { driverNameErrors } from './driver-name.ts'

type Driver = CSINode['spec']['drivers'][number]

const MAX_NODE_ID = 192

function driverErrors({ name, nodeID, allocatable, topologyKeys = [] }: Driver, at: FieldPath): FieldError[] {
  const errors = [
    ...driverNameErrors(name, at.child('name')),
    ...(nodeID ? [] : [required(at.child('nodeID'))]),
    ...countErrors(allocatable?.count, at.child('allocatable').child('count')),
  ]
  if (nodeID && nodeID.length > MAX_NODE_ID)
    errors.push(invalidValue(at.child('nodeID'), nodeID, `must be ${MAX_NODE_ID} characters or less`))
  for (const [index, key] of topologyKeys.entries()) {
    if (key === '') errors.push(required(at))
    if (topologyKeys.indexOf(key) < index) errors.push(duplicate(at, key))
    errors.push(...invalidEach(at, key, qualifiedNameErrors(key)))
  }
  return errors
}

export const csiNodes = resource<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  scope: 'cluster',
  schema: 'io.k8s.api.storage.v1.CSINode',
  columns: [nameColumn(), column('Drivers', 'integer', ({ spec }) => spec.drivers.length), ageColumn()],
  defaults(draft) {
    draft.spec ??= { drivers: [] }
    draft.spec.drivers ??= []
  },
  validate({ spec }, root) {
    const at = root.child('spec').child('drivers')
    return spec.drivers.flatMap((driver, index) => {
      const isRepeated = spec.drivers.findIndex(({ name }) => name === driver.name) < index
      const here = at.index(index)
      return [...driverErrors(driver, here), ...(isRepeated ? [duplicate(here.child('name'), driver.name ?? '')] : [])]
    })
  },
  /** A driver comes and goes, but stays what it is. */
  validateUpdate(next, previous, root) {
    const at = root.child('spec').child('drivers')
    return previous.spec.drivers.flatMap((former) =>
      next.spec.drivers.filter(({ name }) => name === former.name).flatMap((driver) => immutable(driver, former, at)),
    )
  },
  unconditionalUpdate: false,
  deleteReturnsObject: true,
})
