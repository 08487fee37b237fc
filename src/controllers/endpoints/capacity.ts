/**
 * An Endpoints object lists at most 1,000 addresses, ready ones first; beyond that it says so in an annotation. Nobody
 * needs the rest: EndpointSlices have all (endpoints.truncateEndpoints of kube-controller-manager).
 * https://kubernetes.io/docs/concepts/services-networking/service/#over-capacity-endpoints
 */
import type { Address, Subset } from './subsets.ts'

export const MAX_ADDRESSES = 1000
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'
const TRUNCATED = 'truncated'

type Annotations = Record<string, string>
type Part = 'addresses' | 'notReadyAddresses'

export interface Fitted {
  readonly subsets: readonly Subset[]
  readonly isTruncated: boolean
}

/**
 * Of 900 ready and 300 that are not, all ready ones and 100 others; of 1,500 ready ones 1,000. Each subset loses its
 * share: of two with 1,200 and 300 ready, 800 and 200 stay.
 */
export function fitted(subsets: readonly Subset[]): Fitted {
  const ready = count(subsets, 'addresses')
  const others = count(subsets, 'notReadyAddresses')
  if (ready + others <= MAX_ADDRESSES) return { subsets, isTruncated: false }
  if (ready <= MAX_ADDRESSES)
    return { subsets: shared(subsets, 'notReadyAddresses', MAX_ADDRESSES - ready), isTruncated: true }
  const readyOnly = subsets.map((subset) => having(subset, 'notReadyAddresses', []))
  return { subsets: shared(readyOnly, 'addresses', MAX_ADDRESSES), isTruncated: true }
}

const count = (subsets: readonly Subset[], part: Part): number =>
  subsets.reduce((sum, subset) => sum + (subset[part]?.length ?? 0), 0)

function shared(subsets: readonly Subset[], part: Part, room: number): Subset[] {
  const total = count(subsets, part)
  let left = room
  return subsets.map((subset) => {
    const all = subset[part] ?? []
    const share = Math.min(left, Math.ceil((all.length * room) / total))
    left -= Math.min(share, all.length)
    return having(subset, part, all.slice(0, share))
  })
}

function having(subset: Subset, part: Part, addresses: readonly Address[]): Subset {
  const { [part]: _, ...rest } = subset
  return addresses.length > 0 ? { ...rest, [part]: [...addresses] } : rest
}

/** Undefined where none are left. */
export function annotated(annotations: Annotations | undefined, isTruncated: boolean): Annotations | undefined {
  const { [OVER_CAPACITY]: _, ...others } = annotations ?? {}
  if (isTruncated) return { ...others, [OVER_CAPACITY]: TRUNCATED }
  return Object.keys(others).length > 0 ? others : undefined
}
