import {
  CLEANUP_FINALIZER,
  type CustomResourceDefinition,
  storageVersionOf,
  withCondition,
} from '../../custom/definition.ts'
import { definitionErrors, definitionUpdateErrors, statusErrors } from '../../custom/validate-definition.ts'
import { column, resource, STATUS } from '../../define.ts'
import { deepEqual } from '../../json.ts'
import { ALL_METADATA } from '../../resource.ts'
import { nameColumn } from '../columns.ts'

export const customResourceDefinitions = resource<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'cluster',
  subresources: [STATUS],
  schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  hasStatus: true,
  keptByStatus: ALL_METADATA,
  unconditionalUpdate: false,
  allowsPlainFinalizers: true,
  columns: [
    nameColumn(),
    column('Created At', 'date', ({ metadata }) => metadata.creationTimestamp, { format: 'date-time' }),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = {}
    complete(draft)
    rememberStorageVersion(draft)
  },
  prepareForUpdate(draft, previous) {
    draft.status = { ...previous.status }
    complete(draft)
    rememberStorageVersion(draft)
  },
  prepareForDelete(draft, { now }) {
    const { finalizers = [] } = draft.metadata
    if (!finalizers.includes(CLEANUP_FINALIZER)) draft.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER]
    draft.status = withCondition(
      draft,
      {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionPending',
        message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      },
      now,
    ).status
  },
  defaults: complete,
  validate: definitionErrors,
  validateUpdate: definitionUpdateErrors,
  validateStatus: (next, _previous, at) => statusErrors(next, at),
})

/** What Go's type always has, and what is said where nothing is. */
function complete(draft: CustomResourceDefinition): void {
  draft.status ??= {}
  // A definition without them is refused, but must be one to be looked at.
  draft.spec ??= {} as CustomResourceDefinition['spec']
  const { spec } = draft
  spec.names ??= {} as CustomResourceDefinition['spec']['names']
  spec.versions ??= []
  spec.conversion ??= { strategy: 'None' }
  if (spec.names.kind) {
    spec.names.singular ||= spec.names.kind.toLowerCase()
    spec.names.listKind ||= `${spec.names.kind}List`
  }
  const service = spec.conversion.webhook?.clientConfig?.service
  if (service) service.port ??= 443
  for (const version of spec.versions) {
    version.name ??= ''
    version.served ??= false
    version.storage ??= false
  }
}

/** A version that was ever stored stays named until somebody has migrated what is left of it. */
function rememberStorageVersion(draft: CustomResourceDefinition): void {
  const storage = storageVersionOf(draft)
  const stored = draft.status.storedVersions ?? []
  if (storage && !stored.includes(storage.name)) draft.status.storedVersions = [...stored, storage.name]
}
