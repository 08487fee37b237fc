/**
 * The scheduler's memory of the cluster: a cache, fed with every change. Each node carries the sums of what is bound to
 * it, so a change costs its own Pod and a decision costs no look at Pods.
 */
import { deepEqual } from '../kube/json.ts'
import type { Node } from '../kube/types.ts'
import type { Amounts, ClusterEvent, ClusterState, NodeInfo, PodInfo } from './model.ts'
import { amountsOf, maxPodsOf } from './pod-info.ts'

export interface Cluster extends ClusterState {
  /** Answers what happened, for the Pods that wait. */
  setNode(next: Node | undefined, previous: Node | undefined): ClusterEvent[]
  assign(pod: PodInfo, node: string): void
  /** Answers whether it was there. */
  unassign(uid: string): boolean
  assignmentOf(uid: string): { readonly node: string; readonly pod: PodInfo } | undefined
}

export function createCluster(): Cluster {
  const byName = new Map<string, NodeInfo>()
  const assignments = new Map<string, { node: string; pod: PodInfo }>()
  let present: NodeInfo[] | undefined
  let antiAffinePods = 0

  const infoOf = (name: string): NodeInfo => {
    const known = byName.get(name)
    if (known) return known
    const fresh = emptyNode(name)
    byName.set(name, fresh)
    return fresh
  }

  return {
    get nodes() {
      present ??= [...byName.values()].filter(({ node }) => node !== undefined)
      return present
    },
    get antiAffinePods() {
      return antiAffinePods
    },
    setNode(next, previous) {
      const name = (next ?? previous)?.metadata.name
      if (name === undefined) return []
      const info = infoOf(name)
      const former = info.node
      if (former === undefined || next === undefined) present = undefined
      info.node = next
      if (next === undefined) {
        if (info.pods.size === 0) byName.delete(name)
        return ['node-gone']
      }
      info.labels = next.metadata.labels ?? {}
      if (!former || former.status.allocatable !== next.status.allocatable) {
        info.allocatable = amountsOf(next.status.allocatable)
        info.maxPods = maxPodsOf(next)
      }
      return former ? eventsBetween(former, next) : ['node-added']
    },
    assign(pod, node) {
      this.unassign(pod.uid)
      const info = infoOf(node)
      info.pods.set(pod.uid, pod)
      count(info, pod, 1)
      if (pod.antiAffinity.length > 0) antiAffinePods += 1
      assignments.set(pod.uid, { node, pod })
    },
    unassign(uid) {
      const assignment = assignments.get(uid)
      if (!assignment) return false
      const info = infoOf(assignment.node)
      info.pods.delete(uid)
      count(info, assignment.pod, -1)
      if (assignment.pod.antiAffinity.length > 0) antiAffinePods -= 1
      assignments.delete(uid)
      if (info.node === undefined && info.pods.size === 0) byName.delete(assignment.node)
      return true
    },
    assignmentOf: (uid) => assignments.get(uid),
  }
}

const emptyAmounts = (): Amounts => ({ cpu: 0, memory: 0, ephemeralStorage: 0, others: undefined })

const emptyNode = (name: string): NodeInfo => ({
  name,
  node: undefined,
  labels: {},
  allocatable: emptyAmounts(),
  maxPods: 0,
  pods: new Map(),
  used: emptyAmounts(),
  scored: { cpu: 0, memory: 0 },
  hostPorts: new Map(),
  owners: new Map(),
  antiAffine: 0,
})

function count(info: NodeInfo, pod: PodInfo, sign: 1 | -1): void {
  const { used, scored } = info
  used.cpu += sign * pod.requests.cpu
  used.memory += sign * pod.requests.memory
  used.ephemeralStorage += sign * pod.requests.ephemeralStorage
  for (const [name, amount] of pod.requests.others ?? []) {
    used.others ??= new Map()
    used.others.set(name, (used.others.get(name) ?? 0) + sign * amount)
  }
  scored.cpu += sign * pod.scored.cpu
  scored.memory += sign * pod.scored.memory
  for (const port of pod.hostPorts) {
    const id = `${pod.uid} ${port.ip} ${port.protocol} ${port.port}`
    if (sign > 0) info.hostPorts.set(id, port)
    else info.hostPorts.delete(id)
  }
  if (pod.owner !== undefined) info.owners.set(pod.owner, (info.owners.get(pod.owner) ?? 0) + sign)
  if (pod.owner !== undefined && info.owners.get(pod.owner) === 0) info.owners.delete(pod.owner)
  if (pod.antiAffinity.length > 0) info.antiAffine += sign
}

/** A heartbeat or a condition lifts no refusal: conditions become taints. */
function eventsBetween(former: Node, next: Node): ClusterEvent[] {
  const events: ClusterEvent[] = []
  if (!deepEqual(former.status.allocatable, next.status.allocatable)) events.push('node-allocatable-changed')
  if (!deepEqual(former.metadata.labels, next.metadata.labels)) events.push('node-labels-changed')
  if (!deepEqual(former.spec.taints, next.spec.taints) || former.spec.unschedulable !== next.spec.unschedulable)
    events.push('node-taints-changed')
  return events
}
