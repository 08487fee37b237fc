/**
 * Which Pods stand behind a Service and where: shared by EndpointSlices and the older Endpoints.
 * https://kubernetes.io/docs/concepts/services-networking/service/#services-with-selectors
 */
import { isTerminating, keyOf, keyText } from '../../kube/object.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import { services } from '../../kube/resources/core/service.ts'
import { fromSet } from '../../kube/selectors.ts'
import type { Pod, Service } from '../../kube/types.ts'
import type { ClusterView } from '../controller.ts'

/** Label of slices and Endpoints of a Service without a cluster IP. */
export const HEADLESS = 'service.kubernetes.io/headless'

export type ServicePort = NonNullable<Service['spec']['ports']>[number]

/** Whether its endpoints are found by a selector: else someone else keeps them, or there are none. */
export const hasSelector = ({ spec }: Service): boolean =>
  spec.type !== 'ExternalName' && Object.keys(spec.selector ?? {}).length > 0

export const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === 'None'

/** The Services that select a Pod. */
export function keysOfPod(pod: Pod, cluster: ClusterView): string[] {
  const labels = pod.metadata.labels ?? {}
  return cluster
    .list(services, { namespace: pod.metadata.namespace ?? '' })
    .filter((service) => hasSelector(service) && selects(service, labels))
    .map((service) => keyText(keyOf(service)))
}

const selects = ({ spec }: Service, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(spec.selector ?? {}).every(([key, value]) => labels[key] === value)

/** Selected Pods that have an address and have not ended; terminating ones only where asked for. */
export function podsBehind(service: Service, cluster: ClusterView, withTerminating: boolean): Pod[] {
  return cluster
    .list(pods, { namespace: service.metadata.namespace ?? '', labels: fromSet(service.spec.selector ?? {}) })
    .filter(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed' && Boolean(status.podIP))
    .filter((pod) => withTerminating || !isTerminating(pod))
}

/** The port a Service's port leads to on this Pod; undefined where the Pod has none of that name. */
export function targetPortOn(pod: Pod, { targetPort, port, protocol }: ServicePort): number | undefined {
  if (targetPort === undefined || targetPort === 0) return port
  if (typeof targetPort === 'number') return targetPort
  // A sidecar is an init container that never ends (KEP-753).
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  for (const { ports } of [...pod.spec.containers, ...sidecars])
    for (const found of ports ?? [])
      if (found.name === targetPort && (found.protocol ?? 'TCP') === (protocol ?? 'TCP')) return found.containerPort
  return undefined
}

/** A Pod that names the Service as its subdomain is found in DNS by its host name. */
export const hostnameOf = ({ spec }: Pod, service: Service): { hostname?: string } =>
  spec.hostname && spec.subdomain === service.metadata.name ? { hostname: spec.hostname } : {}

/** One where there are no ports to tell apart: a headless Service needs none. */
export const portsOrNone = (service: Service): readonly ServicePort[] => service.spec.ports ?? []
