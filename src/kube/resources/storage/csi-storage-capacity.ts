import { column, resource } from '../../define.ts'
import { labelWarnings, requirementWarnings } from '../../deprecated-labels.ts'
import { FieldPath, invalidEach, invalidValue } from '../../field.ts'
import { immutable } from '../../metadata.ts'
import { dnsSubdomainErrors } from '../../names.ts'
import { compareQuantities } from '../../quantity.ts'
import type { CSIStorageCapacity } from '../../types.ts'
import { nameColumn } from '../columns.ts'
import { labelSelectorErrors } from '../label-selector.ts'

export const csiStorageCapacities = resource<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  scope: 'namespaced',
  schema: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  columns: [
    nameColumn(),
    column('StorageClassName', 'string', ({ storageClassName }) => storageClassName),
    column('Capacity', 'string', ({ capacity }) => (capacity === undefined ? '<unset>' : String(capacity))),
  ],
  validate({ nodeTopology, storageClassName = '', capacity }, at) {
    const errors = [
      ...labelSelectorErrors(nodeTopology, at.child('nodeTopology')),
      ...invalidEach(at.child('storageClassName'), storageClassName, dnsSubdomainErrors(storageClassName)),
    ]
    if (capacity !== undefined && compareQuantities(capacity, '0') < 0)
      errors.push(invalidValue(at.child('capacity'), String(capacity), 'must be greater than or equal to 0'))
    return errors
  },
  // What a driver was asked for stands; what it answered moves.
  validateUpdate: (next, previous, at) =>
    (['nodeTopology', 'storageClassName'] as const).flatMap((field) =>
      immutable(next[field], previous[field], at.child(field)),
    ),
  warnings: ({ nodeTopology }) => [
    ...requirementWarnings(nodeTopology?.matchExpressions, new FieldPath('nodeTopology').child('matchExpressions')),
    ...labelWarnings(nodeTopology?.matchLabels, (label) => `nodeTopology.matchLabels.${label}`),
  ],
  unconditionalUpdate: false,
})
