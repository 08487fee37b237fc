/** What an autoscaler scales by: k8s.io/kubernetes pkg/apis/autoscaling/validation (validateMetrics). */
import {
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../field.ts'
import { pathSegmentErrors } from '../../names.ts'
import { compareQuantities } from '../../quantity.ts'
import type { HorizontalPodAutoscaler } from '../../types.ts'

export type MetricSpec = NonNullable<HorizontalPodAutoscaler['spec']['metrics']>[number]
type Target = NonNullable<MetricSpec['resource']>['target']
type Identifier = NonNullable<MetricSpec['pods']>['metric']
type Reference = HorizontalPodAutoscaler['spec']['scaleTargetRef']

/** Where each type of metric stands in its entry. */
export const SOURCES = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const

const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue']
const UNTOLD = 'must populate information for the given metric source'

export function metricErrors(metric: MetricSpec, at: FieldPath): FieldError[] {
  const { type } = metric
  const errors: FieldError[] = []
  if (!type) errors.push(required(at.child('type'), 'must specify a metric source type'))
  const expected = SOURCES[type as keyof typeof SOURCES]
  if (expected === undefined) errors.push(notSupported(at.child('type'), type ?? '', Object.keys(SOURCES)))
  else if (metric[expected] === undefined) errors.push(required(at.child(expected), UNTOLD))
  const given = Object.values(SOURCES).filter((source) => metric[source] !== undefined)
  const [first] = given
  if (first) errors.push(...sourceErrors(metric, first, at.child(first)))
  if (given.length > 1)
    for (const other of given)
      if (other !== expected) errors.push(forbiddenField(at.child(other), 'must populate the given metric source only'))
  return errors
}

function sourceErrors(metric: MetricSpec, source: (typeof SOURCES)[keyof typeof SOURCES], at: FieldPath): FieldError[] {
  switch (source) {
    case 'object':
      return metric.object ? objectErrors(metric.object, at) : []
    case 'external':
      return metric.external ? externalErrors(metric.external, at) : []
    case 'pods':
      return metric.pods ? podsErrors(metric.pods, at) : []
    case 'resource':
      return metric.resource ? resourceErrors(metric.resource, at) : []
    case 'containerResource':
      return metric.containerResource ? containerErrors(metric.containerResource, at) : []
    default:
      return source satisfies never
  }
}

function objectErrors(source: NonNullable<MetricSpec['object']>, at: FieldPath): FieldError[] {
  const { value, averageValue } = source.target ?? {}
  return [
    ...referenceErrors(source.describedObject, at.child('describedObject')),
    ...identifierErrors(source.metric, at.child('metric')),
    ...targetErrors(source.target, at.child('target')),
    ...(value === undefined && averageValue === undefined
      ? [required(at.child('target').child('averageValue'), 'must set either a target value or averageValue')]
      : []),
  ]
}

function externalErrors(source: NonNullable<MetricSpec['external']>, at: FieldPath): FieldError[] {
  const { value, averageValue } = source.target ?? {}
  const errors = [
    ...identifierErrors(source.metric, at.child('metric')),
    ...targetErrors(source.target, at.child('target')),
  ]
  const target = at.child('target')
  if (value === undefined && averageValue === undefined)
    errors.push(required(target.child('averageValue'), 'must set either a target value for metric or a per-pod target'))
  if (value !== undefined && averageValue !== undefined)
    errors.push(
      forbiddenField(target.child('value'), 'may not set both a target value for metric and a per-pod target'),
    )
  return errors
}

function podsErrors(source: NonNullable<MetricSpec['pods']>, at: FieldPath): FieldError[] {
  return [
    ...identifierErrors(source.metric, at.child('metric')),
    ...targetErrors(source.target, at.child('target')),
    ...(source.target?.averageValue === undefined
      ? [required(at.child('target').child('averageValue'), 'must specify a positive target averageValue')]
      : []),
  ]
}

function resourceErrors({ name, target }: { name?: string; target?: Target }, at: FieldPath): FieldError[] {
  const errors = name ? [] : [required(at.child('name'), 'must specify a resource name')]
  errors.push(...targetErrors(target, at.child('target')))
  const { averageUtilization, averageValue } = target ?? {}
  if (averageUtilization === undefined && averageValue === undefined)
    errors.push(
      required(
        at.child('target').child('averageUtilization'),
        'must set either a target raw value or a target utilization',
      ),
    )
  if (averageUtilization !== undefined && averageValue !== undefined)
    errors.push(
      forbiddenField(
        at.child('target').child('averageValue'),
        'may not set both a target raw value and a target utilization',
      ),
    )
  return errors
}

const containerErrors = (source: NonNullable<MetricSpec['containerResource']>, at: FieldPath): FieldError[] => [
  ...(source.container ? [] : [required(at.child('container'), 'must specify a container')]),
  ...resourceErrors(source, at),
]

function targetErrors(target: Target | undefined, at: FieldPath): FieldError[] {
  const { type, value, averageValue, averageUtilization } = target ?? {}
  const errors: FieldError[] = []
  if (!type) errors.push(required(at.child('type'), 'must specify a metric target type'))
  if (!type || !TARGET_TYPES.includes(type))
    errors.push(invalidValue(at.child('type'), type ?? '', 'must be either Utilization, Value, or AverageValue'))
  for (const [field, amount] of [
    ['value', value],
    ['averageValue', averageValue],
  ] as const)
    if (amount !== undefined && compareQuantities(amount, '0') <= 0)
      errors.push(invalidValue(at.child(field), String(amount), 'must be positive'))
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalidValue(at.child('averageUtilization'), averageUtilization, 'must be greater than 0'))
  return errors
}

const identifierErrors = (metric: Identifier | undefined, at: FieldPath): FieldError[] =>
  metric?.name
    ? invalidEach(at.child('name'), metric.name, pathSegmentErrors(metric.name))
    : [required(at.child('name'), 'must specify a metric name')]

export function referenceErrors(reference: Reference | undefined, at: FieldPath): FieldError[] {
  return (['kind', 'name'] as const).flatMap((field) => {
    const text = reference?.[field]
    return text ? invalidEach(at.child(field), text, pathSegmentErrors(text)) : [required(at.child(field))]
  })
}
