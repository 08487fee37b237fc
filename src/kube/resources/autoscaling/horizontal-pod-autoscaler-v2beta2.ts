/** Autoscalers as clients of Kubernetes before v1.23 ask for them: today's fields, but for what was added since. */
import { olderVersion } from '../../older-version.ts'
import type { HorizontalPodAutoscaler } from '../../types.ts'
import type { Behavior } from './behavior.ts'
import { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.ts'

type Rules = NonNullable<Behavior['scaleUp']>

const older = ({ tolerance: _, ...rules }: Rules): Rules => rules

function fromStored(stored: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const { scaleUp, scaleDown } = stored.spec?.behavior ?? {}
  if (scaleUp?.tolerance === undefined && scaleDown?.tolerance === undefined) return stored
  const behavior = { ...(scaleUp && { scaleUp: older(scaleUp) }), ...(scaleDown && { scaleDown: older(scaleDown) }) }
  return { ...stored, spec: { ...stored.spec, behavior } }
}

export const horizontalPodAutoscalersV2beta2 = olderVersion(
  horizontalPodAutoscalers,
  {
    version: 'v2beta2',
    schema: 'io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscaler',
    deprecatedIn: 'v1.23',
    unavailableIn: 'v1.26',
  },
  { fromStored, toStored: (given) => given },
)
