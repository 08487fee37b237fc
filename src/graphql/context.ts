/** What resolvers get: who asks, and the clusters they may reach. Made for each request; holds nothing beyond it. */
import type { ClusterRecord } from '../tenancy/tenancy.ts'
import type { Client } from './client.ts'
import type { Budget } from './limits.ts'
import type { Loader } from './loader.ts'

/** One cluster in one request. Holding one proves that the caller may use it. */
export interface Session {
  readonly cluster: ClusterRecord
  readonly client: Client
  readonly loader: Loader
  readonly budget: Budget
}

export interface Context {
  /** Throws NotFound for a cluster that is not there or another organization's: the two look alike. */
  session(cluster: string): Promise<Session>
  /** All clusters that the caller may use. */
  sessions(): Promise<readonly Session[]>
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  now(): number
}
