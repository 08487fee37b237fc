/**
 * Makes a namespace's default ServiceAccount anew when it was deleted. The first one comes with the namespace, in the
 * same transaction, so that a Pod made right after it finds it.
 */
import { isTerminating, keyText } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import { namespaces } from '../kube/resources/core/namespace.ts'
import { serviceAccounts } from '../kube/resources/core/service-account.ts'
import { controller, create, type Outcome, on, settled, write } from './controller.ts'

const DEFAULT = 'default'

export const serviceAccount = controller({
  name: 'serviceaccount',
  concerns: [
    on(namespaces, ({ metadata }) => [keyText({ namespace: metadata.name, name: DEFAULT })]),
    on(serviceAccounts, ({ metadata }) =>
      metadata.name === DEFAULT ? [keyText({ namespace: metadata.namespace ?? '', name: DEFAULT })] : [],
    ),
  ],
  reconcile({ cluster, key }): Outcome {
    const namespace = cluster.get(namespaces, { namespace: '', name: key.namespace })
    if (!namespace || isTerminating(namespace) || cluster.get(serviceAccounts, key)) return settled
    const metadata = { name: DEFAULT, namespace: key.namespace }
    return write(create(serviceAccounts as unknown as Resource, { apiVersion: 'v1', kind: 'ServiceAccount', metadata }))
  },
})
