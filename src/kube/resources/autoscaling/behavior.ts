/** How fast an autoscaler scales: its defaults and rules (KEP-853; ValidateHorizontalPodAutoscaler's validateBehavior). */
import { type FieldError, type FieldPath, invalidValue, notSupported, required } from '../../field.ts'
import type { HorizontalPodAutoscaler } from '../../types.ts'

export type Behavior = NonNullable<HorizontalPodAutoscaler['spec']['behavior']>
type Rules = NonNullable<Behavior['scaleUp']>
type Policy = NonNullable<Rules['policies']>[number]

const SELECT_POLICIES = ['Disabled', 'Max', 'Min']
const POLICY_TYPES = ['Percent', 'Pods']
const MAX_WINDOW_SECONDS = 3600
const MAX_PERIOD_SECONDS = 1800
const PERIOD_SECONDS = 15
const PODS_UP = 4

export function defaultBehavior(behavior: Behavior): void {
  const { scaleUp = {}, scaleDown = {} } = behavior
  scaleUp.stabilizationWindowSeconds ??= 0
  scaleUp.selectPolicy ??= 'Max'
  scaleUp.policies ??= [
    { type: 'Pods', value: PODS_UP, periodSeconds: PERIOD_SECONDS },
    { type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS },
  ]
  scaleDown.selectPolicy ??= 'Max'
  scaleDown.policies ??= [{ type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS }]
  Object.assign(behavior, { scaleUp, scaleDown })
}

export const behaviorErrors = (behavior: Behavior | undefined, at: FieldPath): FieldError[] =>
  (['scaleUp', 'scaleDown'] as const).flatMap((direction) => {
    const rules = behavior?.[direction]
    return rules ? rulesErrors(rules, at.child(direction)) : []
  })

function rulesErrors(rules: Rules, at: FieldPath): FieldError[] {
  const { stabilizationWindowSeconds: seconds, selectPolicy, policies = [] } = rules
  const errors: FieldError[] = []
  const window = at.child('stabilizationWindowSeconds')
  if (seconds !== undefined && seconds < 0)
    errors.push(invalidValue(window, seconds, 'must be greater than or equal to zero'))
  if (seconds !== undefined && seconds > MAX_WINDOW_SECONDS)
    errors.push(invalidValue(window, seconds, `must be less than or equal to ${MAX_WINDOW_SECONDS}`))
  if (selectPolicy !== undefined && !SELECT_POLICIES.includes(selectPolicy))
    errors.push(notSupported(at.child('selectPolicy'), selectPolicy, SELECT_POLICIES))
  const here = at.child('policies')
  if (policies.length === 0) errors.push(required(here, 'must specify at least one Policy'))
  return [...errors, ...policies.flatMap((policy, index) => policyErrors(policy, here.index(index)))]
}

function policyErrors({ type = '', value = 0, periodSeconds = 0 }: Partial<Policy>, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (!POLICY_TYPES.includes(type)) errors.push(notSupported(at.child('type'), type, POLICY_TYPES))
  if (value <= 0) errors.push(invalidValue(at.child('value'), value, 'must be greater than zero'))
  const period = at.child('periodSeconds')
  if (periodSeconds <= 0) errors.push(invalidValue(period, periodSeconds, 'must be greater than zero'))
  if (periodSeconds > MAX_PERIOD_SECONDS)
    errors.push(invalidValue(period, periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`))
  return errors
}
