/** What a decision means: a binding or a condition, and the Event that tells of it. */
import { record, updateStatus, type Write } from '../controllers/controller.ts'
import { keyOf } from '../kube/object.ts'
import { pods } from '../kube/resources/core/pod.ts'
import type { Pod } from '../kube/types.ts'
import type { Decision } from './scheduler.ts'

const COMPONENT = 'default-scheduler'
type Condition = NonNullable<Pod['status']['conditions']>[number]

/** `now` in milliseconds since the epoch. */
export function writesOf(decision: Decision, now: number): Write[] {
  const { pod } = decision
  switch (decision.verb) {
    case 'bind': {
      const message = `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${decision.node}`
      return [
        { verb: 'bind', pod: keyOf(pod), uid: pod.metadata.uid, node: decision.node },
        record({ about: pod, type: 'Normal', reason: 'Scheduled', message, component: COMPONENT }),
      ]
    }
    case 'unschedulable':
      return refusal(pod, decision.message, now)
    default:
      return decision satisfies never
  }
}

/** Nothing where the Pod says so already: it is tried again with every change that might help. */
function refusal(pod: Pod, message: string, now: number): Write[] {
  const former = pod.status.conditions?.find(({ type }) => type === 'PodScheduled')
  if (former?.status === 'False' && former.reason === 'Unschedulable' && former.message === message) return []
  const lastTransitionTime =
    former?.status === 'False' && former.lastTransitionTime
      ? former.lastTransitionTime
      : `${new Date(now).toISOString().slice(0, 19)}Z`
  const condition: Condition = {
    type: 'PodScheduled',
    status: 'False',
    lastTransitionTime,
    reason: 'Unschedulable',
    message,
  }
  const others = (pod.status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
  return [
    updateStatus(pods, { ...pod, status: { ...pod.status, conditions: [...others, condition] } }),
    record({ about: pod, type: 'Warning', reason: 'FailedScheduling', message, component: COMPONENT }),
  ]
}
