/**
 * Rules of volumes that lie on some machine's disk or in some system of storage, of Pods and of PersistentVolumes alike:
 * k8s.io/kubernetes pkg/apis/core/validation. What is missing the schema says, where it knows that it must be there.
 */
import { type FieldError, type FieldPath, invalidEach, invalidValue, notSupported, required } from '../field.ts'
import { dnsLabelErrors } from '../names.ts'
import type { PersistentVolume, Pod } from '../types.ts'
import { backstepErrors, localDescendingErrors } from './validate-volume-files.ts'

type Volume = NonNullable<Pod['spec']['volumes']>[number]
type VolumeSpec = PersistentVolume['spec']
/** What a Pod's volume and a PersistentVolume's spec have in common under a name. */
type SourceOf<K extends keyof Volume & keyof VolumeSpec> = NonNullable<Volume[K] | VolumeSpec[K]>

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]

export function hostPathErrors({ path, type }: SourceOf<'hostPath'>, at: FieldPath): FieldError[] {
  if (!path) return [] // The schema says so.
  const errors = backstepErrors(path, at.child('path'))
  if (type !== undefined && !HOST_PATH_TYPES.includes(type))
    errors.push(notSupported(at.child('type'), type, HOST_PATH_TYPES))
  return errors
}

export function nfsErrors({ path }: SourceOf<'nfs'>, at: FieldPath): FieldError[] {
  const here = at.child('path')
  if (!path) return [required(here), invalidValue(here, '', 'must be an absolute path')]
  return path.startsWith('/') ? [] : [invalidValue(here, path, 'must be an absolute path')]
}

const PARTITIONS = 'must be between 1 and 255, inclusive'
const MAX_BYTE = 255

/** None is the whole disk. */
export const partitionErrors = ({ partition = 0 }: { readonly partition?: number }, at: FieldPath): FieldError[] =>
  partition < 0 || partition > MAX_BYTE ? [invalidValue(at.child('partition'), partition, PARTITIONS)] : []

const lunErrors = (lun: number, at: FieldPath): FieldError[] =>
  lun < 0 || lun > MAX_BYTE ? [invalidValue(at, lun, `must be between 0 and ${MAX_BYTE}, inclusive`)] : []

/** RFC 3720 names: by whom they are given says how they look. */
const ISCSI_NAMES: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([0-9A-Za-z.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[0-9A-Za-z]{16}$/,
  naa: /^naa.[0-9A-Za-z]{32}$/,
}
const MAX_PORTAL_CHARACTERS = 64

function iscsiNameErrors(name: string, at: FieldPath, isOfPod: boolean): FieldError[] {
  const form = ISCSI_NAMES[name.slice(0, 3)]
  if (form === undefined)
    return [invalidValue(at, name, `must be valid format${isOfPod ? ' starting with iqn, eui, or naa' : ''}`)]
  return form.test(name) ? [] : [invalidValue(at, name, 'must be valid format')]
}

/** Of a Pod's volume and of a PersistentVolume, whose words differ. */
export function iscsiErrors(source: SourceOf<'iscsi'>, at: FieldPath, isOfPod: boolean): FieldError[] {
  const { iqn, lun = 0, initiatorName, secretRef } = source
  const errors = iqn ? iscsiNameErrors(iqn, at.child('iqn'), isOfPod) : []
  errors.push(...lunErrors(lun, at.child('lun')))
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !secretRef) errors.push(required(at.child('secretRef')))
  if (!isOfPod && secretRef && !secretRef.name) errors.push(required(at.child('secretRef').child('name')))
  if (initiatorName !== undefined) errors.push(...iscsiNameErrors(initiatorName, at.child('initiatorname'), isOfPod))
  return errors
}

/** What an initiator is called holds both: why it may not be of this volume and portal; undefined if it may. */
export function portalError(
  volume: string,
  { targetPortal = '', initiatorName }: SourceOf<'iscsi'>,
): string | undefined {
  if (initiatorName === undefined || `${volume}:${targetPortal}`.length <= MAX_PORTAL_CHARACTERS) return undefined
  return `Total length of <volume name>:<iscsi.targetPortal> must be under ${MAX_PORTAL_CHARACTERS} characters if iscsi.initiatorName is specified.`
}

