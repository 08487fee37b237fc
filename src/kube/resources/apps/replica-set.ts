import { column, resource, SCALE, STATUS } from '../../define.ts'
import { deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import type { ReplicaSet } from '../../types.ts'
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

export const replicaSets = resource<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  scope: 'namespaced',
  subresources: [SCALE, STATUS],
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Desired', 'integer', (set) => set.spec.replicas ?? 0),
    column('Current', 'integer', (set) => set.status.replicas ?? 0),
    column('Ready', 'integer', (set) => set.status.readyReplicas ?? 0),
    ageColumn(),
    ...templateColumns<ReplicaSet>(),
    column('Selector', 'string', (set) => selectorText(set.spec.selector), { wide: true }),
  ],
  fields: { 'status.replicas': (set) => String(set.status.replicas ?? 0) },
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = { replicas: 0 }
  },
  defaults(draft) {
    draft.spec ??= {} as ReplicaSet['spec']
    draft.spec.replicas ??= 1
    draft.spec.template ??= {}
    defaultTemplate(draft.spec.template)
  },
  validate({ spec }, root) {
    const at = root.child('spec')
    return [
      ...countErrors(spec.replicas, at.child('replicas')),
      ...countErrors(spec.minReadySeconds, at.child('minReadySeconds')),
      ...validateSelector(spec.selector, at.child('selector')),
      ...validateTemplate(spec.template, spec.selector, at),
    ]
  },
  validateUpdate: (next, previous, at) =>
    immutable(next.spec.selector, previous.spec.selector, at.child('spec').child('selector')),
  warnings: (next, previous) => workloadWarnings(next, previous, next.spec.template),
  validateStatus: (next, previous, at) => replicaStatusErrors(next.status, previous.status, at.child('status')),
  scale: {
    replicas: (set) => set.spec.replicas ?? 1,
    setReplicas: (set, replicas) => {
      set.spec.replicas = replicas
    },
    currentReplicas: (set) => set.status.replicas ?? 0,
    selector: (set) => selectorTextOf(set.spec.selector),
  },
})
