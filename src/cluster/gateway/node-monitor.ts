/**
 * Marks nodes that nobody hears of as Unknown. Looks when the next could have gone silent, not at intervals: a timer of
 * the store says when, and there is none while no node can fall silent.
 *
 * The object may sleep between two polls of a node without a socket, or because its only node is dead: then nothing is
 * known when it wakes. Such a node is put on probation, in a row, and so is one whose socket closes: a poll takes the row
 * away, and if it is still there when its time is over the node was silent, however often the object slept meanwhile.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
 */
import { nodes } from '../../kube/resources/core/node.ts'
import type { Node } from '../../kube/types.ts'
import type { Change } from '../../store/log.ts'
import type { Store } from '../../store/store.ts'
import type { Clock, Operations } from '../apiserver/operations.ts'
import { timestampOf } from '../service-account-tokens.ts'
import { GRACE_MS, isUnknown, type Liveness, unknownStatus } from './liveness.ts'

const LOOK = 'node-monitor'
const PROBATION = 'node-probation'
/** Nodes fall due one by one; looking at all of them so often at most bounds the rows that the timer costs. */
const MIN_LOOK_MS = 5_000

/** The node lifecycle controller is one of those. */
const MONITOR = { name: 'kube-controller-manager', subresource: 'status' }

export interface NodeMonitor {
  /** A Node that is new, or back, must be watched over; of one that is gone nothing is remembered. */
  heed(changes: readonly Change[]): void
  isOnProbation(node: string): boolean
  /** In a transaction: the node's socket has closed, and memory may be next; it was last heard of then, if ever. */
  lost(node: string, heardAt: number | undefined): void
  /** In a transaction: the node was heard of. */
  acquit(node: string): void
  /** In a transaction. Does nothing before it is time. */
  look(now: number): void
}

export interface NodeMonitorOptions {
  readonly store: Pick<Store, 'timers' | 'list' | 'get'>
  readonly operations: Pick<Operations, 'update'>
  readonly liveness: Liveness
  readonly clock: Clock
}

export function createNodeMonitor({ store, operations, liveness, clock }: NodeMonitorOptions): NodeMonitor {
  const { timers } = store

  const mark = (node: Node, now: number): void => {
    const key = { namespace: '', name: node.metadata.name }
    const status = unknownStatus(node, timestampOf(now))
    operations.update<Node>(nodes, key, { ...node, metadata: { ...node.metadata }, status }, 'status', MONITOR)
  }

  const watchOver = (node: string): void => {
    const now = clock.now()
    liveness.heard(node, now)
    timers.set(LOOK, '', Math.min(timers.at(LOOK, '') ?? Number.POSITIVE_INFINITY, now + GRACE_MS))
  }

  /** When the node will have been silent for too long; at or before now: it has been. */
  const silentAt = (node: string, now: number): number => {
    const heard = liveness.lastHeard(node)
    if (heard !== undefined) return heard + GRACE_MS
    const probation = timers.at(PROBATION, node) ?? now + GRACE_MS
    timers.set(PROBATION, node, probation)
    return probation
  }

  return {
    heed(changes) {
      for (const change of changes) {
        if (change.resource !== 'nodes') continue
        if (change.type === 'DELETED') {
          liveness.forget(change.name)
          timers.set(PROBATION, change.name, undefined)
        } else if (isBack(change)) watchOver(change.name)
      }
    },
    isOnProbation: (node) => timers.at(PROBATION, node) !== undefined,
    lost(name, heardAt) {
      const node = store.get(nodes, { namespace: '', name })
      if (node === undefined || isUnknown(node)) return
      const latest = Math.max(heardAt ?? 0, liveness.lastHeard(name) ?? 0) || clock.now()
      timers.set(PROBATION, name, latest + GRACE_MS)
    },
    acquit: (node) => timers.set(PROBATION, node, undefined),
    look(now) {
      if (!timers.due(now).some(({ owner }) => owner === LOOK || owner === PROBATION)) return
      let next: number | undefined
      for (const node of store.list(nodes)) {
        const { name } = node.metadata
        const due = isUnknown(node) ? now : silentAt(name, now)
        if (due > now) next = Math.min(next ?? due, due)
        else if (!isUnknown(node)) mark(node, now)
        // What was heard of later than the probation began ends it.
        if (due <= now || due > (timers.at(PROBATION, name) ?? due)) timers.set(PROBATION, name, undefined)
      }
      timers.set(LOOK, '', next === undefined ? undefined : Math.max(next, now + MIN_LOOK_MS))
    },
  }
}

/** New, or said by somebody to be no longer Unknown: both are signs of life. The log's `nodes` are Nodes. */
const isBack = ({ type, object, previous }: Change): boolean =>
  type === 'ADDED' || (isUnknown(previous as Node) && !isUnknown(object as Node))
