import { resource, STATUS } from '../../define.ts'
import { podColumns } from '../../pod/columns.ts'
import { defaultPodSpec } from '../../pod/defaults.ts'
import { qosClassOf } from '../../pod/requests.ts'
import { validatePodSpec, validatePodUpdate } from '../../pod/validate.ts'
import type { Pod } from '../../types.ts'

export const pods = resource<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  scope: 'namespaced',
  subresources: [
    STATUS,
    { name: 'binding', verbs: ['create'], kind: 'Binding' },
    { name: 'eviction', verbs: ['create'], group: 'policy', version: 'v1', kind: 'Eviction' },
  ],
  schema: 'io.k8s.api.core.v1.Pod',
  hasStatus: true,
  columns: podColumns,
  fields: {
    'spec.nodeName': (pod) => pod.spec.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec.hostNetwork ?? false),
    'status.phase': (pod) => pod.status.phase ?? '',
    'status.podIP': (pod) => pod.status.podIP ?? '',
    'status.nominatedNodeName': (pod) => pod.status.nominatedNodeName ?? '',
  },
  indexedFields: ['spec.nodeName'],
  prepareForCreate(draft) {
    draft.status = { phase: 'Pending', qosClass: draft.spec?.containers ? qosClassOf(draft.spec) : 'BestEffort' }
  },
  defaults(draft) {
    if (draft.spec?.containers) defaultPodSpec(draft.spec)
  },
  validate: (pod, at) => (pod.spec ? validatePodSpec(pod.spec, at.child('spec')) : []),
  validateUpdate: validatePodUpdate,
  // Who runs nowhere, or has ended, needs no grace.
  gracePeriod: (pod) =>
    !pod.spec.nodeName || pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
      ? 0
      : Number(pod.spec.terminationGracePeriodSeconds ?? 30),
  deleteReturnsObject: true,
})
