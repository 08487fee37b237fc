/**
 * The older version of autoscalers, which knows the CPU's use only: all else stands in annotations, as Kubernetes writes
 * them (pkg/apis/autoscaling/v1, conversion).
 */
import { resource, STATUS } from '../../define.ts'
import { badRequest } from '../../errors.ts'
import { clone, parseSent, stringify } from '../../json.ts'
import type { KubeObject } from '../../object.ts'
import type { Column } from '../../resource.ts'
import { decode } from '../../schema/decode.ts'
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from '../../types.ts'
import { behaviorFromText, behaviorText } from './annotated-behavior.ts'
import { metricFromV1, metricToV1, statusFromV1, statusToV1 } from './annotated-metrics.ts'
import {
  autoscalerErrors,
  autoscalerStatusErrors,
  byCpu,
  horizontalPodAutoscalers,
  writtenStatus,
} from './horizontal-pod-autoscaler.ts'
import type { MetricSpec } from './metrics.ts'

const PREFIX = 'autoscaling.alpha.kubernetes.io/'
const METRICS = `${PREFIX}metrics`
const BEHAVIOR = `${PREFIX}behavior`
const CURRENT_METRICS = `${PREFIX}current-metrics`
const CONDITIONS = `${PREFIX}conditions`
const OF_SPEC = [METRICS, BEHAVIOR]
const OF_STATUS = [CURRENT_METRICS, CONDITIONS]
const OWN = [...OF_SPEC, ...OF_STATUS]

type V1 = HorizontalPodAutoscalerV1
type V2 = HorizontalPodAutoscaler
type Condition = NonNullable<V2['status']['conditions']>[number]

const cpuOf = ({ type, resource }: MetricSpec): number | undefined =>
  type === 'Resource' && resource?.name === 'cpu' ? resource.target?.averageUtilization : undefined

function fromStored(stored: KubeObject): V1 {
  // What is stored under the kind's name is of its storage version.
  const { apiVersion: _, kind, metadata, spec = {} as V2['spec'], status = {} as V2['status'] } = clone(stored) as V2
  const { metrics = [], behavior, minReplicas, maxReplicas, scaleTargetRef } = spec
  const { currentMetrics: told, conditions = [], ...rest } = status
  const currentMetrics = told ?? []
  const cpu = metrics.map(cpuOf).find((percent) => percent !== undefined)
  const others = metrics.filter((metric) => cpuOf(metric) === undefined)
  const annotations = {
    ...metadata.annotations,
    ...(others.length > 0 ? { [METRICS]: stringify(others.map(metricToV1)) } : {}),
    ...(behavior ? { [BEHAVIOR]: behaviorText(behavior) } : {}),
    ...(currentMetrics.length > 0 ? { [CURRENT_METRICS]: stringify(currentMetrics.map(statusToV1)) } : {}),
    ...(conditions.length > 0 ? { [CONDITIONS]: stringify(conditions.map(conditionInOrder)) } : {}),
  }
  const used = currentMetrics.map(({ type, resource }) =>
    type === 'Resource' && resource?.name === 'cpu' ? resource.current?.averageUtilization : undefined,
  )
  const currentCPUUtilizationPercentage = used.findLast((percent) => percent !== undefined)
  return {
    apiVersion: 'autoscaling/v1',
    kind,
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: {
      scaleTargetRef,
      ...(minReplicas === undefined ? {} : { minReplicas }),
      maxReplicas,
      ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }),
    },
    status: {
      ...rest,
      currentReplicas: rest.currentReplicas ?? 0,
      ...(currentCPUUtilizationPercentage === undefined ? {} : { currentCPUUtilizationPercentage }),
    },
  }
}

const conditionInOrder = ({ type, status, lastTransitionTime, reason, message }: Condition) => ({
  type,
  status,
  lastTransitionTime: lastTransitionTime ?? null,
  reason,
  message,
})

