/**
 * Owners that are there, but in another namespace, where nobody may own anything: to the dependent they are absent, and
 * it goes. Its Event tells why.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/#owners-dependents
 */
import { namespaces } from '../../kube/resources/core/namespace.ts'
import { type ClusterView, type Dependent, record, type Write } from '../controller.ts'
import { type Owner, ownersOf } from './owners.ts'

/** A look-up a namespace for each absent owner: only for who names one, not for all that an owner leaves behind. */
export const strangerEvents = (cluster: ClusterView, { object }: Dependent): Write[] =>
  ownersOf(cluster, object)
    .filter((owner) => owner.state === 'absent' && isElsewhere(cluster, owner))
    .map(({ reference: { apiVersion, kind, name, uid } }) => {
      const { namespace = '' } = object.metadata
      const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`
      return record({
        about: object,
        type: 'Warning',
        reason: 'OwnerRefInvalidNamespace',
        message: `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`,
        component: 'garbage-collector-controller',
      })
    })

function isElsewhere(cluster: ClusterView, { reference }: Owner): boolean {
  const resource = cluster.resourceOf(reference.apiVersion, reference.kind)
  if (resource?.scope !== 'namespaced') return false
  return cluster.list(namespaces).some(({ metadata: { name: namespace } }) => {
    const found = cluster.get(resource, { namespace, name: reference.name })
    return found?.metadata.uid === reference.uid
  })
}
