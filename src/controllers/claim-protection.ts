/**
 * Lets a PersistentVolumeClaim go once no Pod uses it: until then the finalizer that it was made with holds it.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
 */
import { keyOf, keyText } from '../kube/object.ts'
import { persistentVolumeClaims } from '../kube/resources/core/persistent-volume-claim.ts'
import { pods } from '../kube/resources/core/pod.ts'
import { CLAIM_PROTECTION, claimsOf, protectedAs } from '../kube/storage-protection.ts'
import { type ClusterView, controller, type Outcome, on, settled, update, write } from './controller.ts'

export const claimProtection = controller({
  name: 'persistentvolumeclaim-protection',
  concerns: [
    on(persistentVolumeClaims, (claim) => [keyText(keyOf(claim))]),
    on(pods, (pod) => claimsOf(pod).map((name) => keyText({ namespace: pod.metadata.namespace ?? '', name }))),
  ],
  reconcile({ cluster, key }): Outcome {
    const claim = cluster.get(persistentVolumeClaims, key)
    if (!claim) return settled
    const next = protectedAs(claim, CLAIM_PROTECTION, () => isUsed(cluster, key))
    return next ? write(update(persistentVolumeClaims, next)) : settled
  },
})

/**
 * By a Pod with a node, finished or not: one without never starts on a claim that is going. A scan of the namespace, made
 * only for claims that are to go.
 */
const isUsed = (
  cluster: ClusterView,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): boolean =>
  cluster.list(pods, { namespace }).some((pod) => Boolean(pod.spec.nodeName) && claimsOf(pod).includes(name))
