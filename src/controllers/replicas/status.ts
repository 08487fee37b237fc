/** The status of a ReplicaSet or ReplicationController, counted from its Pods. */
import { isPodReady, podAvailable } from '../../kube/pod/readiness.ts'
import type { Pod, ReplicaSet, ReplicationController } from '../../kube/types.ts'
import { timestampOf } from '../instant.ts'

export type Workload = ReplicaSet | ReplicationController
export type WorkloadStatus = Workload['status']
export type WorkloadCondition = NonNullable<WorkloadStatus['conditions']>[number]

export interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete'
  readonly message: string
}

export interface Counted {
  readonly status: WorkloadStatus
  /** When the next ready Pod will have been so for minReadySeconds. */
  readonly lookAgainAt: number | undefined
}

export function countedStatus(workload: Workload, pods: readonly Pod[], now: number, failure?: Failure): Counted {
  const minReadySeconds = workload.spec.minReadySeconds ?? 0
  const templateLabels = Object.entries(workload.spec.template?.metadata?.labels ?? {})
  let fullyLabeled = 0
  let ready = 0
  let available = 0
  let lookAgainAt: number | undefined
  for (const pod of pods) {
    if (templateLabels.every(([key, value]) => pod.metadata.labels?.[key] === value)) fullyLabeled += 1
    if (!isPodReady(pod)) continue
    ready += 1
    const availability = podAvailable(pod, minReadySeconds, now)
    if (availability.available) available += 1
    else if (availability.at !== undefined) lookAgainAt = Math.min(availability.at, lookAgainAt ?? availability.at)
  }
  const status: WorkloadStatus = {
    replicas: pods.length,
    ...countIfAny('fullyLabeledReplicas', fullyLabeled),
    ...countIfAny('readyReplicas', ready),
    ...countIfAny('availableReplicas', available),
    ...countIfAny('observedGeneration', workload.metadata.generation ?? 0),
  }
  const conditions = conditionsAfter(workload.status.conditions ?? [], now, failure)
  return { status: conditions.length > 0 ? { ...status, conditions } : status, lookAgainAt }
}

/** Go leaves out a count of zero, and clients compare what they read. */
export const countIfAny = <K extends string>(name: K, count: number): { [P in K]?: number } =>
  count === 0 ? {} : ({ [name]: count } as { [P in K]?: number })

/** The first failure stays as it was told first, until replicas are made again. */
function conditionsAfter(
  former: readonly WorkloadCondition[],
  now: number,
  failure: Failure | undefined,
): WorkloadCondition[] {
  const others = former.filter(({ type }) => type !== 'ReplicaFailure')
  if (failure === undefined) return others
  const told = former.find(({ type }) => type === 'ReplicaFailure')
  return [
    ...others,
    told ?? { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestampOf(now), ...failure },
  ]
}
