/** The Worker's bindings, as wrangler.toml declares them. */
import type { ClusterEnv } from '../cluster/cluster.ts'

export interface Env extends ClusterEnv {
  readonly DB: D1Database
  /** Lets the first organization be made, once; unset: it can't. */
  readonly BOOTSTRAP_SECRET?: string
  /** With a wildcard domain of the deployment's own: `<cluster>.<base domain>` is that cluster's API, without a path before it. */
  readonly BASE_DOMAIN?: string
  /** PEM of the CA that signed the server's certificate, where it is a private one (the embedded server). */
  readonly SERVER_CA?: string
}
