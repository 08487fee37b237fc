import { resource, STATUS } from '../../define.ts'
import { forbiddenField, root } from '../../field.ts'
import { podColumns } from '../../pod/columns.ts'
import { defaultPod } from '../../pod/defaults.ts'
import { graceSecondsOf } from '../../pod/grace.ts'
import { qosClassOf } from '../../pod/requests.ts'
import { validatePodUpdate } from '../../pod/update.ts'
import { validatePodSpec } from '../../pod/validate.ts'
import { podAnnotationErrors, profileMatchErrors } from '../../pod/validate-annotations.ts'
import { validateEphemeralContainersUpdate } from '../../pod/validate-ephemeral.ts'
import { levelStatus, podStatusErrors } from '../../pod/validate-status.ts'
import { hostnameWarnings, podWarnings } from '../../pod/warnings.ts'
import type { Pod } from '../../types.ts'

const GATED = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
} as const

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
    { name: 'ephemeralcontainers', verbs: ['get', 'patch', 'update'] },
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
    // Asked for by some, and of no Pod anything else.
    'status.podIPs': () => '',
    // As clients of old call the node.
    'spec.host': (pod) => pod.spec.nodeName ?? '',
    'status.nominatedNodeName': (pod) => pod.status.nominatedNodeName ?? '',
  },
  indexedFields: ['spec.nodeName'],
  prepareForCreate(draft) {
    draft.status = { phase: 'Pending', qosClass: draft.spec?.containers ? qosClassOf(draft.spec) : 'BestEffort' }
    if (draft.spec?.schedulingGates?.length) draft.status.conditions = [GATED]
  },
  defaults(draft) {
    // An empty spec is refused for what it lacks, by field.
    draft.spec ??= {} as Pod['spec']
    if (draft.spec.containers) defaultPod(draft.spec)
  },
  // Kubelets of old spoiled the owners; when a Pod goes is not said here either.
  keptByStatus: ['ownerReferences', 'deletionTimestamp'],
  validate({ metadata, spec }, at, previous) {
    const isEarly = previous === undefined && (spec.ephemeralContainers ?? []).length > 0
    return [
      ...podAnnotationErrors(metadata.annotations, spec, at.child('metadata').child('annotations')),
      ...(previous ? [] : profileMatchErrors(metadata.annotations, spec, at.child('spec'))),
      ...validatePodSpec(spec, at.child('spec'), { name: metadata.name, isNew: previous === undefined }),
      ...(isEarly ? [forbiddenField(at.child('spec').child('ephemeralContainers'), 'cannot be set on create')] : []),
    ]
  },
  validateUpdate: validatePodUpdate,
  validateEphemeralContainers: validateEphemeralContainersUpdate,
  prepareForStatusUpdate: ({ status }, previous) => levelStatus(status, previous.status),
  validateStatus: podStatusErrors,
  // Hardly anybody updates a Pod by hand.
  warnings: (pod, previous) =>
    previous ? [] : [...hostnameWarnings(pod.metadata.name, "the Pod's hostname"), ...podWarnings(pod, root)],
  // Who runs nowhere, or has ended, needs no grace.
  gracePeriod: (pod) =>
    !pod.spec.nodeName || pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
      ? 0
      : graceSecondsOf(pod.spec),
  deleteReturnsObject: true,
})
