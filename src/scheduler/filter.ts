/**
 * What a filter is: whether a Pod can run on a node at all, in whose words it is refused, and what may change its mind.
 * One file each in filters/, named after kube-scheduler's plugins, whose refusals clients read.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/#filter
 */
import type { ClusterEvent, ClusterState, NodeInfo, PodInfo } from './model.ts'

export interface Filter {
  readonly name: string
  readonly liftedBy: readonly ClusterEvent[]
  /** Looks at the Pod once; undefined where the filter has nothing to say about it. */
  readonly prepare: (pod: PodInfo, cluster: ClusterState) => NodeCheck | undefined
}

/** Undefined: the node will do. */
export type NodeCheck = (node: NodeInfo) => Refusal | undefined

export interface Refusal {
  readonly reasons: readonly string[]
  /** No other Pod's leaving would help (kube-scheduler's UnschedulableAndUnresolvable). */
  readonly isFinal: boolean
}

export const finalRefusal = (reason: string): Refusal => ({ reasons: [reason], isFinal: true })
export const refusal = (reason: string): Refusal => ({ reasons: [reason], isFinal: false })
