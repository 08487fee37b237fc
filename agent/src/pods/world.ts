/** What a Pod worker is given: the node around it. Each part is narrow, so that a test supplies what it looks at. */
import type { Pod } from '../../../src/kube/types.ts'
import type { AgentEvent } from '../../../src/protocol/agent.ts'
import type { Backoff } from '../backoff.ts'
import type { Log } from '../log.ts'
import type { PodIdentity, Runtime } from '../runtime/runtime.ts'
import type { TokenCache } from '../volumes/tokens.ts'
import type { Volumes } from '../volumes/volumes.ts'
import type { Sources } from './env.ts'
import type { PodStatus } from './status.ts'

/** A Pod's place in the node's network. */
export interface PodNetwork {
  /** Why Pods cannot be connected yet, if they cannot. */
  unreadiness(): string | undefined
  /** The Pod's address, once this very sandbox is connected. */
  addressOf(uid: string, sandboxId: string): string | undefined
  /** Connects the sandbox; idempotent. Answers the Pod's address. */
  connect(identity: PodIdentity, sandbox: { readonly id: string; readonly pid: number }): Promise<string>
  /** Gives the address back; idempotent. */
  disconnect(uid: string): Promise<void>
}

export interface NodeFacts {
  readonly hostIp: string
  /** All there is; the other figures are what Pods may have of it (the Node's allocatable). */
  readonly machineMemoryBytes: number
  readonly cpuMillis: number
  readonly memoryBytes: number
  readonly storageBytes: number
}

export interface ClusterFacts {
  readonly dnsDomain: string
}

export interface World {
  readonly runtime: Runtime
  readonly network: PodNetwork
  readonly volumes: Volumes
  readonly tokens: TokenCache
  readonly sources: Sources
  readonly restarts: Backoff
  readonly pulls: Backoff
  readonly log: Log
  node(): NodeFacts
  cluster(): ClusterFacts
  /** The text of a profile that the machine has under this name. */
  seccompProfile(name: string): Promise<string>
  now(): number
  report(pod: Pod, status: PodStatus): void
  /** A terminating Pod of which nothing is left. */
  ended(pod: Pod): void
  event(event: AgentEvent): void
}
