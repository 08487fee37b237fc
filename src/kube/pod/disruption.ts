/**
 * The condition that tells why the system ended a Pod.
 * https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
 */
import { timestampOf } from '../time.ts'
import type { Pod } from '../types.ts'

export function disrupted(pod: Pod, why: { readonly reason: string; readonly message: string }, now: number): Pod {
  const others = (pod.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget')
  const condition = { type: 'DisruptionTarget', status: 'True', lastTransitionTime: timestampOf(now), ...why } as const
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } }
}
