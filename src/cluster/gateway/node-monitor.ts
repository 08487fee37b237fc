/**
 * Marks nodes that nobody hears of as Unknown. Looks when the next could have gone silent, not at intervals: a timer of
 * the store says when, and there is none while no node can fall silent.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
 */
import { nodes } from '../../kube/resources/core/node.ts'
import type { Node } from '../../kube/types.ts'
import type { Change } from '../../store/log.ts'
import type { Store } from '../../store/store.ts'
import type { Clock, Operations } from '../apiserver/operations.ts'
import { timestampOf } from '../service-account-tokens.ts'
import { GRACE_MS, isUnknown, type Liveness, unknownStatus } from './liveness.ts'

const OWNER = 'node-monitor'

export interface NodeMonitor {
  /** A new Node must be watched over; of one that is gone nothing is remembered. */
  heed(changes: readonly Change[]): void
  /** In a transaction. Does nothing before it is time. */
  look(now: number): void
}

export interface NodeMonitorOptions {
  readonly store: Store
  readonly operations: Operations
  readonly liveness: Liveness
  readonly clock: Clock
}

export function createNodeMonitor({ store, operations, liveness, clock }: NodeMonitorOptions): NodeMonitor {
  const nextAt = (): number | undefined =>
    store.timers.due(Number.POSITIVE_INFINITY).find((timer) => timer.owner === OWNER)?.at

  const mark = (node: Node, now: number): void => {
    const key = { namespace: '', name: node.metadata.name }
    const status = unknownStatus(node, timestampOf(now))
    operations.update<Node>(nodes, key, { ...node, metadata: { ...node.metadata }, status }, 'status')
  }

  return {
    heed(changes) {
      for (const { resource, type, name } of changes) {
        if (resource !== 'nodes') continue
        if (type === 'DELETED') liveness.forget(name)
        else if (type === 'ADDED') {
          liveness.heard(name, clock.now())
          store.timers.set(OWNER, '', Math.min(nextAt() ?? Number.POSITIVE_INFINITY, clock.now() + GRACE_MS))
        }
      }
    },
    look(now) {
      const at = nextAt()
      if (at === undefined || at > now) return
      let next: number | undefined
      for (const node of store.list(nodes)) {
        if (isUnknown(node)) continue
        const silentAt = liveness.lastHeard(node.metadata.name) + GRACE_MS
        if (silentAt <= now) mark(node, now)
        else next = Math.min(next ?? Number.POSITIVE_INFINITY, silentAt)
      }
      store.timers.set(OWNER, '', next)
    },
  }
}
