/**
 * A checker knows one promise, and how to see from outside that it is kept: from the durable log, from what runs on the
 * machines and from what clients were told. It must not know the code that keeps it.
 */
import type { Pod } from '../../../src/kube/types.ts'
import type { Cluster } from '../cluster.ts'
import type { DurableChange, State } from '../history.ts'
import type { Machine } from '../machine.ts'

export interface Checker {
  /** A change has become durable; `before` is the state it was made in. Throws a Violation. */
  readonly change?: (change: DurableChange, before: State) => void
  /** The same, with the state it led to. */
  readonly changed?: (change: DurableChange, after: State) => void
  /** A machine starts a Pod's containers. */
  readonly starting?: (machine: Machine, pod: Pod) => void
  /** Pods may become unready or go without anybody in the control plane wanting it: a fault, or a user. */
  readonly excuse?: (now: number) => void
  /** Now and then, and at rest: what may cost something. */
  readonly look?: (cluster: Cluster) => void
  /** Nothing happens any more: faults have ended, and time has passed. */
  readonly rest?: (cluster: Cluster) => void
}
