import { column, resource, SCALE, STATUS } from '../../define.ts'
import { type FieldError, type FieldPath, forbiddenField, invalidValue, notSupported, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import type { Deployment } from '../../types.ts'
import { amountErrors, isZero, moreThanAllErrors } from '../amounts.ts'
import { ageColumn, nameColumn, selectorText, templateColumns } from '../columns.ts'
import {
  countErrors,
  defaultTemplate,
  replicaStatusErrors,
  selectorTextOf,
  validateSelector,
  validateTemplate,
  workloadWarnings,
} from '../workloads.ts'

const STRATEGIES = ['Recreate', 'RollingUpdate']
const DEADLINE_SECONDS = 600
const HISTORY = 10

function strategyErrors({ strategy }: Deployment['spec'], at: FieldPath): FieldError[] {
  if (!strategy) return []
  const rolling = strategy.rollingUpdate
  const here = at.child('rollingUpdate')
  switch (strategy.type) {
    case 'Recreate':
      return rolling ? [forbiddenField(here, "may not be specified when strategy `type` is 'Recreate'")] : []
    case 'RollingUpdate': {
      if (!rolling) return [required(here, 'this should be defaulted and never be nil')]
      const errors = [
        ...amountErrors(rolling.maxUnavailable, here.child('maxUnavailable')),
        ...amountErrors(rolling.maxSurge, here.child('maxSurge')),
      ]
      if (isZero(rolling.maxUnavailable) && isZero(rolling.maxSurge))
        errors.push(
          invalidValue(here.child('maxUnavailable'), rolling.maxUnavailable, 'may not be 0 when `maxSurge` is 0'),
        )
      return [...errors, ...moreThanAllErrors(rolling.maxUnavailable, here.child('maxUnavailable'))]
    }
    default:
      return [notSupported(at.child('type'), strategy.type, STRATEGIES)]
  }
}

function validate({ spec }: Deployment, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const errors = [
    ...countErrors(spec.replicas, at.child('replicas')),
    ...countErrors(spec.minReadySeconds, at.child('minReadySeconds')),
    ...countErrors(spec.revisionHistoryLimit, at.child('revisionHistoryLimit')),
    ...countErrors(spec.progressDeadlineSeconds, at.child('progressDeadlineSeconds')),
    ...validateSelector(spec.selector, at.child('selector')),
    ...strategyErrors(spec, at.child('strategy')),
    ...validateTemplate(spec.template, spec.selector, at),
  ]
  if (spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0))
    errors.push(
      invalidValue(
        at.child('progressDeadlineSeconds'),
        spec.progressDeadlineSeconds,
        'must be greater than minReadySeconds',
      ),
    )
  return errors
}

export const deployments = resource<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  scope: 'namespaced',
  subresources: [SCALE, STATUS],
  schema: 'io.k8s.api.apps.v1.Deployment',
  hasStatus: true,
  // Controllers of old wrote back the labels that they had read.
  keptByStatus: ['labels'],
  columns: [
    nameColumn(),
    column('Ready', 'string', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    column('Up-to-date', 'integer', ({ status }) => status.updatedReplicas ?? 0),
    column('Available', 'integer', ({ status }) => status.availableReplicas ?? 0),
    ageColumn(),
    ...templateColumns<Deployment>(),
    column('Selector', 'string', ({ spec }) => selectorText(spec.selector), { wide: true }),
  ],
  // Annotations are copied to ReplicaSets, so the controller must hear of them.
  generation: (next, previous) =>
    !deepEqual(next.spec, previous.spec) ||
    !deepEqual(next.metadata.annotations ?? {}, previous.metadata.annotations ?? {}),
  prepareForCreate(draft) {
    draft.status = {}
  },
  defaults(draft) {
    draft.spec ??= {} as Deployment['spec']
    const { spec } = draft
    spec.template ??= {}
    spec.replicas ??= 1
    spec.strategy ??= {}
    spec.strategy.type ||= 'RollingUpdate'
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {}
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%'
      spec.strategy.rollingUpdate.maxSurge ??= '25%'
    }
    spec.revisionHistoryLimit ??= HISTORY
    spec.progressDeadlineSeconds ??= DEADLINE_SECONDS
    defaultTemplate(spec.template)
  },
  validate,
  validateUpdate: (next, previous, at) =>
    immutable(next.spec.selector, previous.spec.selector, at.child('spec').child('selector')),
  warnings: (next, previous) => workloadWarnings(next, previous, next.spec.template),
  validateStatus: (next, previous, at) => replicaStatusErrors(next.status, previous.status, at.child('status')),
  scale: {
    replicas: (deployment) => deployment.spec.replicas ?? 1,
    setReplicas: (deployment, replicas) => {
      deployment.spec.replicas = replicas
    },
    currentReplicas: (deployment) => deployment.status.replicas ?? 0,
    selector: (deployment) => selectorTextOf(deployment.spec.selector),
  },
})
