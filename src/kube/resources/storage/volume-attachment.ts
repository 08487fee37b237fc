import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, type FieldPath, forbiddenField, invalidEach, required, tooLong } from '../../field.ts'
import { byteLength } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import { dnsSubdomainErrors } from '../../names.ts'
import { ALL_METADATA } from '../../resource.ts'
import type { PersistentVolume, VolumeAttachment } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { accessModeErrors } from '../core/claim-spec.ts'
import { sourceErrors as volumeSourceErrors } from '../core/persistent-volume.ts'
import { driverNameErrors } from './driver-name.ts'

type Source = VolumeAttachment['spec']['source']
type VolumeSpec = PersistentVolume['spec']

const MAX_METADATA_BYTES = 256 * 1024
const MAX_MESSAGE_BYTES = 1024
const ONE_OF = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
const INLINE = 'in the context of inline volumes'

function sourceErrors(source: Source | undefined, at: FieldPath): FieldError[] {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source ?? {}
  if (inline === undefined && name === undefined) return [required(at, ONE_OF)]
  const here = at.child('persistentVolumeName')
  const nameErrors = name === undefined ? [] : invalidEach(here, name, dnsSubdomainErrors(name))
  if (inline === undefined)
    return name === '' ? [required(here, 'must specify non empty persistentVolumeName'), ...nameErrors] : nameErrors
  if (name !== undefined) return [forbiddenField(at, ONE_OF), ...nameErrors]
  return inlineErrors(inline, at.child('inlineVolumeSpec'))
}

/** A volume that a Pod names itself: nothing of what binds volumes to claims has a meaning there. */
function inlineErrors(spec: VolumeSpec, at: FieldPath): FieldError[] {
  const modes = spec.accessModes ?? []
  const unfit = (['claimRef', 'capacity', 'nodeAffinity', 'storageClassName'] as const).filter((field) => {
    const value = spec[field]
    return typeof value === 'object' ? field !== 'capacity' || Object.keys(value).length > 0 : Boolean(value)
  })
  const errors = unfit.map((field) => forbiddenField(at.child(field), `may not be specified ${INLINE}`))
  if (!spec.csi) errors.push(required(at.child('csi'), `has to be specified ${INLINE}`))
  if (modes.length === 0) errors.push(required(at.child('accessModes')))
  errors.push(...accessModeErrors(modes, at.child('accessModes')))
  const policy = spec.persistentVolumeReclaimPolicy
  if (policy && policy !== 'Retain')
    errors.push(forbiddenField(at.child('persistentVolumeReclaimPolicy'), `may only be Retain ${INLINE}`))
  if (spec.volumeMode && spec.volumeMode !== 'Filesystem')
    errors.push(forbiddenField(at.child('volumeMode'), `may not specify volumeMode other than Filesystem ${INLINE}`))
  return [...errors, ...volumeSourceErrors(spec, at)]
}

function validateStatus({ status }: VolumeAttachment, _previous: VolumeAttachment, root: FieldPath): FieldError[] {
  const at = root.child('status')
  const entries = Object.entries(status?.attachmentMetadata ?? {})
  const size = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  const errors = size > MAX_METADATA_BYTES ? [tooLong(at.child('attachmentMetadata'), MAX_METADATA_BYTES)] : []
  for (const field of ['attachError', 'detachError'] as const) {
    const { message = '' } = status?.[field] ?? {}
    // The bound that is told is the metadata's: so does Kubernetes.
    if (byteLength(message) > MAX_MESSAGE_BYTES)
      errors.push(tooLong(at.child(field).child('message'), MAX_METADATA_BYTES))
  }
  return errors
}

export const volumeAttachments = resource<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  scope: 'cluster',
  subresources: [STATUS],
  schema: 'io.k8s.api.storage.v1.VolumeAttachment',
  hasStatus: true,
  keptByStatus: ALL_METADATA,
  columns: [
    nameColumn(),
    column('Attacher', 'string', ({ spec }) => spec.attacher),
    column('PV', 'string', ({ spec }) => spec.source?.persistentVolumeName ?? ''),
    column('Node', 'string', ({ spec }) => spec.nodeName),
    column('Attached', 'boolean', ({ status }) => status.attached ?? false),
    ageColumn(),
  ],
  prepareForCreate(draft) {
    draft.status = { attached: false }
  },
  defaults(draft) {
    draft.spec ??= {} as VolumeAttachment['spec']
    if (draft.spec.source?.inlineVolumeSpec) draft.spec.source.inlineVolumeSpec.volumeMode ??= 'Filesystem'
    draft.status ??= { attached: false }
  },
  validate({ spec }, root) {
    const at = root.child('spec')
    const { attacher, nodeName = '', source } = spec
    return [
      ...driverNameErrors(attacher, at.child('attacher')),
      ...sourceErrors(source, at.child('source')),
      ...invalidEach(at.child('nodeName'), nodeName, dnsSubdomainErrors(nodeName)),
    ]
  },
  validateUpdate: (next, previous, at) => immutable(next.spec, previous.spec, at.child('spec')),
  validateStatus,
  unconditionalUpdate: false,
  deleteReturnsObject: true,
})
