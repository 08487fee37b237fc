/**
 * Mirrors Endpoints that someone keeps for a Service without a selector into EndpointSlices, as Service proxies read
 * nothing else.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#endpointslice-mirroring
 */
import { isTerminating, keyOf, keyText } from '../kube/object.ts'
import { endpoints as endpointsResource } from '../kube/resources/core/endpoints.ts'
import { services } from '../kube/resources/core/service.ts'
import { endpointSlices } from '../kube/resources/discovery/endpoint-slice.ts'
import type { Endpoints } from '../kube/types.ts'
import { controller, type Outcome, on, remove, settled } from './controller.ts'
import { onServices, onSlicesOf, slicesOf } from './endpoints/concerns.ts'
import {
  type Endpoint,
  type EndpointGroup,
  MANAGED_BY,
  SERVICE_NAME,
  type SliceMetadata,
  sliceWrites,
} from './endpoints/slices.ts'
import { type Address, LEADER, type Subset } from './endpoints/subsets.ts'
import { isNamespaceGoing } from './lifecycle.ts'
import { controllerReference } from './ownership.ts'

const CONTROLLER = 'endpointslicemirroring-controller.k8s.io'
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror'

export const endpointSliceMirroring = controller({
  name: 'endpointslicemirroring',
  concerns: [on(endpointsResource, (found) => [keyText(keyOf(found))]), onServices, onSlicesOf(CONTROLLER)],
  reconcile({ cluster, key }): Outcome {
    if (isNamespaceGoing(cluster, key.namespace)) return settled
    const existing = slicesOf(cluster, key, CONTROLLER)
    const service = cluster.get(services, key)
    const source = cluster.get(endpointsResource, key)
    const isMirrored =
      service && source && Object.keys(service.spec.selector ?? {}).length === 0 && isForMirroring(source)
    if (!isMirrored) return { writes: existing.map((slice) => remove(endpointSlices, slice)) }
    return {
      writes: sliceWrites({
        groups: (source.subsets ?? []).map(groupOf),
        existing: existing.filter((slice) => !isTerminating(slice)),
        metadata: metadataOf(source),
        addressType: 'IPv4',
      }),
    }
  },
})

const isForMirroring = ({ metadata }: Endpoints): boolean =>
  metadata.labels?.[SKIP_MIRROR] !== 'true' && metadata.annotations?.[LEADER] === undefined

const metadataOf = (source: Endpoints): SliceMetadata => ({
  generateName: `${source.metadata.name}-`,
  namespace: source.metadata.namespace,
  labels: { ...source.metadata.labels, [SERVICE_NAME]: source.metadata.name, [MANAGED_BY]: CONTROLLER },
  ownerReferences: [controllerReference(endpointsResource, source)],
})

function groupOf({ addresses, notReadyAddresses, ports }: Subset): EndpointGroup {
  return {
    ports: (ports ?? []).map(({ name, port, protocol, appProtocol }) => ({
      name: name ?? '',
      port,
      protocol: protocol ?? 'TCP',
      ...(appProtocol ? { appProtocol } : {}),
    })),
    endpoints: [
      ...(addresses ?? []).map((address) => endpointOf(address, true)),
      ...(notReadyAddresses ?? []).map((address) => endpointOf(address, false)),
    ],
  }
}

const endpointOf = ({ ip, hostname, nodeName, targetRef }: Address, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname ? { hostname } : {}),
  ...(nodeName ? { nodeName } : {}),
  ...(targetRef ? { targetRef } : {}),
})
