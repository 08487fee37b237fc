/** Names of CSI drivers, as PersistentVolumes and all of storage.k8s.io refer to them (ValidateCSIDriverName). */
import { type FieldError, type FieldPath, invalidEach, required, tooLong } from '../../field.ts'
import { dnsSubdomainErrors } from '../../names.ts'

const MAX_NAME = 63

export function driverNameErrors(name: string | undefined, at: FieldPath): FieldError[] {
  const errors = name ? [] : [required(at)]
  if ((name?.length ?? 0) > MAX_NAME) errors.push(tooLong(at, MAX_NAME))
  return [...errors, ...invalidEach(at, name ?? '', dnsSubdomainErrors((name ?? '').toLowerCase()))]
}
