/**
 * EndpointSlices as clients of Kubernetes before v1.21 ask for them: where an endpoint is stands in one map of labels,
 * `topology`, which today's version has fields for (k8s.io/kubernetes pkg/apis/discovery, conversion of v1beta1).
 */
import { olderVersion } from '../../older-version.ts'
import type { EndpointSlice } from '../../types.ts'
import { endpointSlices } from './endpoint-slice.ts'

type Endpoint = EndpointSlice['endpoints'][number]
/** Has the fields of a newer one too, so that rules and columns may be shared: none of them is ever set. */
type OlderEndpoint = Endpoint & { topology?: Record<string, string> }

const ZONE = 'topology.kubernetes.io/zone'
const HOST = 'kubernetes.io/hostname'

function endpointFromStored({ deprecatedTopology, zone, ...endpoint }: Endpoint): OlderEndpoint {
  if (deprecatedTopology === undefined && zone === undefined && endpoint.nodeName === undefined) return endpoint
  const topology: Record<string, string> = { ...deprecatedTopology, ...(zone === undefined ? {} : { [ZONE]: zone }) }
  // A host of its own name stays.
  if (!topology[HOST] && endpoint.nodeName !== undefined) topology[HOST] = endpoint.nodeName
  return { ...endpoint, topology }
}

/** What today's version has a field for is taken out of the map; a host that is not the node stays in it. */
function endpointToStored({ topology, ...endpoint }: OlderEndpoint): Endpoint {
  if (topology === undefined) return endpoint
  const { [ZONE]: zone, [HOST]: host, ...others } = topology
  const nodeName = endpoint.nodeName ?? host
  const rest = { ...others, ...(host === undefined || host === nodeName ? {} : { [HOST]: host }) }
  return {
    ...endpoint,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(Object.keys(rest).length > 0 ? { deprecatedTopology: rest } : {}),
  }
}

const withEndpoints = (slice: EndpointSlice, converted: (endpoint: Endpoint) => Endpoint): EndpointSlice =>
  slice.endpoints === undefined ? slice : { ...slice, endpoints: slice.endpoints.map(converted) }

export const endpointSlicesV1beta1 = olderVersion(
  endpointSlices,
  {
    version: 'v1beta1',
    schema: 'io.k8s.api.discovery.v1beta1.EndpointSlice',
    deprecatedIn: 'v1.21',
    unavailableIn: 'v1.25',
  },
  {
    fromStored: (stored) => withEndpoints(stored, endpointFromStored),
    toStored: (given) => withEndpoints(given, endpointToStored),
  },
)
