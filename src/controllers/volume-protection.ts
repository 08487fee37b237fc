/**
 * Lets a PersistentVolume go once no claim is bound to it: until then the finalizer that it was made with holds it.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
 */
import { keyOf, keyText } from '../kube/object.ts'
import { persistentVolumes } from '../kube/resources/core/persistent-volume.ts'
import { protectedAs, VOLUME_PROTECTION } from '../kube/storage-protection.ts'
import { controller, type Outcome, on, settled, update, write } from './controller.ts'

export const volumeProtection = controller({
  name: 'persistentvolume-protection',
  concerns: [on(persistentVolumes, (volume) => [keyText(keyOf(volume))])],
  reconcile({ cluster, key }): Outcome {
    const volume = cluster.get(persistentVolumes, key)
    if (!volume) return settled
    // Whoever binds claims says in its phase that one is bound.
    const next = protectedAs(volume, VOLUME_PROTECTION, () => volume.status.phase === 'Bound')
    return next ? write(update(persistentVolumes, next)) : settled
  },
})
