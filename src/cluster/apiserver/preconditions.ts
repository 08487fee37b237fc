/** What a write expects of the object that it finds: its name, its uid, its version. */
import { badRequest, conflict, invalid, type ResourceRef, staleVersion } from '../../kube/errors.ts'
import type { Key, KubeObject, ObjectMeta } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import type { DeleteOptions } from './operations.ts'

export const uidConflict = (resource: ResourceRef, existing: KubeObject, uid: string) =>
  uidMismatch(resource, existing.metadata.name, { expected: uid, found: existing.metadata.uid })

const uidMismatch = (
  resource: ResourceRef,
  name: string,
  { expected, found }: { readonly expected: string; readonly found: string },
) => conflict(resource, name, `Precondition failed: UID in precondition: ${expected}, UID in object meta: ${found}`)

/** That what was sent is of the object that the path names. Throws 400. */
export function checkIdentity(resource: Resource, key: Key, sent: Partial<ObjectMeta> | undefined): void {
  // A namespace is nothing to an object that lies in none.
  if (resource.scope === 'namespaced' && sent?.namespace && sent.namespace !== key.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  if (!sent?.name)
    throw badRequest(`the name of the object (${key.name} based on URL) was undeterminable: name must be provided`)
  if (sent.name !== key.name)
    throw badRequest(`the name of the object (${sent.name}) does not match the name on the URL (${key.name})`)
}

/** An object that is meant by its uid is not made anew. Throws 409. */
export function checkIsNew(resource: Resource, key: Key, sent: Partial<ObjectMeta> | undefined): void {
  if (sent?.uid) throw uidMismatch(resource, key.name, { expected: sent.uid, found: '' })
}

export function checkPreconditions(
  resource: Resource,
  existing: KubeObject,
  sent: Partial<ObjectMeta> | undefined,
  isPatch: boolean,
): void {
  // What a patch says of the uid is a change like any other, and one that validation refuses.
  if (!isPatch && sent?.uid && sent.uid !== existing.metadata.uid) throw uidConflict(resource, existing, sent.uid)
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

/** Throws 409, which names the kind and not the resource, as kube-apiserver's does. */
export function checkDeletePreconditions(
  { group, kind }: Resource,
  { metadata }: KubeObject,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions ?? {}
  const refuse = (why: string) => conflict({ group, plural: kind }, metadata.name, why)
  if (uid && uid !== metadata.uid)
    throw refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion && resourceVersion !== metadata.resourceVersion)
    throw refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
}
