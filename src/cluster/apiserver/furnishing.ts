/** What every new cluster contains, written when it is made. */

import type { KubeObject, ObjectMeta } from '../../kube/object.ts'
import { apiVersionOf, type Resource } from '../../kube/resource.ts'
import { namespaces } from '../../kube/resources/core/namespace.ts'
import { services } from '../../kube/resources/core/service.ts'
import type { Namespace, Service } from '../../kube/types.ts'
import type { Store } from '../../store/store.ts'
import { KUBERNETES_SERVICE_IP } from './allocation.ts'
import type { Operations } from './operations.ts'

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

/** Idempotent: makes only what is missing. */
export function furnishCluster(store: Store, operations: Operations): void {
  for (const name of NAMESPACES) {
    if (store.get(namespaces, { namespace: '', name })) continue
    operations.create<Namespace>(namespaces, '', draftOf(namespaces, name, { spec: {}, status: {} }))
  }
  if (store.get(services, { namespace: 'default', name: 'kubernetes' })) return
  operations.create<Service>(services, 'default', {
    ...draftOf<Service>(services, 'kubernetes', { status: {} }),
    spec: {
      type: 'ClusterIP',
      clusterIP: KUBERNETES_SERVICE_IP,
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    },
    metadata: {
      name: 'kubernetes',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    } as unknown as ObjectMeta,
  })
}

/** The store fills in the rest of the metadata; the fields given are what the kind requires. */
function draftOf<T extends KubeObject>(
  resource: Resource<T>,
  name: string,
  fields: Partial<T> | Record<string, unknown>,
): T {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { name } as ObjectMeta,
    ...fields,
  } as unknown as T
}
