/** Users: one act after the other, or several at once, drawn from the seed. */
import { keyOf } from '../../../src/kube/object.ts'
import type { Resource } from '../../../src/kube/resource.ts'
import { deployments } from '../../../src/kube/resources/apps/deployment.ts'
import { replicaSets } from '../../../src/kube/resources/apps/replica-set.ts'
import { endpoints } from '../../../src/kube/resources/core/endpoints.ts'
import { nodes } from '../../../src/kube/resources/core/node.ts'
import { replicationControllers } from '../../../src/kube/resources/core/replication-controller.ts'
import { services } from '../../../src/kube/resources/core/service.ts'
import type { Pod } from '../../../src/kube/types.ts'
import { ownerOf } from '../checkers/owners.ts'
import type { Cluster } from '../cluster.ts'
import type { Chance } from '../random.ts'
import type { Act } from './act.ts'
import * as drafts from './drafts.ts'
import { nodeActs, uncordoned } from './nodes.ts'
import { objectActs } from './objects.ts'
import { isKeptByHand, serviceActs } from './services.ts'
import { workloadActs } from './workloads.ts'

const ACTS: readonly Act[] = [...workloadActs, ...serviceActs, ...nodeActs, ...objectActs]
const TOTAL = ACTS.reduce((sum, { weight }) => sum + weight, 0)

/** Gaps between acts, in milliseconds: from one after the other to long enough for a rollout. */
const GAPS = [0, 0, 30, 100, 300, 1000, 4000, 15_000] as const
/** Acts whose requests come in one instant. */
const BURSTS = [1, 1, 1, 1, 2, 4] as const

export interface Workload {
  stop(): void
}

export function startWorkload(cluster: Cluster, chance: Chance): Workload {
  let isStopped = false
  const act = (given: Act): void => {
    cluster.note(`  someone ${given.what}`)
    given.run(cluster, chance)
  }
  const next = (): void => {
    cluster.timeline.after(chance.pick(GAPS), 'a user acts', () => {
      if (isStopped) return
      const first = drawn(chance)
      const times = chance.pick(BURSTS)
      // Often the same, as when a manifest has many of a kind.
      cluster.client.atOnce(() => {
        for (let at = 0; at < times; at++) act(at > 0 && chance.percent(40) ? drawn(chance) : first)
      })
      next()
    })
  }
  next()
  return {
    stop: () => {
      isStopped = true
    },
  }
}

function drawn(chance: Chance): Act {
  let lot = chance.int(TOTAL)
  for (const act of ACTS) {
    lot -= act.weight
    if (lot < 0) return act
  }
  return chance.pick(ACTS)
}

/** So that the cluster can come to rest: what stands still by a user's wish goes on, and what can't run is replaced. */
export function putRight({ client, history, agents }: Cluster): void {
  const names = new Set(agents.map(({ machine }) => machine.name))
  for (const node of history.all(nodes)) if (!names.has(node.metadata.name)) client.remove(nodes, keyOf(node))
  for (const node of history.all(nodes)) if (node.spec.unschedulable) client.patch(nodes, keyOf(node), uncordoned)
  // Of a Service that is gone: whether Endpoints kept by hand go with it is left open (kube-controller-manager deletes
  // them when it starts).
  for (const found of history.all(endpoints))
    if (isKeptByHand(found) && !history.get(services, keyOf(found))) client.remove(endpoints, keyOf(found))
  for (const found of history.all(deployments))
    client.patch(deployments, keyOf(found), (draft) => {
      delete draft.spec.paused
      mend(draft.spec.template.spec)
    })
  for (const [resource, all] of [
    [replicaSets, history.all(replicaSets)],
    [replicationControllers, history.all(replicationControllers)],
  ] as const)
    for (const found of all)
      if (ownerOf(found) === undefined) client.remove(resource as unknown as Resource, keyOf(found))
}

function mend(spec: Pod['spec'] | undefined): void {
  const container = spec?.containers[0]
  if (container?.image === drafts.BROKEN_IMAGE) container.image = drafts.IMAGES[0]
}
