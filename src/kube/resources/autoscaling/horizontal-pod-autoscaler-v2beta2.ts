/** Autoscalers as clients of Kubernetes before v1.23 ask for them. */
import { olderVersion } from '../../older-version.ts'
import type { HorizontalPodAutoscaler } from '../../types.ts'
import { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.ts'

type Status = HorizontalPodAutoscaler['status']

export const horizontalPodAutoscalersV2beta2 = olderVersion(
  horizontalPodAutoscalers,
  {
    version: 'v2beta2',
    schema: 'io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscaler',
    deprecatedIn: 'v1.23',
    unavailableIn: 'v1.26',
  },
  {
    fromStored: (stored) => ({ ...stored, status: withCount(stored.status) }),
    toStored: (given) => ({ ...given, status: withoutNone(given.status) }),
  },
)

/** Here a count of nothing is said, and old clients miss it; today's version leaves it out. */
const withCount = (status: Status): Status => ({ ...status, currentReplicas: status.currentReplicas ?? 0 })

function withoutNone({ currentReplicas, ...status }: Status): Status {
  return currentReplicas ? { ...status, currentReplicas } : status
}
