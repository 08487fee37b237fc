/** Runs the scheduler as a consumer of the change log. Its view of nodes and Pods is a cache, filled when first needed. */
import type { Write } from '../../controllers/controller.ts'
import { nodes } from '../../kube/resources/core/node.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import type { Node, Pod } from '../../kube/types.ts'
import type { Decision, Scheduler } from '../../scheduler/scheduler.ts'
import type { Change } from '../../store/log.ts'
import type { Store } from '../../store/store.ts'
import type { Clock, Random } from '../apiserver/operations.ts'
import type { Writer } from './writes.ts'

export interface SchedulerConsumer {
  /** Hears of a committed change; of one that it knows of again it takes no notice. */
  observe(change: Change): void
  hasWork(): boolean
  /** Decides at most `limit` Pods and writes the verdicts; answers how many writes that took. */
  slice(limit: number): number
}

export interface SchedulingOptions {
  readonly store: Store
  readonly writer: Writer
  readonly clock: Clock
  readonly random: Random
  readonly createScheduler: () => Scheduler
  readonly writesOf: (decision: Decision, now: number) => readonly Write[]
  readonly log: (message: string, fields: Record<string, unknown>) => void
}

export function createScheduling(options: SchedulingOptions): SchedulerConsumer {
  const { store, writer, clock, random, writesOf, log } = options
  let scheduler: Scheduler | undefined
  let knownTo = 0
  let hasWork = false

  const prime = (): Scheduler => {
    const fresh = options.createScheduler()
    for (const node of store.list(nodes)) fresh.observeNode(node, undefined)
    for (const pod of store.list(pods)) fresh.observePod(pod, undefined)
    knownTo = store.latest
    scheduler = fresh
    return fresh
  }

  const decide = (limit: number): number => {
    const active = scheduler ?? prime()
    const now = clock.now()
    const { decisions, more } = active.schedule({ now, limit, random: () => random.next() })
    hasWork = more
    let writes = 0
    for (const decision of decisions) {
      const wanted = writesOf(decision, now)
      writes += wanted.length
      store.transaction(() => writer.apply(wanted))
    }
    return writes
  }

  return {
    observe(change) {
      if (change.resource !== 'pods' && change.resource !== 'nodes') return
      if (scheduler && change.rv <= knownTo) return
      hasWork = true
      if (!scheduler) return
      knownTo = change.rv
      const next = change.type === 'DELETED' ? undefined : change.object
      // The log's `pods` are Pods and its `nodes` Nodes.
      if (change.resource === 'pods') scheduler.observePod(next as Pod | undefined, change.previous as Pod | undefined)
      else scheduler.observeNode(next as Node | undefined, change.previous as Node | undefined)
    },
    hasWork: () => hasWork,
    slice(limit) {
      if (!hasWork) return 0
      try {
        return store.transaction(() => decide(limit))
      } catch (error) {
        // What it assumed did not come true: forget it all, and begin from the store at the next change.
        log('scheduling failed', { error: String(error), stack: error instanceof Error ? error.stack : undefined })
        scheduler = undefined
        hasWork = false
        return 1
      }
    },
  }
}
