import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, type FieldPath, invalidValue, notSupported, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import type { DaemonSet } from '../../types.ts'
import { amountErrors, isZero, moreThanAllErrors } from '../amounts.ts'
import { ageColumn, labelsText, nameColumn, selectorText, templateColumns } from '../columns.ts'
import {
  countErrors,
  defaultTemplate,
  podSpecOf,
  templateWarnings,
  validateSelector,
  validateTemplate,
} from '../workloads.ts'

const HISTORY = 10
const STRATEGIES = ['OnDelete', 'RollingUpdate']

function strategyErrors({ updateStrategy }: DaemonSet['spec'], at: FieldPath): FieldError[] {
  const { type } = updateStrategy ?? {}
  // The strategy is named, not its type: so does Kubernetes.
  if (type && !STRATEGIES.includes(type)) return [notSupported(at, updateStrategy, STRATEGIES)]
  if (updateStrategy?.type !== 'RollingUpdate') return []
  const rolling = updateStrategy.rollingUpdate
  const here = at.child('rollingUpdate')
  if (!rolling) return [required(here)]
  const { maxUnavailable, maxSurge } = rolling
  const errors = [
    ...amountErrors(maxUnavailable, here.child('maxUnavailable')),
    ...amountErrors(maxSurge, here.child('maxSurge')),
    ...moreThanAllErrors(maxUnavailable, here.child('maxUnavailable')),
    ...moreThanAllErrors(maxSurge, here.child('maxSurge')),
  ]
  const isUnavailable = !isZero(maxUnavailable)
  const isSurging = maxSurge !== undefined && !isZero(maxSurge)
  if (isUnavailable && isSurging)
    errors.push(invalidValue(here.child('maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero'))
  if (!isUnavailable && !isSurging)
    errors.push(invalidValue(here.child('maxUnavailable'), maxUnavailable, 'cannot be 0 when maxSurge is 0'))
  return errors
}

export const daemonSets = resource<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  scope: 'namespaced',
  subresources: [STATUS],
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Desired', 'integer', ({ status }) => status.desiredNumberScheduled ?? 0),
    column('Current', 'integer', ({ status }) => status.currentNumberScheduled ?? 0),
    column('Ready', 'integer', ({ status }) => status.numberReady ?? 0),
    column('Up-to-date', 'integer', ({ status }) => status.updatedNumberScheduled ?? 0),
    column('Available', 'integer', ({ status }) => status.numberAvailable ?? 0),
    column('Node Selector', 'string', ({ spec }) => labelsText(podSpecOf(spec.template)?.nodeSelector)),
    ageColumn(),
    ...templateColumns<DaemonSet>(),
    column('Selector', 'string', ({ spec }) => selectorText(spec.selector), { wide: true }),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 }
  },
  defaults(draft) {
    draft.spec ??= {} as DaemonSet['spec']
    const { spec } = draft
    spec.template ??= {}
    spec.updateStrategy ??= {}
    spec.updateStrategy.type ||= 'RollingUpdate'
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {}
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0
    }
    spec.revisionHistoryLimit ??= HISTORY
    defaultTemplate(spec.template)
  },
  validate({ spec }, root) {
    const at = root.child('spec')
    return [
      ...countErrors(spec.minReadySeconds, at.child('minReadySeconds')),
      ...countErrors(spec.revisionHistoryLimit, at.child('revisionHistoryLimit')),
      ...validateSelector(spec.selector, at.child('selector'), 'daemonset'),
      ...strategyErrors(spec, at.child('updateStrategy')),
      ...validateTemplate(spec.template, spec.selector, at, 'DaemonSet'),
    ]
  },
  validateUpdate: (next, previous, at) =>
    immutable(next.spec.selector, previous.spec.selector, at.child('spec').child('selector')),
  warnings: (next, previous) => templateWarnings(next, previous, next.spec.template),
  validateStatus(next, _previous, root) {
    const at = root.child('status')
    const { status } = next
    return (
      [
        'currentNumberScheduled',
        'numberMisscheduled',
        'desiredNumberScheduled',
        'numberReady',
        'updatedNumberScheduled',
        'numberAvailable',
        'numberUnavailable',
      ] as const
    ).flatMap((field) => countErrors(status?.[field], at.child(field)))
  },
})
