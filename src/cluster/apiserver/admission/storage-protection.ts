/**
 * StorageObjectInUseProtection: puts on what keeps a claim or a volume while it is in use.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#storageobjectinuseprotection
 */
import type { KubeObject } from '../../../kube/object.ts'
import { isProtected } from '../../../kube/storage-protection.ts'

export function protect(draft: KubeObject, finalizer: string): void {
  if (isProtected(draft, finalizer)) return
  draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), finalizer]
}
