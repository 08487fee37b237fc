/** What operators do to nodes. */
import { keyOf } from '../../../src/kube/object.ts'
import { nodes } from '../../../src/kube/resources/core/node.ts'
import { pods } from '../../../src/kube/resources/core/pod.ts'
import type { Node } from '../../../src/kube/types.ts'
import type { Cluster } from '../cluster.ts'
import type { Chance } from '../random.ts'
import { type Act, oneOf } from './act.ts'

const MAX_NODES = 6
const MIN_NODES = 2

export const nodeActs: readonly Act[] = [
  { weight: 3, what: 'cordons or uncordons', run: cordon },
  { weight: 1, what: 'drains a node', run: drain },
  { weight: 2, what: 'adds a node', run: addNode },
  { weight: 1, what: 'takes a node away', run: removeNode },
]

export const uncordoned = (draft: Node): void => {
  delete draft.spec.unschedulable
}

function cordon(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, nodes)
  if (found)
    cluster.client.patch(nodes, keyOf(found), (draft) => {
      if (draft.spec.unschedulable) uncordoned(draft)
      else draft.spec.unschedulable = true
    })
}

function drain(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, nodes)
  if (!found) return
  cluster.excuse()
  cluster.client.patch(nodes, keyOf(found), (draft) => {
    draft.spec.unschedulable = true
  })
  for (const pod of cluster.history.all(pods))
    if (pod.spec.nodeName === found.metadata.name) cluster.client.remove(pods, keyOf(pod))
}

function addNode(cluster: Cluster): void {
  if (cluster.agents.length < MAX_NODES) cluster.join()
}

/** The machine is switched off, and its Node deleted. */
function removeNode(cluster: Cluster, chance: Chance): void {
  const agent = chance.some(cluster.agents)
  if (!agent || cluster.agents.length <= MIN_NODES) return
  cluster.excuse()
  cluster.leave(agent)
}
