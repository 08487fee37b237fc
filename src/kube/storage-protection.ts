/**
 * What keeps claims and volumes while they are in use: a finalizer on each, put on when it is made.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
 */
import { isTerminating, type KubeObject } from './object.ts'
import type { Pod } from './types.ts'

export const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection'
export const VOLUME_PROTECTION = 'kubernetes.io/pv-protection'

/** Names of the claims in the Pod's namespace that it uses, those of its ephemeral volumes among them. */
export const claimsOf = ({ metadata, spec }: Pod): string[] =>
  (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName]
    return ephemeral ? [`${metadata.name}-${name}`] : []
  })

export const isProtected = ({ metadata }: KubeObject, finalizer: string): boolean =>
  metadata.finalizers?.includes(finalizer) ?? false

/**
 * The object as its protection should be, or undefined where it is right: with the finalizer while it lives, without it
 * once it is to go and is not in use. Built anew.
 */
export function protectedAs<T extends KubeObject>(object: T, finalizer: string, isUsed: () => boolean): T | undefined {
  const { finalizers: held = [], ...metadata } = object.metadata
  if (!isTerminating(object))
    return held.includes(finalizer)
      ? undefined
      : { ...object, metadata: { ...metadata, finalizers: [...held, finalizer] } }
  if (!held.includes(finalizer) || isUsed()) return undefined
  const rest = held.filter((each) => each !== finalizer)
  return { ...object, metadata: rest.length > 0 ? { ...metadata, finalizers: rest } : metadata }
}
