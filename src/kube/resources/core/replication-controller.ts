import { column, resource, SCALE, STATUS } from '../../define.ts'
import { invalidValue, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import type { ReplicationController } from '../../types.ts'
import { ageColumn, nameColumn, templateColumns } from '../columns.ts'
import { countErrors, defaultTemplate, replicaStatusErrors, validateTemplate, workloadWarnings } from '../workloads.ts'

const selectorText = (controller: ReplicationController): string =>
  Object.entries(controller.spec.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',')

export const replicationControllers = resource<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  scope: 'namespaced',
  subresources: [SCALE, STATUS],
  schema: 'io.k8s.api.core.v1.ReplicationController',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Desired', 'integer', (controller) => controller.spec.replicas ?? 0),
    column('Current', 'integer', (controller) => controller.status.replicas ?? 0),
    column('Ready', 'integer', (controller) => controller.status.readyReplicas ?? 0),
    ageColumn(),
    ...templateColumns<ReplicationController>(),
    column('Selector', 'string', (controller) => selectorText(controller) || '<none>', { wide: true }),
  ],
  fields: { 'status.replicas': (controller) => String(controller.status.replicas ?? 0) },
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = { replicas: 0 }
  },
  defaults(draft) {
    draft.spec ??= {}
    const labels = draft.spec.template?.metadata?.labels
    if (labels) {
      if (Object.keys(draft.spec.selector ?? {}).length === 0) draft.spec.selector = { ...labels }
      if (Object.keys(draft.metadata.labels ?? {}).length === 0) draft.metadata.labels = { ...labels }
    }
    draft.spec.replicas ??= 1
    draft.spec.minReadySeconds ??= 0
    if (draft.spec.minReadySeconds === 0) delete draft.spec.minReadySeconds
    defaultTemplate(draft.spec.template)
  },
  validate({ spec }, root) {
    const at = root.child('spec')
    const errors = [
      ...countErrors(spec.replicas, at.child('replicas')),
      ...countErrors(spec.minReadySeconds, at.child('minReadySeconds')),
    ]
    if (Object.keys(spec.selector ?? {}).length === 0) errors.push(required(at.child('selector')))
    if (!spec.template) errors.push(required(at.child('template')))
    for (const [key, value] of Object.entries(spec.selector ?? {}))
      if (spec.template && spec.template.metadata?.labels?.[key] !== value)
        return [
          ...errors,
          invalidValue(
            at.child('template').child('metadata').child('labels'),
            spec.template.metadata?.labels ?? {},
            '`selector` does not match template `labels`',
          ),
        ]
    return [...errors, ...validateTemplate(spec.template, undefined, at)]
  },
  warnings: (next, previous) => workloadWarnings(next, previous, next.spec.template),
  validateStatus: (next, previous, at) => replicaStatusErrors(next.status, previous.status, at.child('status')),
  scale: {
    replicas: (controller) => controller.spec.replicas ?? 1,
    setReplicas: (controller, replicas) => {
      controller.spec.replicas = replicas
    },
    currentReplicas: (controller) => controller.status.replicas ?? 0,
    selector: selectorText,
  },
  defaultDeletion: 'Orphan',
})
