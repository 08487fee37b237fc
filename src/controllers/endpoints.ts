/**
 * Keeps the Endpoints of Services with a selector, for clients that do not read EndpointSlices yet. It has the
 * Service's name and is no dependent of it, so it is deleted here.
 * https://kubernetes.io/docs/concepts/services-networking/service/#endpoints
 */
import { deepEqual } from '../kube/json.ts'
import { keyOf, keyText } from '../kube/object.ts'
import { isPodReady } from '../kube/pod/readiness.ts'
import type { Resource } from '../kube/resource.ts'
import { endpoints as endpointsResource } from '../kube/resources/core/endpoints.ts'
import { services } from '../kube/resources/core/service.ts'
import type { Endpoints, Pod, Service } from '../kube/types.ts'
import { type ClusterView, controller, create, type Outcome, on, remove, settled, update, write } from './controller.ts'
import { annotated, fitted } from './endpoints/capacity.ts'
import { onPodsBehind, onServices } from './endpoints/concerns.ts'
import {
  HEADLESS,
  hasSelector,
  hostnameOf,
  isHeadless,
  podsBehind,
  portsOrNone,
  targetPortOn,
} from './endpoints/service-pods.ts'
import { type Address, LEADER, type Offer, type Port, packed } from './endpoints/subsets.ts'
import { isNamespaceGoing } from './lifecycle.ts'

export const endpoints = controller({
  name: 'endpoints',
  concerns: [onServices, onPodsBehind, on(endpointsResource, keysOfEndpoints)],
  reconcile({ cluster, key }): Outcome {
    const service = cluster.get(services, key)
    const existing = cluster.get(endpointsResource, key)
    if (isNamespaceGoing(cluster, key.namespace)) return settled
    if (!service) {
      const isLeft = existing && existing.metadata.annotations?.[LEADER] === undefined
      return isLeft ? write(remove(endpointsResource, existing)) : settled
    }
    if (!hasSelector(service)) return settled
    const { subsets, isTruncated } = fitted(packed(offersOf(service, cluster)))
    const labels = labelsOf(service)
    const annotations = annotated(existing?.metadata.annotations, isTruncated)
    if (!existing)
      return write(
        create(endpointsResource as unknown as Resource, newEndpoints(service, { labels, annotations }, subsets)),
      )
    const isSame =
      deepEqual(existing.subsets ?? [], subsets) &&
      deepEqual(existing.metadata.labels ?? {}, labels) &&
      deepEqual(existing.metadata.annotations, annotations)
    if (isSame) return settled
    const metadata = { ...existing.metadata, labels, annotations }
    return write(update(endpointsResource, { ...existing, metadata, subsets: [...subsets] }))
  },
})

/** Endpoints that someone keeps without a Service (an election's lock) concern nobody here, and so are never deleted. */
function keysOfEndpoints(found: Endpoints, cluster: ClusterView): string[] {
  return cluster.get(services, keyOf(found)) ? [keyText(keyOf(found))] : []
}

function offersOf(service: Service, cluster: ClusterView): Offer[] {
  const tolerated = service.spec.publishNotReadyAddresses === true
  const servicePorts = portsOrNone(service)
  return podsBehind(service, cluster, tolerated).flatMap((pod) => {
    const offer = { address: addressOf(pod, service), isReady: tolerated || isPodReady(pod) }
    if (servicePorts.length === 0) return isHeadless(service) ? [offer] : []
    return servicePorts.flatMap((servicePort): Offer[] => {
      const port = targetPortOn(pod, servicePort)
      if (port === undefined) return []
      const { name, protocol, appProtocol } = servicePort
      const offered: Port = {
        ...(name ? { name } : {}),
        port,
        protocol: protocol ?? 'TCP',
        ...(appProtocol ? { appProtocol } : {}),
      }
      return [{ ...offer, port: offered }]
    })
  })
}

const addressOf = (pod: Pod, service: Service): Address => ({
  ip: pod.status.podIP ?? '',
  ...hostnameOf(pod, service),
  ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
  targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
})

function labelsOf(service: Service): Record<string, string> {
  const { [HEADLESS]: _, ...labels } = service.metadata.labels ?? {}
  return isHeadless(service) ? { ...labels, [HEADLESS]: '' } : labels
}

const newEndpoints = (
  { metadata: { name, namespace } }: Service,
  { labels, annotations }: { labels: Record<string, string>; annotations: Record<string, string> | undefined },
  subsets: unknown,
) => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name, namespace, labels, ...(annotations ? { annotations } : {}) },
  subsets,
})
