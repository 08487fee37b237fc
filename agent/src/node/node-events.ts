/** What a node's Events say, worded as the kubelet's: that it starts, and each condition that has changed. */
import type { Node } from '../../../src/kube/types.ts'
import type { AgentEvent } from '../../../src/protocol/agent.ts'

type Conditions = NonNullable<Node['status']['conditions']>

/** Reasons where the condition holds, and where it does not. */
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  Ready: ['NodeReady', 'NodeNotReady'],
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
}

/** A node's own events name it by its name, for the kubelet does not know its uid; `kubectl describe` looks for both. */
const event = (node: string, reason: string, message: string): AgentEvent => ({
  about: { kind: 'Node', namespace: '', name: node, uid: node },
  type: 'Normal',
  reason,
  message,
})

export const startEvent = (node: string): AgentEvent => event(node, 'Starting', 'Starting kubelet.')

export function conditionEvents(node: string, former: Conditions, next: Conditions): AgentEvent[] {
  return next.flatMap(({ type, status }) => {
    const reasons = REASONS[type]
    if (!reasons || former.find((condition) => condition.type === type)?.status === status) return []
    const reason = status === 'True' ? reasons[0] : reasons[1]
    return [event(node, reason, `Node ${node} status is now: ${reason}`)]
  })
}
