/**
 * DefaultStorageClass, DefaultIngressClass and PersistentVolumeClaimResize: which class a claim or an Ingress has that
 * names none, and whether a claim may grow.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaultstorageclass
 */
import { forbidden } from '../../../kube/errors.ts'
import type { KubeObject } from '../../../kube/object.ts'
import { compareQuantities } from '../../../kube/quantity.ts'
import { persistentVolumeClaims } from '../../../kube/resources/core/persistent-volume-claim.ts'
import type { Ingress, IngressClass, PersistentVolumeClaim, StorageClass } from '../../../kube/types.ts'

const STORAGE_DEFAULT = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]
const INGRESS_DEFAULT = ['ingressclass.kubernetes.io/is-default-class']
/** How claims and Ingresses named their class before there was a field for it. */
const OLD_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class'
const OLD_INGRESS_CLASS = 'kubernetes.io/ingress.class'

/** Should there be several, the newest. */
function defaultOf<T extends KubeObject>(classes: readonly T[], annotations: readonly string[]): T | undefined {
  const [newest] = classes
    .filter(({ metadata }) => annotations.some((name) => metadata.annotations?.[name] === 'true'))
    .toSorted(
      (a, b) =>
        Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    )
  return newest
}

/** In place. A claim with the class '' wants none. */
export function defaultStorageClass(classes: readonly StorageClass[], { metadata, spec }: PersistentVolumeClaim): void {
  if (spec.storageClassName !== undefined || metadata.annotations?.[OLD_STORAGE_CLASS] !== undefined) return
  const found = defaultOf(classes, STORAGE_DEFAULT)
  if (found) spec.storageClassName = found.metadata.name
}

/** In place. */
export function defaultIngressClass(classes: readonly IngressClass[], { metadata, spec }: Ingress): void {
  if (spec.ingressClassName !== undefined || metadata.annotations?.[OLD_INGRESS_CLASS] !== undefined) return
  const found = defaultOf(classes, INGRESS_DEFAULT)
  if (found) spec.ingressClassName = found.metadata.name
}

/** Throws 403. */
export function checkResize(
  classes: readonly StorageClass[],
  next: PersistentVolumeClaim,
  previous: PersistentVolumeClaim,
): void {
  const sizeOf = ({ spec }: PersistentVolumeClaim) => spec.resources?.requests?.['storage']
  if (compareQuantities(sizeOf(next), sizeOf(previous)) <= 0) return
  const name = next.spec.storageClassName ?? next.metadata.annotations?.[OLD_STORAGE_CLASS]
  const refuse = (why: string) => {
    throw forbidden(persistentVolumeClaims, next.metadata.name, why)
  }
  if (previous.status?.phase !== 'Bound') refuse('Only bound persistent volume claims can be expanded')
  if (!classes.find(({ metadata }) => metadata.name === name)?.allowVolumeExpansion)
    refuse(
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
}
