/** Runs one history from its seed: a cluster is made, lives with a workload and faults, comes to rest, and is judged. */

import { createHash } from 'node:crypto'
import { keyText } from '../../src/kube/object.ts'
import type { Resource } from '../../src/kube/resource.ts'
import { deployments } from '../../src/kube/resources/apps/deployment.ts'
import { nodes } from '../../src/kube/resources/core/node.ts'
import { pods } from '../../src/kube/resources/core/pod.ts'
import { services } from '../../src/kube/resources/core/service.ts'
import { endpointSlices } from '../../src/kube/resources/discovery/endpoint-slice.ts'
import type { Pod } from '../../src/kube/types.ts'
import { Cluster } from './cluster.ts'
import { type Faults, startFaults } from './faults.ts'
import type { DurableChange } from './history.ts'
import { createChance } from './random.ts'
import { startWebhooks, type WebhookWorkload } from './users/webhooks.ts'
import { putRight, startWorkload } from './users/workload.ts'
import { promise } from './violation.ts'
import type { Interest } from './watcher.ts'

export interface Report {
  readonly seed: number
  /** Steps of the simulation, those until rest included. */
  readonly steps: number
  readonly changes: number
  readonly faults: Readonly<Record<string, number>>
  /** Calls of webhooks. */
  readonly reviews: number
  readonly requests: { readonly answered: number; readonly refused: number; readonly lost: number }
  /** Simulated time, in seconds. */
  readonly seconds: number
  /** Of all that became durable: the same for the same seed. */
  readonly digest: string
}

interface Run {
  readonly seed: number
  readonly steps: number
}

const NODES = 3
/** In percent. */
const WITH_WEBHOOKS = 40
/** Theirs is the chance of another seed. */
const WEBHOOKS = 2_000_027
/** Between looks that cost something. */
const LOOK_STEPS = 500
/** Longer than a rollout's deadline and a Pod's toleration of a lost node: who has not moved by then never will. */
const QUIET_MS = 12 * 60 * 1000
/** Nodes are well again, but the control plane is not yet: work that only a timer knows of is due in this time. */
const AFTERMATH_MS = 6 * 60 * 1000
const MAX_REST_MS = 6 * 60 * 60 * 1000

export async function simulate(seed: number, steps: number): Promise<Report> {
  const cluster = new Cluster(seed)
  try {
    const started = cluster.timeline.now()
    await cluster.found()
    for (let at = 0; at < NODES; at++) cluster.join()
    for (const interest of INTERESTS) cluster.watch(interest)
    const faults = startFaults(cluster, cluster.chance.fork())
    const workload = startWorkload(cluster, cluster.chance.fork())
    const operators = webhooksOf(cluster, seed)
    while (cluster.steps < steps) {
      faults.maybe()
      await cluster.step()
      if (cluster.steps % LOOK_STEPS === 0) look(cluster)
    }
    workload.stop()
    faults.end()
    operators?.stop()
    await pass(cluster, faults, AFTERMATH_MS)
    // What was under way has arrived by then, and what the user wants now is lost no more.
    putRight(cluster)
    await rest(cluster)
    return {
      seed,
      steps: cluster.steps,
      changes: cluster.history.changes.length,
      faults: faults.counts,
      reviews: cluster.outside.asked.length,
      requests: cluster.client.counts,
      seconds: Math.round((cluster.timeline.now() - started) / 1000),
      digest: digestOf(cluster),
    }
  } catch (error) {
    throw new Error(failureOf({ seed, steps }, cluster, error), { cause: error })
  } finally {
    cluster.object.database.close()
  }
}

/** In some histories; decided by chance of their own, so that the others are what they are without them. */
function webhooksOf(cluster: Cluster, seed: number): WebhookWorkload | undefined {
  const chance = createChance(seed + WEBHOOKS)
  return chance.percent(WITH_WEBHOOKS) ? startWebhooks(cluster, chance) : undefined
}

function failureOf({ seed, steps: asked }: Run, { steps, trace }: Cluster, error: unknown): string {
  const replay = `replay it with SEED=${seed} STEPS=${asked} npm test -- simulation`
  return [`seed ${seed}, step ${steps}: ${String(error)}`, replay, 'The last steps:', ...trace.slice(-80)].join('\n  ')
}

async function pass(cluster: Cluster, faults: Faults, ms: number): Promise<void> {
  const until = cluster.timeline.now() + ms
  while (cluster.timeline.now() < until) {
    faults.maybe()
    await cluster.step()
  }
}

/** Tables are compared with what is durable: so all must be. */
function look(cluster: Cluster): void {
  cluster.object.settle()
  cluster.look()
}

/** Lets time pass until nothing has changed for long, and judges what there is then. */
async function rest(cluster: Cluster): Promise<void> {
  await untilQuiet(cluster, QUIET_MS)
  cluster.object.settle()
  cluster.judge()
  const latest = lastOf(cluster)
  // A new life that looks at everything again finds nothing to do.
  cluster.object.database.sql.run("DELETE FROM meta WHERE key = 'engine-cursor'")
  cluster.object.settle()
  cluster.object.crash()
  cluster.object.plane()
  await untilQuiet(cluster, 60_000)
  const { changes } = cluster.history
  promise('who looks again at what is settled writes nothing', cluster.history.latest === latest, () =>
    linesOf(changes.filter(({ rv }) => rv > latest)),
  )
}

async function untilQuiet(cluster: Cluster, quietMs: number): Promise<void> {
  const { timeline, history } = cluster
  const began = timeline.now()
  let latest = lastOf(cluster)
  let changedAt = began
  while (timeline.now() - changedAt < quietMs) {
    await cluster.step()
    if (lastOf(cluster) !== latest) {
      latest = lastOf(cluster)
      changedAt = timeline.now()
    }
    const isTooLong = timeline.now() - began > MAX_REST_MS
    promise('the cluster comes to rest', !isTooLong, () => linesOf(history.changes.slice(-10)))
  }
}

/** Version of the last change; that Events end after their time is none. */
const lastOf = ({ history }: Cluster): number =>
  history.changes.findLast(({ resource, type }) => resource !== 'events' || type !== 'DELETED')?.rv ?? 0

function digestOf({ history }: Cluster): string {
  const hash = createHash('sha256')
  for (const { rv, at, text } of history.changes) hash.update(`${rv} ${at} ${text}\n`)
  return hash.digest('hex')
}

const linesOf = (changes: readonly DurableChange[]): string =>
  changes.map(({ rv, type, resource, key, text }) => `${rv} ${type} ${resource} ${keyText(key)} ${text}`).join('\n')

const all = (): boolean => true

const INTERESTS: readonly Interest[] = [
  { resource: pods as unknown as Resource, includes: all },
  { resource: deployments as unknown as Resource, includes: all },
  { resource: nodes as unknown as Resource, includes: all },
  { resource: services as unknown as Resource, includes: all },
  { resource: endpointSlices as unknown as Resource, includes: all },
  {
    resource: pods as unknown as Resource,
    labels: 'app=web',
    includes: ({ metadata }) => metadata.labels?.['app'] === 'web',
  },
  {
    resource: pods as unknown as Resource,
    fields: 'spec.nodeName=node-1',
    includes: (pod) => (pod as Pod).spec.nodeName === 'node-1',
  },
]
