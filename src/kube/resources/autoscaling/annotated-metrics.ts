/** Metrics, and what they are now, in the form that the older version's annotations hold them in (autoscaling/v1 types). */
import { isRecord } from '../../json.ts'
import type { HorizontalPodAutoscaler } from '../../types.ts'
import { type MetricSpec, SOURCES } from './metrics.ts'

type MetricStatus = NonNullable<HorizontalPodAutoscaler['status']['currentMetrics']>[number]
type Json = Record<string, unknown>

const NOTHING = '0'

/** In Go's order of fields; an absent one is left out. */
export function metricToV1({ type, object, pods, resource, containerResource, external }: MetricSpec): Json {
  return {
    type,
    object: object && {
      target: referenceOf(object.describedObject),
      metricName: object.metric?.name,
      targetValue: object.target?.value ?? NOTHING,
      selector: object.metric?.selector,
      averageValue: object.target?.averageValue,
    },
    pods: pods && {
      metricName: pods.metric?.name,
      targetAverageValue: pods.target?.averageValue ?? NOTHING,
      selector: pods.metric?.selector,
    },
    resource: resource && usageToV1(resource),
    containerResource: containerResource && {
      ...usageToV1(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric?.name,
      metricSelector: external.metric?.selector,
      targetValue: external.target?.value,
      targetAverageValue: external.target?.averageValue,
    },
  }
}

const usageToV1 = ({ name, target }: NonNullable<MetricSpec['resource']>): Json => ({
  name,
  targetAverageUtilization: target?.averageUtilization,
  targetAverageValue: target?.averageValue,
})

export function statusToV1({ type, object, pods, resource, containerResource, external }: MetricStatus): Json {
  return {
    type,
    object: object && {
      target: referenceOf(object.describedObject),
      metricName: object.metric?.name,
      currentValue: object.current?.value ?? NOTHING,
      selector: object.metric?.selector,
      averageValue: object.current?.averageValue,
    },
    pods: pods && {
      metricName: pods.metric?.name,
      currentAverageValue: pods.current?.averageValue ?? NOTHING,
      selector: pods.metric?.selector,
    },
    resource: resource && currentToV1(resource),
    containerResource: containerResource && {
      ...currentToV1(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric?.name,
      metricSelector: external.metric?.selector,
      currentValue: external.current?.value ?? NOTHING,
      currentAverageValue: external.current?.averageValue,
    },
  }
}

const currentToV1 = ({ name, current }: NonNullable<MetricStatus['resource']>): Json => ({
  name,
  currentAverageUtilization: current?.averageUtilization,
  currentAverageValue: current?.averageValue ?? NOTHING,
})

const referenceOf = ({ kind, name, apiVersion }: { kind?: string; name?: string; apiVersion?: string } = {}): Json => ({
  kind,
  name,
  apiVersion,
})

/** What is not said stays away: a decoder drops what is null. */
export function metricFromV1(metric: Json): Json {
  return sourceFromV1(metric, {
    object: ({ targetValue, averageValue }) =>
      averageValue === undefined
        ? { target: { type: 'Value', value: targetValue } }
        : { target: { type: 'AverageValue', averageValue } },
    pods: ({ targetAverageValue }) => ({ target: { type: 'AverageValue', averageValue: targetAverageValue } }),
    external: ({ targetValue, targetAverageValue }) =>
      targetValue === undefined
        ? { target: { type: 'AverageValue', averageValue: targetAverageValue } }
        : { target: { type: 'Value', value: targetValue, averageValue: targetAverageValue } },
    resource: ({ targetAverageUtilization, targetAverageValue }) => ({
      target: {
        type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
        averageUtilization: targetAverageUtilization,
        averageValue: targetAverageValue,
      },
    }),
  })
}

export function statusFromV1(status: Json): Json {
  return sourceFromV1(status, {
    object: ({ currentValue, averageValue }) => ({ current: { value: currentValue, averageValue } }),
    pods: ({ currentAverageValue }) => ({ current: { averageValue: currentAverageValue } }),
    external: ({ currentValue, currentAverageValue }) => ({
      current: { value: currentValue, averageValue: currentAverageValue },
    }),
    resource: ({ currentAverageUtilization, currentAverageValue }) => ({
      current: { averageUtilization: currentAverageUtilization, averageValue: currentAverageValue },
    }),
  })
}

type Values = Record<'object' | 'pods' | 'external' | 'resource', (source: Json) => Json>

function sourceFromV1(metric: Json, values: Values): Json {
  const result: Json = { type: metric['type'] }
  for (const source of Object.values(SOURCES)) {
    const given = metric[source]
    if (!isRecord(given)) continue
    if (source === 'resource' || source === 'containerResource')
      result[source] = { name: given['name'], container: given['container'], ...values.resource(given) }
    else
      result[source] = {
        ...(source === 'object' ? { describedObject: given['target'] } : {}),
        metric: { name: given['metricName'], selector: given['selector'] ?? given['metricSelector'] },
        ...values[source](given),
      }
  }
  return result
}
