/**
 * A checker knows one promise, and how to see from outside that it is kept: from the durable log, from what runs on the
 * machines and from what clients were told. It must not know the code that keeps it.
 */
import type { Cluster } from '../cluster.ts'
import type { DurableChange, State } from '../history.ts'

export interface Checker {
  /** A change has become durable; `before` is the state it was made in. Throws a Violation. */
  readonly change?: (change: DurableChange, before: State) => void
  /** Nothing happens any more: faults have ended, and time has passed. */
  readonly rest?: (cluster: Cluster) => void
}
