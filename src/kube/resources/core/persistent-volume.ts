import { column, resource, STATUS } from '../../define.ts'
import { requirementWarnings } from '../../deprecated-labels.ts'
import { type FieldError, FieldPath, forbiddenField, invalidValue, notSupported, required } from '../../field.ts'
import { definitions } from '../../generated/schema.ts'
import { deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import { isTerminating } from '../../object.ts'
import { nodeSelectorErrors } from '../../pod/validate-placement.ts'
import { backstepErrors } from '../../pod/validate-volume-files.ts'
import {
  azureDiskErrors,
  fcErrors,
  flexErrors,
  flockerErrors,
  hostPathErrors,
  iscsiErrors,
  nfsErrors,
  quobyteErrors,
  scaleIoErrors,
  storageOsErrors,
} from '../../pod/volume-sources.ts'
import { kindWarnings } from '../../pod/warnings-volumes.ts'
import type { PersistentVolume } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { driverNameErrors } from '../storage/driver-name.ts'
import { accessModeErrors, accessModesText, classNameErrors, classWarnings, positiveErrors } from './claim-spec.ts'

type Spec = PersistentVolume['spec']

const SCHEMA = 'io.k8s.api.core.v1.PersistentVolume'
const NO_SOURCES = new Set(['claimRef', 'nodeAffinity'])

/** The fields that say where the volume is: of those that hold an object, all but two. */
const SOURCES = Object.entries(definitions[`${SCHEMA}Spec`]?.fields ?? {}).flatMap(([field, type]) =>
  type.startsWith('#') && !NO_SOURCES.has(field) ? [field as keyof Spec] : [],
)

const sourcesOf = (spec: Spec) => SOURCES.filter((field) => spec[field] !== undefined)

function capacityErrors({ capacity = {} }: Spec, at: FieldPath): FieldError[] {
  const resources = Object.keys(capacity)
  if (resources.length === 0) return [required(at)]
  const errors = resources.flatMap((name) => positiveErrors(capacity[name] ?? '0', at.key(name)))
  if (resources.length > 1 || resources[0] !== 'storage') errors.push(notSupported(at, capacity, ['storage']))
  return errors
}

export function sourceErrors(spec: Spec, at: FieldPath): FieldError[] {
  const [first, ...extra] = sourcesOf(spec)
  if (first === undefined) return [required(at, 'must specify a volume type')]
  const errors = extra.map((field) => forbiddenField(at.child(field), 'may not specify more than 1 volume type'))
  errors.push(...ruleErrors(spec, first, at.child(first)))
  const { hostPath } = spec
  if (hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle')
    errors.push(
      forbiddenField(at.child('persistentVolumeReclaimPolicy'), "may not be 'recycle' for a hostPath mount of '/'"),
    )
  return errors
}

/** Where a source has rules beyond its schema. */
function ruleErrors(spec: Spec, kind: keyof Spec, at: FieldPath): FieldError[] {
  const { hostPath, nfs, local, iscsi, fc, flocker, quobyte, flexVolume, azureDisk, storageos, scaleIO, csi } = spec
  switch (kind) {
    case 'hostPath':
      return hostPath ? hostPathErrors(hostPath, at) : []
    case 'nfs':
      return nfs ? nfsErrors(nfs, at) : []
    case 'local':
      return local?.path ? backstepErrors(local.path, at.child('path')) : []
    case 'iscsi':
      return iscsi ? iscsiErrors(iscsi, at, false) : []
    case 'fc':
      return fc ? fcErrors(fc, at) : []
    case 'flocker':
      return flocker ? flockerErrors(flocker, at) : []
    case 'quobyte':
      return quobyte ? quobyteErrors(quobyte, at) : []
    case 'flexVolume':
      return flexVolume ? flexErrors(flexVolume, at) : []
    case 'azureDisk':
      return azureDisk ? azureDiskErrors(azureDisk, at) : []
    case 'storageos':
      return storageos ? storageOsErrors(storageos, at) : []
    case 'scaleIO':
      return scaleIO ? scaleIoErrors(scaleIO, at) : []
    case 'csi':
      return csi ? driverNameErrors(csi.driver, at.child('driver')) : []
    default:
      return []
  }
}

function validate({ spec }: PersistentVolume, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const modes = spec.accessModes ?? []
  const errors = [
    ...(modes.length === 0 ? [required(at.child('accessModes'))] : []),
    ...accessModeErrors(modes, at.child('accessModes')),
    ...capacityErrors(spec, at.child('capacity')),
    ...sourceErrors(spec, at),
    ...classNameErrors(spec.storageClassName, at.child('storageClassName')),
  ]
  const affinity = at.child('nodeAffinity')
  if (spec.local && !spec.nodeAffinity) errors.push(required(affinity, 'Local volume requires node affinity'))
  if (spec.nodeAffinity)
    errors.push(
      ...(spec.nodeAffinity.required
        ? nodeSelectorErrors(spec.nodeAffinity.required, affinity.child('required'))
        : [required(affinity.child('required'), 'must specify required node constraints')]),
    )
  return errors
}

/** Where a volume is stays; so does which nodes reach it, once that is said. */
function validateUpdate(next: PersistentVolume, previous: PersistentVolume, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const errors: FieldError[] = []
  const source = (spec: Spec) => SOURCES.map((field) => spec[field])
  if (!deepEqual(source(next.spec), source(previous.spec)))
    errors.push(
      forbiddenField(at.child('persistentvolumesource'), 'spec.persistentvolumesource is immutable after creation'),
    )
  errors.push(...immutable(next.spec.volumeMode, previous.spec.volumeMode, at.child('volumeMode')))
  if (previous.spec.nodeAffinity && !deepEqual(next.spec.nodeAffinity, previous.spec.nodeAffinity))
    errors.push(
      invalidValue(
        at.child('nodeAffinity'),
        next.spec.nodeAffinity,
        'field is immutable, except for updating from beta label to GA',
      ),
    )
  return errors
}

const claimText = ({ claimRef }: Spec): string => (claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : '')

const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options'
const SPEC = new FieldPath('spec')
const TERMS = SPEC.child('nodeAffinity').child('required').child('nodeSelectorTerms')

export const persistentVolumes = resource<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  scope: 'cluster',
  subresources: [STATUS],
  schema: SCHEMA,
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Capacity', 'string', ({ spec }) => String(spec.capacity?.['storage'] ?? '0')),
    column('Access Modes', 'string', ({ spec }) => accessModesText(spec.accessModes)),
    column('Reclaim Policy', 'string', ({ spec }) => spec.persistentVolumeReclaimPolicy ?? ''),
    column('Status', 'string', (volume) => (isTerminating(volume) ? 'Terminating' : (volume.status.phase ?? ''))),
    column('Claim', 'string', ({ spec }) => claimText(spec)),
    column('StorageClass', 'string', ({ spec }) => spec.storageClassName ?? ''),
    column('VolumeAttributesClass', 'string', ({ spec }) => spec.volumeAttributesClassName ?? '<unset>'),
    column('Reason', 'string', ({ status }) => status.reason ?? ''),
    ageColumn(),
    column('VolumeMode', 'string', ({ spec }) => spec.volumeMode ?? '<unset>', { wide: true }),
  ],
  prepareForCreate(draft, { now }) {
    draft.status = { phase: 'Pending', lastPhaseTransitionTime: `${new Date(now).toISOString().slice(0, 19)}Z` }
  },
  defaults(draft) {
    draft.spec ??= {}
    draft.spec.persistentVolumeReclaimPolicy ??= 'Retain'
    draft.spec.volumeMode ??= 'Filesystem'
    if (draft.spec.hostPath) draft.spec.hostPath.type ??= ''
    draft.status ??= {}
    draft.status.phase ??= 'Pending'
  },
  validate,
  validateUpdate,
  warnings: ({ metadata, spec }) => [
    ...classWarnings(metadata),
    ...(metadata.annotations?.[MOUNT_OPTIONS] === undefined
      ? []
      : [`metadata.annotations[${MOUNT_OPTIONS}]: deprecated since v1.31; use "mountOptions" attribute instead`]),
    ...(spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).flatMap(({ matchExpressions }, index) =>
      requirementWarnings(matchExpressions, TERMS.index(index).child('matchExpressions')),
    ),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...kindWarnings(spec, SPEC),
  ],
  deleteReturnsObject: true,
})
