/** Rules of volumes: k8s.io/kubernetes pkg/apis/core/validation (ValidateVolumes). */
import { duplicate, type FieldError, type FieldPath, forbiddenField, invalidValue, required } from '../field.ts'
import { dnsLabelErrors } from '../names.ts'
import type { Pod } from '../types.ts'
import { named } from './validate-values.ts'

type Volume = NonNullable<Pod['spec']['volumes']>[number]

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
    if (volume.secret && !volume.secret.secretName) errors.push(required(here.child('secret').child('secretName')))
    if (volume.configMap && !volume.configMap.name) errors.push(required(here.child('configMap').child('name')))
    if (volume.hostPath?.path?.split('/').includes('..'))
      errors.push(invalidValue(here.child('hostPath').child('path'), volume.hostPath.path, "must not contain '..'"))
  }
  return names
}
