import type { Attributes } from '../../../kube/admission/attributes.ts'
import type { Resource } from '../../../kube/resource.ts'
import type { Change } from '../../../store/log.ts'
import type { ClientConfig } from '../../callouts/transport.ts'

/** One webhook of a configuration. */
export interface Hook {
  /** Tells it from all others, former states of it among them. */
  readonly id: string
  readonly name: string
  /** Whether the object as it is now is one that it wants to see. Throws where nobody can tell and it may not be passed over. */
  readonly cares: (attributes: Attributes) => boolean
  /** In the version that it wants to see. */
  readonly shown: (attributes: Attributes) => Attributes
  readonly clientConfig: ClientConfig
  readonly reviewVersion: string
  readonly timeoutMs: number
  readonly failsOpen: boolean
  readonly allowsDryRun: boolean
  readonly isReinvoked: boolean
}

export interface HooksOf {
  /** Whether any webhook may care for writes of it. */
  mayConcern(resource: Resource): boolean
  /** Those whose rules and namespaces fit, in the order in which they are called. */
  concerned(attributes: Attributes): readonly Hook[]
  /** Hears of committed changes. */
  heed(changes: readonly Change[]): void
}

export const NOBODY: HooksOf = { mayConcern: () => false, concerned: () => [], heed: () => undefined }
