/**
 * Keeps the EndpointSlices of Services with a selector: what every Service proxy programs.
 * Must not know addresses of other families than IPv4: the cluster has no others.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
 */
import { isControlledBy, isTerminating } from '../kube/object.ts'
import { isPodReady } from '../kube/pod/readiness.ts'
import { nodes } from '../kube/resources/core/node.ts'
import { services } from '../kube/resources/core/service.ts'
import { endpointSlices } from '../kube/resources/discovery/endpoint-slice.ts'
import type { Node, Pod, Service } from '../kube/types.ts'
import { type ClusterView, controller, type Outcome, remove, settled } from './controller.ts'
import { onPodsBehind, onServices, onSlicesOf, slicesOf } from './endpoints/concerns.ts'
import {
  HEADLESS,
  hasSelector,
  hostnameOf,
  isHeadless,
  podsBehind,
  portsOrNone,
  targetPortOn,
} from './endpoints/service-pods.ts'
import {
  type Endpoint,
  type EndpointGroup,
  MANAGED_BY,
  SERVICE_NAME,
  type SliceMetadata,
  type SlicePorts,
  sliceWrites,
} from './endpoints/slices.ts'
import { isNamespaceGoing } from './lifecycle.ts'
import { controllerReference } from './ownership.ts'

const CONTROLLER = 'endpointslice-controller.k8s.io'
const ZONE = 'topology.kubernetes.io/zone'

export const endpointSlice = controller({
  name: 'endpointslice',
  concerns: [onServices, onPodsBehind, onSlicesOf(CONTROLLER)],
  reconcile({ cluster, key }): Outcome {
    const service = cluster.get(services, key)
    // Slices of a Service that is gone are garbage: they name it as their owner.
    if (!service || isTerminating(service) || !hasSelector(service)) return settled
    if (isNamespaceGoing(cluster, key.namespace)) return settled
    const existing = slicesOf(cluster, key, CONTROLLER).filter((slice) => !isTerminating(slice))
    const own = existing.filter((slice) => isControlledBy(slice, service))
    const writes = sliceWrites({
      groups: groupsOf(service, cluster),
      existing: own.filter(({ addressType }) => addressType === 'IPv4'),
      metadata: metadataOf(service),
      addressType: 'IPv4',
    })
    // Left by a former Service of this name: nobody else would delete what was orphaned.
    const left = existing.filter((slice) => !own.includes(slice))
    return { writes: [...writes, ...left.map((slice) => remove(endpointSlices, slice))] }
  },
})

function metadataOf(service: Service): SliceMetadata {
  const { [HEADLESS]: _, ...labels } = service.metadata.labels ?? {}
  return {
    generateName: `${service.metadata.name}-`,
    namespace: service.metadata.namespace,
    labels: {
      ...labels,
      ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
      [SERVICE_NAME]: service.metadata.name,
      [MANAGED_BY]: CONTROLLER,
    },
    ownerReferences: [controllerReference(services, service)],
  }
}

/** Pods by the ports they offer: a named port may have another number on each. */
function groupsOf(service: Service, cluster: ClusterView): EndpointGroup[] {
  const groups = new Map<string, { ports: SlicePorts; endpoints: Endpoint[] }>()
  for (const pod of podsBehind(service, cluster, true)) {
    const endpoint = endpointOf(pod, service, cluster)
    if (!endpoint) continue
    const ports = portsOf(service, pod)
    const id = JSON.stringify(ports)
    const group = groups.get(id)
    if (group) group.endpoints.push(endpoint)
    else groups.set(id, { ports, endpoints: [endpoint] })
  }
  return [...groups.values()]
}

function portsOf(service: Service, pod: Pod): NonNullable<SlicePorts> {
  return portsOrNone(service).flatMap((servicePort) => {
    const port = targetPortOn(pod, servicePort)
    if (port === undefined) return []
    const { name, protocol, appProtocol } = servicePort
    return [{ name: name ?? '', port, protocol: protocol ?? 'TCP', ...(appProtocol ? { appProtocol } : {}) }]
  })
}

/** None for a Pod whose node is gone: its address leads nowhere, unless the Service wants every address there is. */
function endpointOf(pod: Pod, service: Service, cluster: ClusterView): Endpoint | undefined {
  const { publishNotReadyAddresses } = service.spec
  const { nodeName } = pod.spec
  const node = nodeName ? cluster.get(nodes, { namespace: '', name: nodeName }) : undefined
  if (nodeName && !node && !publishNotReadyAddresses) return undefined
  const serving = isPodReady(pod)
  const terminating = isTerminating(pod)
  return {
    addresses: [pod.status.podIP ?? ''],
    conditions: { ready: publishNotReadyAddresses === true || (serving && !terminating), serving, terminating },
    ...hostnameOf(pod, service),
    ...(nodeName ? { nodeName } : {}),
    targetRef: {
      kind: 'Pod',
      name: pod.metadata.name,
      namespace: pod.metadata.namespace,
      uid: pod.metadata.uid,
    },
    ...zoneOf(node),
  }
}

function zoneOf(node: Node | undefined): { zone?: string } {
  const zone = node?.metadata.labels?.[ZONE]
  return zone ? { zone } : {}
}
