import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, FieldPath, forbiddenField, invalidValue, notSupported } from '../../field.ts'
import { clone, deepEqual } from '../../json.ts'
import { isTerminating } from '../../object.ts'
import { claimSpecWarnings } from '../../pod/warnings-volumes.ts'
import { compareQuantities } from '../../quantity.ts'
import type { PersistentVolumeClaim } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { accessModesText, CLASS_ANNOTATION, claimErrors, classWarnings, defaultClaim } from './claim-spec.ts'
import { claimResourceErrors } from './resource-names.ts'

const IMMUTABLE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'

/** A claim that is bound may ask for more; one that is not may be given its volume and class. */
function validateUpdate(next: PersistentVolumeClaim, previous: PersistentVolumeClaim, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const isBound = previous.status.phase === 'Bound'
  const levelled = clone(next.spec)
  if (!previous.spec.volumeName) levelled.volumeName = previous.spec.volumeName
  // A class may be given to a claim from before there was a default one (KEP-3333).
  if (!isBound && previous.spec.storageClassName === undefined) delete levelled.storageClassName
  if (isBound) {
    const requests = previous.spec.resources?.requests
    if (levelled.resources && requests) levelled.resources.requests = requests
    levelled.volumeAttributesClassName = previous.spec.volumeAttributesClassName
  }
  if (!deepEqual(levelled, previous.spec)) return [forbiddenField(at, IMMUTABLE)]
  return shrinkErrors(next, previous, at.child('resources').child('requests').child('storage'))
}

/** An expansion that failed may be taken back (KEP-1790), but not below what there is. */
function shrinkErrors(next: PersistentVolumeClaim, previous: PersistentVolumeClaim, at: FieldPath): FieldError[] {
  const asked = next.spec.resources?.requests?.['storage']
  const former = previous.spec.resources?.requests?.['storage']
  if (compareQuantities(asked, former) >= 0) return []
  if (compareQuantities(asked, previous.status.capacity?.['storage']) > 0) return []
  return [forbiddenField(at, 'field can not be less than status.capacity')]
}

/** How far growing is; what failed for good may be taken back (KEP-1790). */
const RESIZES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
]

function statusErrors({ status }: PersistentVolumeClaim, at: FieldPath): FieldError[] {
  const { capacity = {}, allocatedResources = {}, allocatedResourceStatuses = {} } = status
  const allocated = at.child('allocatedResources')
  // Named so by Kubernetes, as are the names that it shows of a state that there is not.
  const states = at.child('allocatedResourceStatus')
  return [
    ...Object.entries(capacity).flatMap(([name, quantity]) => quantityErrors(quantity, at.child('capacity').key(name))),
    ...Object.entries(allocatedResourceStatuses).flatMap(([name, state]) => [
      ...claimResourceErrors(name, states),
      ...(RESIZES.includes(state) ? [] : [notSupported(states, name, RESIZES)]),
    ]),
    ...Object.entries(allocatedResources).flatMap(([name, quantity]) => {
      const errors = claimResourceErrors(name, allocated)
      return errors.length > 0 ? errors : quantityErrors(quantity, allocated.key(name))
    }),
  ]
}

const quantityErrors = (quantity: string | number, at: FieldPath): FieldError[] =>
  compareQuantities(quantity, '0') < 0 ? [invalidValue(at, quantity, 'must be a valid resource quantity')] : []

export const persistentVolumeClaims = resource<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  scope: 'namespaced',
  subresources: [STATUS],
  schema: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Status', 'string', (claim) => (isTerminating(claim) ? 'Terminating' : (claim.status.phase ?? ''))),
    column('Volume', 'string', ({ spec }) => spec.volumeName ?? ''),
    column('Capacity', 'string', ({ spec, status }) =>
      spec.volumeName ? String(status.capacity?.['storage'] ?? '0') : '',
    ),
    column('Access Modes', 'string', ({ spec, status }) =>
      spec.volumeName ? accessModesText(status.accessModes) : '',
    ),
    column('StorageClass', 'string', classOf),
    column('VolumeAttributesClass', 'string', ({ spec }) => spec.volumeAttributesClassName ?? '<unset>'),
    ageColumn(),
    column('VolumeMode', 'string', ({ spec }) => spec.volumeMode ?? '<unset>', { wide: true }),
  ],
  prepareForCreate(draft) {
    draft.status = { phase: 'Pending' }
  },
  defaults(draft) {
    draft.spec ??= {}
    defaultClaim(draft.spec)
    draft.status ??= {}
    draft.status.phase ??= 'Pending'
  },
  validate: ({ spec }, at) => claimErrors(spec, at.child('spec')),
  validateUpdate,
  validateStatus: (next, _previous, root) => statusErrors(next, root.child('status')),
  warnings: ({ metadata, spec }) => [...classWarnings(metadata), ...claimSpecWarnings(spec, new FieldPath('spec'))],
  deleteReturnsObject: true,
})

/** The annotation that was before the field still counts. */
function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? ''
}
