/**
 * Which nodes are alive. Heartbeats are never rows: they are the auto-answered pings of the doorbell sockets, which do
 * not even wake the object, and the polls, which memory notes. So after the object has slept nothing is known of a node
 * without a socket; node-monitor.ts deals with that.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#node-heartbeats
 */
import type { Node } from '../../kube/types.ts'

/** kube-controller-manager's --node-monitor-grace-period. */
export const GRACE_MS = 40_000

export interface Liveness {
  /** The node polled, or wrote its status. */
  heard(node: string, at: number): void
  /** Milliseconds since the epoch of the last sign of life; undefined if there was none since the object woke. */
  lastHeard(node: string): number | undefined
  forget(node: string): void
}

/** @param lastPing Time of the last ping of the node's doorbell; undefined without a socket. */
export function createLiveness(lastPing: (node: string) => number | undefined): Liveness {
  const polls = new Map<string, number>()
  return {
    heard: (node, at) => void polls.set(node, at),
    lastHeard(node) {
      const latest = Math.max(polls.get(node) ?? 0, lastPing(node) ?? 0)
      return latest > 0 ? latest : undefined
    },
    forget: (node) => void polls.delete(node),
  }
}

const CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export const isUnknown = (node: Node): boolean =>
  node.status.conditions?.find((condition) => condition.type === 'Ready')?.status === 'Unknown'

/** The status of a node nobody hears of: all that its agent said is unknown now. */
export function unknownStatus(node: Node, now: string): Node['status'] {
  const conditions = [...(node.status.conditions ?? [])]
  for (const type of CONDITIONS) {
    const index = conditions.findIndex((condition) => condition.type === type)
    const former = conditions[index]
    const isNew = former?.status !== 'Unknown'
    const condition = {
      ...(former?.lastHeartbeatTime ? { lastHeartbeatTime: former.lastHeartbeatTime } : { lastHeartbeatTime: now }),
      type,
      status: 'Unknown' as const,
      reason: former ? 'NodeStatusUnknown' : 'NodeStatusNeverUpdated',
      message: former ? 'Kubelet stopped posting node status.' : 'Kubelet never posted node status.',
      lastTransitionTime: isNew ? now : (former?.lastTransitionTime ?? now),
    }
    if (index < 0) conditions.push(condition)
    else conditions[index] = condition
  }
  return { ...node.status, conditions }
}
