/** What every new cluster contains, written when it is made. */
import type { Compat } from '../../kube/compat.ts'
import { AUTO_UPDATE, FLOW_SCHEMAS, PRIORITY_LEVELS } from '../../kube/flow-control/default-objects.ts'
import { clone } from '../../kube/json.ts'
import { builtInApiServices } from '../../kube/local-api-services.ts'
import type { KubeObject, ObjectMeta } from '../../kube/object.ts'
import { builtInFor } from '../../kube/registry.ts'
import type { Resource } from '../../kube/resource.ts'
import { apiServices } from '../../kube/resources/apiregistration/api-service.ts'
import { endpoints } from '../../kube/resources/core/endpoints.ts'
import { namespaces } from '../../kube/resources/core/namespace.ts'
import { services } from '../../kube/resources/core/service.ts'
import { endpointSlices } from '../../kube/resources/discovery/endpoint-slice.ts'
import { flowSchemas } from '../../kube/resources/flowcontrol/flow-schema.ts'
import { priorityLevelConfigurations } from '../../kube/resources/flowcontrol/priority-level-configuration.ts'
import { priorityClasses, SYSTEM_CLASSES } from '../../kube/resources/scheduling/priority-class.ts'
import type { EndpointSlice, Endpoints, Namespace, Service } from '../../kube/types.ts'
import type { Store } from '../../store/store.ts'
import { furnishAccess } from '../access/furnishing.ts'
import { KUBERNETES_SERVICE_IP } from './allocation.ts'
import { draftOf } from './draft.ts'
import type { Operations } from './operations.ts'

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

/** Moves when a new cluster contains more than before: older ones are given it when they next wake. */
const EDITION = '4'
const FURNISHED = 'furnished'

export const isFurnished = ({ meta }: Store): boolean => meta.get(FURNISHED) === EDITION

export interface Founding {
  /** PEM of the cluster's CA. */
  readonly caCertificate: string
  /** What the cluster is made for, beside clients of today. */
  readonly compat?: Compat | undefined
}

/** Idempotent: makes only what is missing. */
export function furnishCluster(store: Store, operations: Operations, { caCertificate, compat }: Founding): void {
  for (const name of NAMESPACES) {
    if (store.get(namespaces, { namespace: '', name })) continue
    operations.create<Namespace>(namespaces, '', draftOf(namespaces, name, { spec: {}, status: {} }))
  }
  furnishApiService(store, operations)
  furnishPriorities(store, operations)
  furnishApiServices(store, operations, compat)
  furnishFlowControl(store, operations)
  furnishAccess(store, operations, caCertificate)
  store.meta.set(FURNISHED, EDITION)
}

function furnishPriorities(store: Store, operations: Operations): void {
  for (const [name, fields] of Object.entries(SYSTEM_CLASSES))
    if (!store.get(priorityClasses, { namespace: '', name }))
      operations.create(priorityClasses, '', draftOf(priorityClasses, name, { ...fields }))
}

function furnishFlowControl(store: Store, operations: Operations): void {
  const metadata = (name: string) => ({ name, annotations: { [AUTO_UPDATE]: 'true' } }) as unknown as ObjectMeta
  const make = <T extends KubeObject>(kind: Resource<T>, specs: Readonly<Record<string, object>>) => {
    for (const [name, spec] of Object.entries(specs))
      if (!store.get(kind, { namespace: '', name }))
        operations.create(kind, '', draftOf(kind, name, { metadata: metadata(name), spec: clone(spec) }))
  }
  make(priorityLevelConfigurations, PRIORITY_LEVELS)
  make(flowSchemas, FLOW_SCHEMAS)
}

function furnishApiServices(store: Store, operations: Operations, compat: Compat | undefined): void {
  for (const { name, labels, spec } of builtInApiServices(builtInFor(compat).resources))
    if (!store.get(apiServices, { namespace: '', name }))
      operations.create(
        apiServices,
        '',
        draftOf(apiServices, name, { metadata: { name, labels } as unknown as ObjectMeta, spec: { ...spec } }),
      )
}

const API = 'kubernetes'
const API_PORT = { name: 'https', port: 443, protocol: 'TCP' as const }

/**
 * The `kubernetes` Service and what stands behind it. On each node it ends at the agent, at the very address and port of
 * the Service: so that is its endpoint, and who asks the endpoint itself is served too.
 */
function furnishApiService(store: Store, operations: Operations): void {
  const key = { namespace: 'default', name: API }
  if (!store.get(services, key))
    operations.create<Service>(services, key.namespace, {
      ...draftOf<Service>(services, API, { status: {} }),
      spec: { type: 'ClusterIP', clusterIP: KUBERNETES_SERVICE_IP, ports: [{ ...API_PORT, targetPort: 6443 }] },
      metadata: { name: API, labels: { component: 'apiserver', provider: 'kubernetes' } } as unknown as ObjectMeta,
    })
  if (!store.get(endpoints, key))
    operations.create<Endpoints>(endpoints, key.namespace, {
      ...draftOf<Endpoints>(endpoints, API, {}),
      metadata: { name: API, labels: { [SKIP_MIRROR]: 'true' } } as unknown as ObjectMeta,
      subsets: [{ addresses: [{ ip: KUBERNETES_SERVICE_IP }], ports: [API_PORT] }],
    })
  if (!store.get(endpointSlices, key))
    operations.create<EndpointSlice>(endpointSlices, key.namespace, {
      ...draftOf<EndpointSlice>(endpointSlices, API, {}),
      metadata: { name: API, labels: { [SERVICE_NAME]: API } } as unknown as ObjectMeta,
      addressType: 'IPv4',
      endpoints: [{ addresses: [KUBERNETES_SERVICE_IP], conditions: { ready: true } }],
      ports: [API_PORT],
    })
}

const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror'
const SERVICE_NAME = 'kubernetes.io/service-name'
