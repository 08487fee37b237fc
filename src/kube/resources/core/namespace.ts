import { column, resource, STATUS } from '../../define.ts'
import { invalidValue } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { policyErrors } from '../../pod-security/policy.ts'
import type { Namespace } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const NAME_LABEL = 'kubernetes.io/metadata.name'

export const namespaces = resource<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  scope: 'cluster',
  // As in Kubernetes: a deletecollection of namespaces is not offered.
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [STATUS, { name: 'finalize', verbs: ['update'] }],
  schema: 'io.k8s.api.core.v1.Namespace',
  nameRule: 'dns-label',
  hasStatus: true,
  columns: [nameColumn(), column('Status', 'string', (namespace) => namespace.status.phase ?? ''), ageColumn()],
  fields: { 'status.phase': (namespace) => namespace.status.phase ?? '' },
  prepareForCreate(draft) {
    draft.status = { phase: 'Active' }
    const finalizers = draft.spec?.finalizers ?? []
    draft.spec = { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] }
  },
  prepareForUpdate(draft, previous) {
    draft.spec = { ...previous.spec }
  },
  prepareForDelete(draft) {
    draft.status = { ...draft.status, phase: 'Terminating' }
  },
  defaults(draft) {
    draft.metadata.labels = { ...draft.metadata.labels, [NAME_LABEL]: draft.metadata.name }
  },
  // Labels that were wrong before keep nobody from changing something else.
  validate: ({ metadata }, root, previous) =>
    previous && deepEqual(metadata.labels, previous.metadata.labels)
      ? []
      : policyErrors(metadata.labels, root.child('metadata').child('labels')),
  // Kubernetes spells the field so.
  validateStatus({ metadata, status }, _previous, root) {
    const phase = metadata.deletionTimestamp === undefined ? 'Active' : 'Terminating'
    const when = phase === 'Active' ? 'empty' : 'not empty'
    return status.phase === phase
      ? []
      : [
          invalidValue(
            root.child('status').child('Phase'),
            status.phase ?? '',
            `may only be '${phase}' if \`deletionTimestamp\` is ${when}`,
          ),
        ]
  },
  deleteReturnsObject: true,
})
