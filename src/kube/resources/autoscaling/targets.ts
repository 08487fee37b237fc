/** The Targets column of autoscalers: what each metric is now, and what it should be. */
import type { HorizontalPodAutoscaler } from '../../types.ts'
import type { MetricSpec } from './metrics.ts'

type Status = HorizontalPodAutoscaler['status']
type MetricStatus = NonNullable<Status['currentMetrics']>[number]
type Current = { value?: unknown; averageValue?: unknown; averageUtilization?: unknown }
type Target = Current

const SHOWN = 2
const UNKNOWN = '<unknown>'

export function targetsOf({ spec, status }: HorizontalPodAutoscaler): string {
  const { metrics = [] } = spec
  if (metrics.length === 0) return '<none>'
  const shown = metrics.slice(0, SHOWN).map((metric, index) => targetOf(metric, status.currentMetrics?.[index]))
  const more = metrics.length - SHOWN
  return more > 0 ? `${shown.join(', ')} + ${more} more...` : shown.join(', ')
}

function targetOf(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External':
      return amountsOf(metric.external?.target, status?.external?.current)
    case 'Object':
      return amountsOf(metric.object?.target, status?.object?.current)
    case 'Pods':
      return `${said(status?.pods?.current?.averageValue)}/${said(metric.pods?.target?.averageValue)}`
    case 'Resource':
      return `${metric.resource?.name}: ${usageOf(metric.resource?.target, status?.resource?.current)}`
    case 'ContainerResource': {
      const { name, target } = metric.containerResource ?? {}
      return `${name}: ${usageOf(target, status?.containerResource?.current)}`
    }
    default:
      return '<unknown type>'
  }
}

const said = (value: unknown, otherwise = UNKNOWN): string => (value === undefined ? otherwise : String(value))

const amountsOf = (target: Target | undefined, current: Current | undefined): string =>
  target?.averageValue === undefined
    ? `${said(current?.value)}/${said(target?.value)}`
    : `${said(current?.averageValue)}/${said(target.averageValue)} (avg)`

const percent = (value: unknown, otherwise: string): string => (value === undefined ? otherwise : `${value}%`)

const usageOf = (target: Target | undefined, current: Current | undefined): string =>
  target?.averageValue === undefined
    ? `${percent(current?.averageUtilization, UNKNOWN)}/${percent(target?.averageUtilization, '<auto>')}`
    : `${said(current?.averageValue)}/${said(target.averageValue)}`
