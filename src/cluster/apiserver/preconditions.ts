/** What a write expects of the object that it finds: its uid, its version. */
import { conflict, invalid, type ResourceRef, staleVersion } from '../../kube/errors.ts'
import type { KubeObject, ObjectMeta } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import type { DeleteOptions } from './operations.ts'

export function uidConflict(resource: ResourceRef, existing: KubeObject, uid: string) {
  return conflict(
    resource,
    existing.metadata.name,
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${existing.metadata.uid}`,
  )
}

export function checkPreconditions(
  resource: Resource,
  existing: KubeObject,
  sent: Partial<ObjectMeta> | undefined,
): void {
  if (sent?.uid && sent.uid !== existing.metadata.uid) throw uidConflict(resource, existing, sent.uid)
  if (sent?.resourceVersion && sent.resourceVersion !== '0') {
    if (sent.resourceVersion !== existing.metadata.resourceVersion) throw staleVersion(resource, existing.metadata.name)
  } else if (!resource.unconditionalUpdate) {
    throw invalid(resource, existing.metadata.name, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        // As Go prints an unsigned number.
        message: 'Invalid value: 0x0: must be specified for an update',
      },
    ])
  }
}

export function checkDeletePreconditions(
  resource: Resource,
  existing: KubeObject,
  { preconditions }: DeleteOptions,
): void {
  if (preconditions?.uid && preconditions.uid !== existing.metadata.uid)
    throw uidConflict(resource, existing, preconditions.uid)
  const version = preconditions?.resourceVersion
  if (version && version !== existing.metadata.resourceVersion)
    throw conflict(
      resource,
      existing.metadata.name,
      `Precondition failed: ResourceVersion in precondition: ${version}, ResourceVersion in object meta: ${existing.metadata.resourceVersion}`,
    )
}
