/** Rules of files that a volume is made of: their paths, modes, and what they hold. */
import { type FieldError, type FieldPath, invalidValue, required } from '../field.ts'
import { fieldRefErrors, resourceRefErrors, VOLUME_FIELDS } from './validate-downward.ts'

interface File {
  readonly path?: string
  readonly mode?: number
}

interface DownwardFile extends File {
  readonly fieldRef?: { readonly apiVersion?: string; readonly fieldPath?: string }
  readonly resourceFieldRef?: {
    readonly containerName?: string
    readonly resource?: string
    readonly divisor?: string | number
  }
}

const MAX_MODE = 0o777

export const modeErrors = (mode: number | undefined, at: FieldPath): FieldError[] =>
  mode === undefined || (mode >= 0 && mode <= MAX_MODE)
    ? []
    : [invalidValue(at, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]

export const backstepErrors = (path: string, at: FieldPath): FieldError[] =>
  path.split('/').includes('..') ? [invalidValue(at, path, "must not contain '..'")] : []

/** Below some folder. */
export const localDescendingErrors = (path: string, at: FieldPath): FieldError[] => [
  ...(path.startsWith('/') ? [invalidValue(at, path, 'must be a relative path')] : []),
  ...backstepErrors(path, at),
]

/** Below the volume, and not where the kubelet keeps its own (`..data`). */
export const localPathErrors = (path: string, at: FieldPath): FieldError[] => [
  ...localDescendingErrors(path, at),
  ...(path.startsWith('..') && !path.startsWith('../') ? [invalidValue(at, path, "must not start with '..'")] : []),
]

const fileErrors = ({ path = '', mode }: File, at: FieldPath): FieldError[] => [
  ...localPathErrors(path, at.child('path')),
  ...modeErrors(mode, at.child('mode')),
]

/** Keys of a ConfigMap or Secret as files. */
export const itemErrors = (items: readonly File[], at: FieldPath): FieldError[] =>
  items.flatMap((item, index) => fileErrors(item, at.index(index)))

/** `at` is the source: Kubernetes names no item. */
export function downwardErrors(file: DownwardFile, at: FieldPath): FieldError[] {
  const { fieldRef, resourceFieldRef } = file
  const errors = fileErrors(file, at)
  if (fieldRef) errors.push(...fieldRefErrors(fieldRef, VOLUME_FIELDS, at.child('fieldRef')))
  else if (resourceFieldRef) errors.push(...resourceRefErrors(resourceFieldRef, true, at.child('resourceFieldRef')))
  else errors.push(required(at, 'one of fieldRef and resourceFieldRef is required'))
  if (fieldRef && resourceFieldRef)
    errors.push(invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
  return errors
}
