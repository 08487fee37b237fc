/**
 * Ends Pods bound to a node that does not exist: nobody is left who could stop them, or say that they stopped.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection
 */
import { disrupted } from '../kube/pod/disruption.ts'
import { nodes } from '../kube/resources/core/node.ts'
import { pods } from '../kube/resources/core/pod.ts'
import type { Node, Pod } from '../kube/types.ts'
import {
  type ClusterView,
  controller,
  each,
  type Outcome,
  on,
  remove,
  settled,
  updateStatus,
  type Write,
} from './controller.ts'
import { earliest, millisOf } from './instant.ts'

/** A Pod may be made before the node it names has joined: it has this long (podgc's quarantine of 40 s). */
const QUARANTINE_MS = 40_000

export const podGarbageCollector = controller({
  name: 'podgc',
  concerns: [on(nodes, keysOfNode), on(pods, keysOfPod)],
  reconcile({ cluster, key, now }): Outcome {
    if (cluster.get(nodes, key)) return settled
    const lost: Pod[] = []
    let lookAgainAt: number | undefined
    for (const pod of cluster.list(pods, { fields: { 'spec.nodeName': key.name } })) {
      const at = (millisOf(pod.metadata.creationTimestamp) ?? now) + QUARANTINE_MS
      if (at <= now) lost.push(pod)
      else lookAgainAt = earliest(lookAgainAt, at)
    }
    const ends = each(lost.map((pod) => end(pod, now)))
    return { ...ends, ...(lookAgainAt === undefined ? {} : { lookAgainAt }) }
  },
})

/** A node only once it is gone. */
function keysOfNode({ metadata }: Node, cluster: ClusterView): string[] {
  return cluster.get(nodes, { namespace: '', name: metadata.name }) ? [] : [`/${metadata.name}`]
}

function keysOfPod({ spec }: Pod, cluster: ClusterView): string[] {
  if (!spec.nodeName || cluster.get(nodes, { namespace: '', name: spec.nodeName })) return []
  return [`/${spec.nodeName}`]
}

/** Failed before it goes, so that a Job that owns it counts a failure. */
function end(pod: Pod, now: number): Write[] {
  const gone = remove(pods, pod, { gracePeriodSeconds: 0 })
  if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') return [gone]
  const marked = disrupted(pod, { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }, now)
  return [updateStatus(pods, { ...marked, status: { ...marked.status, phase: 'Failed' } }), gone]
}
