/** Rules of where a container sees volumes, as folders and as devices (k8s.io/kubernetes: ValidateVolumeMounts, ValidateVolumeDevices). */
import {
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from '../field.ts'
import type { Pod } from '../types.ts'
import { localDescendingErrors } from './validate-volume-files.ts'

type Spec = Pod['spec']
type Container = Spec['containers'][number]
type Mount = NonNullable<Container['volumeMounts']>[number]
type Device = NonNullable<Container['volumeDevices']>[number]
type Volumes = ReadonlyMap<string, NonNullable<Spec['volumes']>[number]>

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None']
const RECURSIVE_READ_ONLY = ['Disabled', 'Enabled', 'IfPossible']

export function validateMounts(container: Container, at: FieldPath, volumes: Volumes, errors: FieldError[]): void {
  const { volumeMounts: mounts = [], volumeDevices: devices = [] } = container
  const list = at.child('volumeMounts')
  const paths = new Set<string>()
  for (const [index, mount] of mounts.entries()) {
    const here = list.index(index)
    const { name = '', mountPath = '' } = mount
    if (!volumes.has(name))
      errors.push(...(name ? [] : [required(here.child('name'))]), notFoundValue(here.child('name'), name))
    if (paths.has(mountPath)) errors.push(invalidValue(here.child('mountPath'), mountPath, 'must be unique'))
    paths.add(mountPath)
    if (devices.some((device) => device.name === name))
      errors.push(invalidValue(here.child('name'), name, 'must not already exist in volumeDevices'))
    if (devices.some((device) => device.devicePath === mountPath))
      errors.push(invalidValue(here.child('mountPath'), mountPath, 'must not already exist as a path in volumeDevices'))
    errors.push(...subPathErrors(mount, here, list), ...modeErrors(mount, container, list))
  }
  validateDevices(devices, at.child('volumeDevices'), { mounts, volumes }, errors)
}

/** Kubernetes names some fields as those of all mounts: `list`. */
function subPathErrors({ subPath, subPathExpr }: Mount, at: FieldPath, list: FieldPath): FieldError[] {
  return [
    ...(subPath ? localDescendingErrors(subPath, list.child('subPath')) : []),
    ...(subPath && subPathExpr
      ? [invalidValue(at.child('subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive')]
      : []),
    ...(subPathExpr ? localDescendingErrors(subPathExpr, list.child('subPathExpr')) : []),
  ]
}

function modeErrors(
  { mountPropagation, recursiveReadOnly, readOnly }: Mount,
  { securityContext }: Container,
  list: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  const propagation = list.child('mountPropagation')
  if (mountPropagation !== undefined && !PROPAGATIONS.includes(mountPropagation))
    errors.push(notSupported(propagation, mountPropagation, PROPAGATIONS))
  if (mountPropagation === 'Bidirectional' && !securityContext?.privileged)
    errors.push(
      forbiddenField(propagation, 'Bidirectional mount propagation is available only to privileged containers'),
    )
  const recursive = list.child('recursiveReadOnly')
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return errors
  if (!RECURSIVE_READ_ONLY.includes(recursiveReadOnly))
    return [...errors, notSupported(recursive, recursiveReadOnly, RECURSIVE_READ_ONLY)]
  if (!readOnly) errors.push(forbiddenField(recursive, 'may only be specified when readOnly is true'))
  if (mountPropagation !== undefined && mountPropagation !== 'None')
    errors.push(forbiddenField(recursive, 'may only be specified when mountPropagation is None or not specified'))
  return errors
}

function validateDevices(
  devices: readonly Device[],
  at: FieldPath,
  { mounts, volumes }: { readonly mounts: readonly Mount[]; readonly volumes: Volumes },
  errors: FieldError[],
): void {
  const names = new Set<string>()
  const paths = new Set<string>()
  for (const [index, { name = '', devicePath = '' }] of devices.entries()) {
    const [nameAt, pathAt] = [at.index(index).child('name'), at.index(index).child('devicePath')]
    const volume = volumes.get(name)
    if (!name) errors.push(required(nameAt))
    if (names.has(name)) errors.push(invalidValue(nameAt, name, 'must be unique'))
    if (!volume) errors.push(notFoundValue(nameAt, name))
    else if (!volume.persistentVolumeClaim && !volume.ephemeral)
      errors.push(
        invalidValue(
          nameAt,
          name,
          'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
        ),
      )
    if (!devicePath) errors.push(required(pathAt))
    if (paths.has(devicePath)) errors.push(invalidValue(pathAt, devicePath, 'must be unique'))
    if (devicePath.split('/').includes('..'))
      errors.push(invalidValue(pathAt, devicePath, "can not contain backsteps ('..')"))
    else paths.add(devicePath)
    if (mounts.some((mount) => mount.name === name))
      errors.push(invalidValue(nameAt, name, 'must not already exist in volumeMounts'))
    if (mounts.some((mount) => mount.mountPath === devicePath))
      errors.push(invalidValue(pathAt, devicePath, 'must not already exist as a path in volumeMounts'))
    if (name) names.add(name)
  }
}
