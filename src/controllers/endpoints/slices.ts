/**
 * Distributes endpoints over slices of at most 100 with as few writes as can be: what stands in a slice stays there,
 * what is new fills the gaps. A Pod that becomes ready rewrites one slice, whatever the Service's size (KEP-752).
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#distribution-of-endpointslices
 */
import { deepEqual } from '../../kube/json.ts'
import { apiVersionOf, type Resource } from '../../kube/resource.ts'
import { endpointSlices } from '../../kube/resources/discovery/endpoint-slice.ts'
import type { EndpointSlice } from '../../kube/types.ts'
import { create, type NewObject, remove, update, type Write } from '../controller.ts'

export const MAX_ENDPOINTS = 100
export const SERVICE_NAME = 'kubernetes.io/service-name'
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'

export type Endpoint = EndpointSlice['endpoints'][number]
export type SlicePorts = EndpointSlice['ports']

/** Endpoints that offer the same ports; a slice has one set of ports for all its endpoints. */
export interface EndpointGroup {
  readonly ports: SlicePorts
  readonly endpoints: readonly Endpoint[]
}

/** What all slices of a Service have in common; `generateName`, namespace, labels, owner. */
export type SliceMetadata = Record<string, unknown> & { readonly labels: Record<string, string> }

export interface Distribution {
  readonly groups: readonly EndpointGroup[]
  readonly existing: readonly EndpointSlice[]
  readonly metadata: SliceMetadata
  readonly addressType: EndpointSlice['addressType']
}

interface Draft {
  readonly slice: EndpointSlice | undefined
  readonly ports: SlicePorts
  readonly endpoints: Endpoint[]
}

export function sliceWrites({ groups, existing, metadata, addressType }: Distribution): Write[] {
  const free = new Set(existing)
  const drafts = groups.flatMap((group) => {
    const own = [...free].filter(({ ports }) => deepEqual(ports ?? [], group.ports ?? []))
    for (const slice of own) free.delete(slice)
    return distributed(group, own)
  })
  // A Service of no endpoints has one empty slice, so that clients can tell it from one not looked at yet.
  if (drafts.every(({ endpoints }) => endpoints.length === 0) && drafts.every(({ slice }) => !slice))
    drafts.push({ slice: undefined, ports: [], endpoints: [] })
  const full = drafts.filter(({ endpoints }) => endpoints.length > 0)
  const kept = full.length > 0 ? full : drafts.slice(0, 1)
  const surplus = [...free, ...drafts.filter((draft) => !kept.includes(draft)).flatMap(({ slice }) => slice ?? [])]
  return [
    ...kept.flatMap((draft) => writeOf(draft, draft.slice ?? surplus.shift(), metadata, addressType)),
    ...surplus.map((slice) => remove(endpointSlices, slice)),
  ]
}

function distributed({ ports, endpoints }: EndpointGroup, slices: readonly EndpointSlice[]): Draft[] {
  const wanted = new Map(endpoints.map((endpoint) => [identityOf(endpoint), endpoint]))
  const drafts: Draft[] = slices.map((slice) => ({ slice, ports, endpoints: stillIn(slice, wanted) }))
  // The fullest first: so few slices are touched, and few are left with gaps.
  const byFill = [...drafts].sort((a, b) => b.endpoints.length - a.endpoints.length)
  const added = [...wanted.values()]
  for (const draft of byFill) {
    if (added.length === 0) break
    draft.endpoints.push(...added.splice(0, MAX_ENDPOINTS - draft.endpoints.length))
  }
  while (added.length > 0) drafts.push({ slice: undefined, ports, endpoints: added.splice(0, MAX_ENDPOINTS) })
  return drafts
}

/** Takes what it finds out of `wanted`. */
function stillIn(slice: EndpointSlice, wanted: Map<string, Endpoint>): Endpoint[] {
  const kept: Endpoint[] = []
  for (const endpoint of slice.endpoints ?? []) {
    const id = identityOf(endpoint)
    const found = wanted.get(id)
    if (!found || kept.length >= MAX_ENDPOINTS) continue
    wanted.delete(id)
    kept.push(found)
  }
  return kept
}

const identityOf = ({ targetRef, addresses }: Endpoint): string => `${targetRef?.uid ?? ''}\n${addresses.join('\n')}`

function writeOf(
  { ports, endpoints }: Draft,
  slice: EndpointSlice | undefined,
  metadata: SliceMetadata,
  addressType: EndpointSlice['addressType'],
): Write[] {
  if (!slice) {
    const object: NewObject = {
      apiVersion: apiVersionOf(endpointSlices),
      kind: endpointSlices.kind,
      metadata,
      addressType,
      endpoints,
      ports: ports ?? [],
    }
    return [create(endpointSlices as unknown as Resource, object)]
  }
  const isSame =
    deepEqual(slice.endpoints ?? [], endpoints) &&
    deepEqual(slice.ports ?? [], ports ?? []) &&
    deepEqual(slice.metadata.labels ?? {}, metadata.labels)
  if (isSame) return []
  return [
    update(endpointSlices, { ...slice, metadata: { ...slice.metadata, labels: metadata.labels }, endpoints, ports }),
  ]
}
