import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, type FieldPath, forbiddenField, invalidValue } from '../../field.ts'
import type { HorizontalPodAutoscaler } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { countErrors } from '../workloads.ts'
import { behaviorErrors, defaultBehavior } from './behavior.ts'
import { metricErrors, referenceErrors } from './metrics.ts'
import { targetsOf } from './targets.ts'

const CPU_PERCENT = 80

/** What is scaled by where nothing is said. */
export const byCpu = (averageUtilization = CPU_PERCENT) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

export function autoscalerErrors(
  { spec }: HorizontalPodAutoscaler,
  root: FieldPath,
  previous?: HorizontalPodAutoscaler,
): FieldError[] {
  const at = root.child('spec')
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics = [], behavior } = spec
  // Who was let in to scale to none stays so (KEP-2021).
  const least = previous?.spec.minReplicas === 0 ? 0 : 1
  const errors: FieldError[] = []
  if (minReplicas !== undefined && minReplicas < least)
    errors.push(invalidValue(at.child('minReplicas'), minReplicas, `must be greater than or equal to ${least}`))
  if (maxReplicas < 1) errors.push(invalidValue(at.child('maxReplicas'), maxReplicas, 'must be greater than 0'))
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.push(invalidValue(at.child('maxReplicas'), maxReplicas, 'must be greater than or equal to `minReplicas`'))
  errors.push(...referenceErrors(scaleTargetRef, at.child('scaleTargetRef')))
  errors.push(...metrics.flatMap((metric, index) => metricErrors(metric, at.child('metrics').index(index))))
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External'))
    errors.push(
      forbiddenField(
        at.child('metrics'),
        'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    )
  return [...errors, ...behaviorErrors(behavior, at.child('behavior'))]
}

export const autoscalerStatusErrors = ({ status }: HorizontalPodAutoscaler, root: FieldPath): FieldError[] =>
  (['currentReplicas', 'desiredReplicas'] as const).flatMap((field) =>
    countErrors(status?.[field], root.child('status').child(field)),
  )

export const horizontalPodAutoscalers = resource<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'namespaced',
  subresources: [STATUS],
  schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  hasStatus: true,
  columns: [
    nameColumn(),
    column(
      'Reference',
      'string',
      ({ spec }) => `${spec.scaleTargetRef?.kind ?? ''}/${spec.scaleTargetRef?.name ?? ''}`,
    ),
    column('Targets', 'string', targetsOf),
    column('MinPods', 'string', ({ spec }) => (spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas))),
    column('MaxPods', 'integer', ({ spec }) => spec.maxReplicas ?? 0),
    column('Replicas', 'integer', ({ status }) => status.currentReplicas ?? 0),
    ageColumn(),
  ],
  prepareForCreate(draft) {
    draft.status = writtenStatus({ desiredReplicas: 0 })
  },
  defaults(draft) {
    draft.spec ??= {} as HorizontalPodAutoscaler['spec']
    draft.spec.minReplicas ??= 1
    if ((draft.spec.metrics ?? []).length === 0) draft.spec.metrics = [byCpu()]
    if (draft.spec.behavior) defaultBehavior(draft.spec.behavior)
    draft.status = writtenStatus(draft.status ?? { desiredReplicas: 0 })
  },
  prepareForStatusUpdate(draft) {
    draft.status = writtenStatus(draft.status)
  },
  validate: autoscalerErrors,
  validateStatus: (next, _previous, at) => autoscalerStatusErrors(next, at),
})

/** As Go writes it: a list that is not there as null, and a count of nothing not at all. */
export function writtenStatus(status: Status): Status {
  const { currentReplicas, ...rest } = status
  const written = status.currentMetrics === undefined ? { ...rest, currentMetrics: null as never } : rest
  return currentReplicas ? { ...written, currentReplicas } : written
}

type Status = HorizontalPodAutoscaler['status']
