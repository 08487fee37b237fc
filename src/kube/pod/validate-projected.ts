/** Rules of volumes that are files from several sources (k8s.io/kubernetes: validateProjectedVolumeSource). */
import { type FieldError, type FieldPath, forbiddenField, invalidValue, required } from '../field.ts'
import { toNumber } from '../json.ts'
import type { Pod } from '../types.ts'
import { downwardErrors, itemErrors, localPathErrors, modeErrors } from './validate-volume-files.ts'

type Projected = NonNullable<NonNullable<Pod['spec']['volumes']>[number]['projected']>
type Source = NonNullable<Projected['sources']>[number]
type Token = NonNullable<Source['serviceAccountToken']>

const MIN_SECONDS = 600
const MAX_SECONDS = 2 ** 32

export function validateProjected(projected: Projected, at: FieldPath, errors: FieldError[]): void {
  errors.push(...modeErrors(projected.defaultMode, at.child('defaultMode')))
  const paths = new Set<string>()
  const claim = (path: string | undefined, owner: string) => {
    if (path && paths.has(path)) errors.push(invalidValue(at, owner, 'conflicting duplicate paths'))
    if (path) paths.add(path)
  }
  for (const [index, source] of (projected.sources ?? []).entries()) {
    const here = at.child('sources').index(index)
    for (const kind of ['secret', 'configMap'] as const) {
      const object = source[kind]
      if (!object) continue
      if (!object.name) errors.push(required(here.child(kind).child('name')))
      errors.push(...itemErrors(object.items ?? [], here.child(kind).child('items')))
      for (const { path } of object.items ?? []) claim(path, object.name ?? '')
    }
    for (const file of source.downwardAPI?.items ?? []) {
      errors.push(...downwardErrors(file, here.child('downwardAPI')))
      claim(file.path, file.path)
    }
    if (source.serviceAccountToken) errors.push(...tokenErrors(source.serviceAccountToken, at, here))
    if (Object.keys(source).length > 1)
      errors.push(forbiddenField(here, 'may not specify more than 1 volume type per source'))
  }
}

/** Kubernetes names the path as the volume's own. */
function tokenErrors({ expirationSeconds, path = '' }: Token, volume: FieldPath, source: FieldPath): FieldError[] {
  const errors = localPathErrors(path, volume.child('path'))
  const seconds = toNumber(expirationSeconds ?? MIN_SECONDS)
  const at = source.child('serviceAccountToken').child('expirationSeconds')
  if (seconds < MIN_SECONDS) errors.push(invalidValue(at, seconds, 'may not specify a duration less than 10 minutes'))
  if (seconds > MAX_SECONDS)
    errors.push(invalidValue(at, seconds, 'may not specify a duration larger than 2^32 seconds'))
  return errors
}
