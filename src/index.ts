/** The Worker's entry: the fetch handler and the Durable Object classes. */
import { fetch } from './http/app.ts'

export { Cluster } from './cluster/cluster.ts'

export default { fetch }