export function fcErrors({ targetWWNs = [], wwids = [], lun }: SourceOf<'fc'>, at: FieldPath): FieldError[] {
  const here = at.child('targetWWNs')
  if (targetWWNs.length === 0)
    return wwids.length > 0 ? [] : [required(here, 'must specify either targetWWNs or wwids, but not both')]
  const errors =
    wwids.length > 0 ? [invalidValue(here, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously')] : []
  if (lun === undefined) errors.push(required(at.child('lun'), 'lun is required if targetWWNs is specified'))
  else errors.push(...lunErrors(lun, at.child('lun')))
  return errors
}

export function flockerErrors({ datasetName, datasetUUID }: SourceOf<'flocker'>, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (!datasetName && !datasetUUID) errors.push(required(at, 'one of datasetName and datasetUUID is required'))
  if (datasetName && datasetUUID)
    errors.push(invalidValue(at, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  if (datasetName?.includes('/'))
    errors.push(invalidValue(at.child('datasetName'), datasetName, "must not contain '/'"))
  return errors
}

const MAX_TENANT_CHARACTERS = 64
const PAIRS = 'must be a host:port pair or multiple pairs separated by commas'

export function quobyteErrors({ registry, tenant = '' }: SourceOf<'quobyte'>, at: FieldPath): FieldError[] {
  const here = at.child('registry')
  if (!registry) return [required(here, PAIRS)]
  if (tenant.length > MAX_TENANT_CHARACTERS)
    return [required(at.child('tenant'), 'must be a UUID and may not exceed a length of 64 characters')]
  return registry
    .split(',')
    .filter((pair) => !/^(\[[^[\]]*\]|[^:[\]]*):[^:]*$/.test(pair))
    .map(() => invalidValue(here, registry, PAIRS))
}

const RESERVED = /\.(kubernetes|k8s)\.io$/

export const flexErrors = ({ options = {} }: SourceOf<'flexVolume'>, at: FieldPath): FieldError[] =>
  Object.keys(options)
    .filter((key) => RESERVED.test(`.${(/^[^/]*(?=\/)/.exec(key)?.[0] ?? key).toLowerCase()}`))
    .map((key) => invalidValue(at.child('options').key(key), key, 'kubernetes.io and k8s.io namespaces are reserved'))

const CACHING_MODES = ['None', 'ReadOnly', 'ReadWrite']
const DISK_KINDS = ['Dedicated', 'Managed', 'Shared']
const MANAGED = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const BLOB = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

export function azureDiskErrors(
  { cachingMode, kind, diskURI = '' }: SourceOf<'azureDisk'>,
  at: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (cachingMode !== undefined && !CACHING_MODES.includes(cachingMode))
    errors.push(notSupported(at.child('cachingMode'), cachingMode, CACHING_MODES))
  if (kind !== undefined && !DISK_KINDS.includes(kind)) errors.push(notSupported(at.child('kind'), kind, DISK_KINDS))
  const here = at.child('diskURI')
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/')) errors.push(notSupported(here, diskURI, [MANAGED]))
  if (kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://'))
    errors.push(notSupported(here, diskURI, [BLOB]))
  return errors
}

export function storageOsErrors(
  { volumeName, volumeNamespace, secretRef }: SourceOf<'storageos'>,
  at: FieldPath,
): FieldError[] {
  const errors = volumeName
    ? invalidEach(at.child('volumeName'), volumeName, dnsLabelErrors(volumeName))
    : [required(at.child('volumeName'))]
  if (volumeNamespace)
    errors.push(...invalidEach(at.child('volumeNamespace'), volumeNamespace, dnsLabelErrors(volumeNamespace)))
  if (secretRef && !secretRef.name) errors.push(required(at.child('secretRef').child('name')))
  return errors
}

export const scaleIoErrors = ({ volumeName }: SourceOf<'scaleIO'>, at: FieldPath): FieldError[] =>
  volumeName ? [] : [required(at.child('volumeName'))]

export const cinderErrors = ({ secretRef }: SourceOf<'cinder'>, at: FieldPath): FieldError[] =>
  secretRef && !secretRef.name ? [required(at.child('secretRef').child('name'))] : []

export const gitErrors = ({ directory = '' }: NonNullable<Volume['gitRepo']>, at: FieldPath): FieldError[] =>
  localDescendingErrors(directory, at.child('directory'))
