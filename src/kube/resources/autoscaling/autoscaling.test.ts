import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../object.ts'
import type { HorizontalPodAutoscaler } from '../../types.ts'
import { refusals } from '../testing.ts'
import { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.ts'
import { horizontalPodAutoscalersV1 } from './horizontal-pod-autoscaler-v1.ts'

const scaled = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 5 }
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }
const ALPHA = 'autoscaling.alpha.kubernetes.io'

const { fromStored, toStored } = horizontalPodAutoscalersV1.conversion ?? {}
if (!fromStored || !toStored) throw new Error('v1 has no conversion')

const v2 = (spec: object, status: object = {}) =>
  ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'a', uid: 'u' },
    spec: { ...scaled, minReplicas: 1, ...spec },
    status: { desiredReplicas: 0, currentMetrics: null, ...status },
  }) as unknown as KubeObject

describe('an autoscaler in the older version', () => {
  it('says of the CPU what it can, and all else in annotations', () => {
    const shown = fromStored(
      v2(
        {
          metrics: [
            { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } } },
            cpu,
          ],
          behavior: {
            scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }] },
          },
        },
        { conditions: [{ type: 'AbleToScale', status: 'True' }] },
      ),
    )
    expect(shown.spec).toEqual({ ...scaled, minReplicas: 1, targetCPUUtilizationPercentage: 60 })
    expect(shown.metadata.annotations).toEqual({
      [`${ALPHA}/metrics`]: '[{"type":"Pods","pods":{"metricName":"hits","targetAverageValue":"10"}}]',
      [`${ALPHA}/behavior`]:
        '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max","Policies":[{"Type":"Percent","Value":10,"PeriodSeconds":60}]}}',
      [`${ALPHA}/conditions`]: '[{"type":"AbleToScale","status":"True","lastTransitionTime":null}]',
    })
  })

  it.each([
    { what: 'the CPU only', stored: v2({ metrics: [cpu] }) },
    {
      what: 'every kind of metric, a behavior and a status',
      stored: v2(
        {
          metrics: [
            {
              type: 'Object',
              object: {
                describedObject: { kind: 'Service', name: 'web' },
                metric: { name: 'hits', selector: { matchLabels: { a: 'b' } } },
                target: { type: 'Value', value: '2k' },
              },
            },
            { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } } },
            { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '30' } } },
            {
              type: 'ContainerResource',
              containerResource: {
                name: 'memory',
                container: 'main',
                target: { type: 'AverageValue', averageValue: '1Gi' },
              },
            },
            cpu,
          ],
          behavior: {
            scaleUp: {
              stabilizationWindowSeconds: 0,
              selectPolicy: 'Max',
              policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }],
            },
          },
        },
        {
          currentMetrics: [
            { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 5, averageValue: '20m' } } },
          ],
          conditions: [{ type: 'AbleToScale', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
        },
      ),
    },
  ])('is stored as it was: $what', ({ stored }) => expect(toStored(fromStored(stored))).toEqual(stored))

  it('scales by the CPU where it says nothing', () => {
    const { spec } = toStored(fromStored(v2({ metrics: [] }))) as HorizontalPodAutoscaler
    expect(spec.metrics).toEqual([
      { ...cpu, resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ])
  })

  it('is refused for annotations that can not be read', () => {
    const annotated = (text: string) => ({ metadata: { annotations: { [`${ALPHA}/metrics`]: text } }, spec: scaled })
    for (const text of ['{', '{}', '[{"type":1}]'])
      expect(() => refusals(horizontalPodAutoscalersV1, annotated(text))).toThrow(/cannot be handled/)
    expect(refusals(horizontalPodAutoscalersV1, annotated('[{"type":"Pods","pods":{}}]'))).toContain(
      'spec.metrics[0].pods.metric.name: Required value: must specify a metric name',
    )
  })
})

describe('HorizontalPodAutoscaler', () => {
  const by = (metric: object) => ({ spec: { ...scaled, metrics: [metric] } })
  const at = 'spec.metrics[0]'

  it.each([
    {
      what: 'no more than none',
      given: { spec: { ...scaled, minReplicas: 0, maxReplicas: 0 } },
      want: [
        'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
        'spec.maxReplicas: Invalid value: 0: must be greater than 0',
        'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
      ],
    },
    {
      what: 'nothing to scale',
      given: { spec: { maxReplicas: 1 } },
      want: ['spec.scaleTargetRef.kind: Required value', 'spec.scaleTargetRef.name: Required value'],
    },
    {
      what: 'a source that is not of its type',
      given: by({ type: 'Pods', resource: cpu.resource }),
      want: [`${at}.pods: Required value: must populate information for the given metric source`],
    },
    {
      what: 'two targets in one',
      given: by({
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0, averageValue: '0' } },
      }),
      want: [
        `${at}.resource.target.averageValue: Invalid value: "0": must be positive`,
        `${at}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`,
        `${at}.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization`,
      ],
    },
    {
      what: 'a behavior without an end',
      given: {
        spec: {
          ...scaled,
          behavior: {
            scaleUp: { stabilizationWindowSeconds: 3601, policies: [] },
            scaleDown: { selectPolicy: 'Some', policies: [{ type: 'Pods', value: 0, periodSeconds: 1801 }] },
          },
        },
      },
      want: [
        'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
        'spec.behavior.scaleUp.policies: Required value: must specify at least one Policy',
        'spec.behavior.scaleDown.selectPolicy: Unsupported value: "Some": supported values: "Disabled", "Max", "Min"',
        'spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      ],
    },
  ])('is refused for $what', ({ given, want }) => expect(refusals(horizontalPodAutoscalers, given)).toEqual(want))
})
