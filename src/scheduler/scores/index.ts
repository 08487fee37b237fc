/** Every score; weights as kube-scheduler's default profile, but for the spread of replicas. */
import type { Score } from '../score.ts'
import { balancedAllocation, leastAllocated } from './least-allocated.ts'
import { preferredNodeAffinity } from './node-affinity.ts'
import { ownerSpread } from './owner-spread.ts'
import { preferredPodAffinity } from './preferred-pod-affinity.ts'
import { preferUntainted } from './taint-toleration.ts'

export const scores: readonly Score[] = [
  preferUntainted,
  preferredNodeAffinity,
  ownerSpread,
  preferredPodAffinity,
  leastAllocated,
  balancedAllocation,
]
