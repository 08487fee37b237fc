/**
 * A node has room for what its Pods request, not for what they use.
 * https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-requests-are-scheduled
 */
import type { Filter, NodeCheck, Refusal } from '../filter.ts'
import type { NodeInfo, PodInfo } from '../model.ts'

export const nodeResourcesFit: Filter = {
  name: 'NodeResourcesFit',
  liftedBy: ['node-added', 'node-allocatable-changed', 'pod-gone'],
  prepare(pod): NodeCheck {
    const { cpu, memory, ephemeralStorage, others } = pod.requests
    return (node) => {
      const { allocatable, used } = node
      const fits =
        node.pods.size < node.maxPods &&
        (cpu === 0 || cpu <= allocatable.cpu - used.cpu) &&
        (memory === 0 || memory <= allocatable.memory - used.memory) &&
        (ephemeralStorage === 0 || ephemeralStorage <= allocatable.ephemeralStorage - used.ephemeralStorage)
      return fits && others === undefined ? undefined : shortages(pod, node)
    }
  },
}

/** Every shortage is a reason. One of more than the whole node has cannot be helped. */
function shortages({ requests }: PodInfo, { allocatable, used, pods, maxPods }: NodeInfo): Refusal | undefined {
  const reasons: string[] = []
  let isFinal = false
  const check = (name: string, wanted: number, has: number, taken: number) => {
    if (wanted === 0 || wanted <= has - taken) return
    reasons.push(`Insufficient ${name}`)
    isFinal ||= wanted > has
  }
  if (pods.size >= maxPods) reasons.push('Too many pods')
  check('cpu', requests.cpu, allocatable.cpu, used.cpu)
  check('memory', requests.memory, allocatable.memory, used.memory)
  check('ephemeral-storage', requests.ephemeralStorage, allocatable.ephemeralStorage, used.ephemeralStorage)
  for (const [name, wanted] of requests.others ?? [])
    check(name, wanted, allocatable.others?.get(name) ?? 0, used.others?.get(name) ?? 0)
  return reasons.length > 0 ? { reasons, isFinal } : undefined
}
