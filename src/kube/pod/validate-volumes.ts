/** Rules of volumes: k8s.io/kubernetes pkg/apis/core/validation (ValidateVolumes). */
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../field.ts'
import { dnsLabelErrors } from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import type { Pod } from '../types.ts'
import { validateProjected } from './validate-projected.ts'
import { named } from './validate-values.ts'
import { backstepErrors, downwardErrors, itemErrors, modeErrors } from './validate-volume-files.ts'

type Volume = NonNullable<Pod['spec']['volumes']>[number]

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

/** Answers the names of the volumes, for mounts to be checked against. */
export function validateVolumes(volumes: readonly Volume[], at: FieldPath, errors: FieldError[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [index, volume] of volumes.entries()) {
    const here = at.index(index)
    if (volume.name) {
      named(volume.name, here.child('name'), dnsLabelErrors, errors)
      if (names.has(volume.name)) errors.push(duplicate(here.child('name'), volume.name))
      names.add(volume.name)
    }
    const sources = Object.keys(volume).filter((key) => key !== 'name')
    if (sources.length === 0) errors.push(required(here, 'must specify a volume type'))
    for (const extra of sources.slice(1))
      errors.push(forbiddenField(here.child(extra), 'may not specify more than 1 volume type'))
    errors.push(...fileSourceErrors(volume, here), ...placeErrors(volume, here))
    if (volume.projected) validateProjected(volume.projected, here.child('projected'), errors)
  }
  return names
}

/** Of sources that are files from objects. */
function fileSourceErrors({ secret, configMap, downwardAPI }: Volume, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (secret && !secret.secretName) errors.push(required(at.child('secret').child('secretName')))
  if (configMap && !configMap.name) errors.push(required(at.child('configMap').child('name')))
  for (const [name, source] of Object.entries({ secret, configMap }))
    if (source)
      errors.push(
        ...modeErrors(source.defaultMode, at.child(name).child('defaultMode')),
        ...itemErrors(source.items ?? [], at.child(name).child('items')),
      )
  if (downwardAPI) {
    const here = at.child('downwardAPI')
    errors.push(...modeErrors(downwardAPI.defaultMode, here.child('defaultMode')))
    for (const file of downwardAPI.items ?? []) errors.push(...downwardErrors(file, here))
  }
  return errors
}

/** Of sources that are a place somewhere. */
function placeErrors({ hostPath, nfs, emptyDir, ephemeral }: Volume, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (hostPath?.path) {
    const here = at.child('hostPath')
    errors.push(...backstepErrors(hostPath.path, here.child('path')))
    if (hostPath.type !== undefined && !HOST_PATH_TYPES.includes(hostPath.type))
      errors.push(notSupported(here.child('type'), hostPath.type, HOST_PATH_TYPES))
  }
  if (nfs?.path && !nfs.path.startsWith('/'))
    errors.push(invalidValue(at.child('nfs').child('path'), nfs.path, 'must be an absolute path'))
  if (emptyDir?.sizeLimit !== undefined && compareQuantities(emptyDir.sizeLimit, '0') < 0)
    errors.push(
      forbiddenField(at.child('emptyDir').child('sizeLimit'), 'SizeLimit field must be a valid resource quantity'),
    )
  if (ephemeral && !ephemeral.volumeClaimTemplate)
    errors.push(required(at.child('ephemeral').child('volumeClaimTemplate')))
  return errors
}
