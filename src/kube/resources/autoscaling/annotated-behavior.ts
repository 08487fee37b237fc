/** An autoscaler's behavior as an annotation of the older version: Go's names of fields, for it prints an internal type. */
import { isRecord, stringify } from '../../json.ts'
import type { Behavior } from './behavior.ts'

type Rules = NonNullable<Behavior['scaleUp']>

export const behaviorText = ({ scaleUp, scaleDown }: Behavior): string =>
  stringify({ ScaleUp: rulesIn(scaleUp), ScaleDown: rulesIn(scaleDown) })

const rulesIn = (rules: Rules | undefined) =>
  rules
    ? {
        StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
        SelectPolicy: rules.selectPolicy ?? null,
        Policies:
          rules.policies?.map(({ type, value, periodSeconds }) => ({
            Type: type,
            Value: value,
            PeriodSeconds: periodSeconds,
          })) ?? null,
      }
    : null

/** Go takes names of fields in any case. */
export function behaviorFromText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(behaviorFromText)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, of]) => of !== null)
      .map(([key, of]) => [`${key.slice(0, 1).toLowerCase()}${key.slice(1)}`, behaviorFromText(of)]),
  )
}
