/** Autoscalers as clients of Kubernetes before v1.23 ask for them. */
import { olderVersion } from '../../older-version.ts'
import { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.ts'

export const horizontalPodAutoscalersV2beta2 = olderVersion(horizontalPodAutoscalers, {
  version: 'v2beta2',
  schema: 'io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscaler',
  deprecatedIn: 'v1.23',
  unavailableIn: 'v1.26',
})
