/** Runs one history from its seed: a cluster is made, lives with a workload and faults, comes to rest, and is judged. */

import { deployments } from '../../src/kube/resources/apps/deployment.ts'
import { Cluster } from './cluster.ts'

export interface Report {
  readonly seed: number
  readonly steps: number
  readonly changes: number
}

export async function simulate(seed: number, steps: number): Promise<Report> {
  const cluster = new Cluster(seed)
  try {
    await cluster.found()
    for (let at = 0; at < 3; at++) cluster.join()
    cluster.client.create(deployments, 'default', {
      metadata: { name: 'web' },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } },
      },
    })
    while (cluster.steps < steps) await cluster.step()
    return { seed, steps: cluster.steps, changes: cluster.history.changes.length }
  } catch (error) {
    throw new Error([`seed ${seed}, step ${cluster.steps}: ${String(error)}`, ...cluster.trace.slice(-60)].join('\n'), {
      cause: error,
    })
  } finally {
    cluster.object.database.close()
  }
}