/** Throws 400 where an annotation can't be read. */
function toStored(given: V1): V2 {
  const { metadata, spec = {} as V1['spec'], status = {} as V1['status'] } = clone(given)
  const { annotations = {}, ...meta } = metadata
  const { targetCPUUtilizationPercentage: cpu, ...rest } = spec
  const { currentCPUUtilizationPercentage: used, ...state } = status
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !OWN.includes(key)))
  const metrics = [...listIn(annotations[METRICS]).map(metricFromV1), ...(cpu === undefined ? [] : [byCpu(cpu)])]
  const currentMetrics = Object.hasOwn(annotations, CURRENT_METRICS)
    ? listIn(annotations[CURRENT_METRICS]).map(statusFromV1)
    : used === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: used } } }]
  const conditions = listIn(annotations[CONDITIONS])
  const behavior = annotations[BEHAVIOR]
  return decoded({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { ...meta, ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}) },
    spec: {
      ...rest,
      metrics: metrics.length > 0 ? metrics : [byCpu()],
      ...(behavior === undefined ? {} : { behavior: behaviorFromText(parsed(behavior)) }),
    },
    status: {
      ...state,
      ...(currentMetrics.length > 0 ? { currentMetrics } : {}),
      ...(conditions.length > 0 ? { conditions } : {}),
    },
  })
}

/** An annotation may hold anything: what comes of it is brought into the kind's shape. */
function decoded(object: Record<string, unknown> & Pick<V2, 'metadata'>): V2 {
  const { metadata, ...content } = object
  const made = { metadata, ...decode(horizontalPodAutoscalers, content).object } as V2
  made.status = writtenStatus(made.status)
  return made
}

function parsed(text: string): unknown {
  try {
    return parseSent(text)
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : '')
  }
}

function listIn(text: string | undefined): Record<string, unknown>[] {
  const value = text === undefined ? [] : (parsed(text) ?? [])
  if (!Array.isArray(value)) throw unreadable('an annotation of metrics or conditions is not a list')
  return value.map((each) => (typeof each === 'object' && each !== null ? (each as Record<string, unknown>) : {}))
}

const unreadable = (why: string) =>
  badRequest(`HorizontalPodAutoscaler in version "v1" cannot be handled as a HorizontalPodAutoscaler: ${why}`)

export const horizontalPodAutoscalersV1 = resource<V1>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'namespaced',
  subresources: [STATUS],
  schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  isStorageVersion: false,
  conversion: { isServedForm: () => false, fromStored, toStored },
  hasStatus: true,
  columns: horizontalPodAutoscalers.columns.map(
    (column): Column<V1> => ({ ...column, cell: (object, now) => column.cell(toStored(object), now) }),
  ),
  dropForCreate({ metadata }) {
    for (const key of OF_STATUS) delete metadata?.annotations?.[key]
  },
  prepareForCreate(draft) {
    draft.status = { currentReplicas: 0, desiredReplicas: 0 }
  },
  // An annotation is as little to be written through the other door as what it tells of.
  prepareForUpdate: (draft, previous) => keep(OF_STATUS, draft, previous),
  prepareForStatus: (draft, previous) => keep(OF_SPEC, draft, previous),
  defaults(draft) {
    draft.spec ??= {} as V1['spec']
    draft.spec.minReplicas ??= 1
    draft.status ??= { currentReplicas: 0, desiredReplicas: 0 }
  },
  validate: (object, at, previous) => autoscalerErrors(toStored(object), at, previous && toStored(previous)),
  validateStatus: (next, _previous, at) => autoscalerStatusErrors(toStored(next), at),
})

function keep(annotations: readonly string[], draft: V1, previous: V1): void {
  for (const key of annotations) {
    const had = previous.metadata.annotations?.[key]
    if (had !== undefined) draft.metadata.annotations = { ...draft.metadata.annotations, [key]: had }
    else delete draft.metadata.annotations?.[key]
  }
}
