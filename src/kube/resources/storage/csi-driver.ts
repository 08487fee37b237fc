import { column, resource } from '../../define.ts'
import { duplicate, type FieldError, type FieldPath, invalidValue, notSupported } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import type { CSIDriver } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

type Spec = CSIDriver['spec']

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType']
const LIFECYCLES = ['Ephemeral', 'Persistent']
const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32

/** What may change, and then moves the generation. */
const MUTABLE = [
  'podInfoOnMount',
  'storageCapacity',
  'fsGroupPolicy',
  'tokenRequests',
  'requiresRepublish',
  'seLinuxMount',
] as const

function tokenErrors(requests: NonNullable<Spec['tokenRequests']>, at: FieldPath): FieldError[] {
  const audiences = new Set<string>()
  return requests.flatMap(({ audience = '', expirationSeconds: seconds }, index) => {
    const here = at.index(index)
    if (audiences.has(audience)) return [duplicate(here.child('audience'), audience)]
    audiences.add(audience)
    const where = here.child('expirationSeconds')
    if (seconds !== undefined && seconds < MIN_TOKEN_SECONDS)
      return [invalidValue(where, seconds, 'may not specify a duration less than 10 minutes')]
    if (seconds !== undefined && seconds > MAX_TOKEN_SECONDS)
      return [invalidValue(where, seconds, 'may not specify a duration larger than 2^32 seconds')]
    return []
  })
}

function validate({ spec }: CSIDriver, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const { fsGroupPolicy: policy, volumeLifecycleModes = [], tokenRequests = [] } = spec
  return [
    ...(policy !== undefined && !GROUP_POLICIES.includes(policy)
      ? [notSupported(at.child('fsGroupPolicy'), policy, GROUP_POLICIES)]
      : []),
    ...tokenErrors(tokenRequests, at.child('tokenRequests')),
    ...volumeLifecycleModes
      .filter((mode) => !LIFECYCLES.includes(mode))
      .map((mode) => notSupported(at.child('volumeLifecycleModes'), mode, LIFECYCLES)),
  ]
}

export const csiDrivers = resource<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  scope: 'cluster',
  schema: 'io.k8s.api.storage.v1.CSIDriver',
  columns: [
    nameColumn(),
    column('AttachRequired', 'boolean', ({ spec }) => spec.attachRequired ?? true),
    column('PodInfoOnMount', 'boolean', ({ spec }) => spec.podInfoOnMount ?? false),
    column('StorageCapacity', 'boolean', ({ spec }) => spec.storageCapacity ?? false),
    column('TokenRequests', 'string', ({ spec }) =>
      spec.tokenRequests ? spec.tokenRequests.map(({ audience }) => audience ?? '').join(',') : '<unset>',
    ),
    column('RequiresRepublish', 'boolean', ({ spec }) => spec.requiresRepublish ?? false),
    column('Modes', 'string', ({ spec }) => (spec.volumeLifecycleModes ?? []).join(',') || '<none>'),
    ageColumn(),
  ],
  defaults(draft) {
    draft.spec ??= {}
    const { spec } = draft
    spec.attachRequired ??= true
    spec.podInfoOnMount ??= false
    spec.storageCapacity ??= false
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent']
    spec.requiresRepublish ??= false
    spec.seLinuxMount ??= false
  },
  prepareForUpdate(draft, previous) {
    // A driver has no generation before it first changes.
    if (
      MUTABLE.some((field) => draft.spec?.[field] !== undefined && !deepEqual(draft.spec[field], previous.spec[field]))
    )
      draft.metadata.generation = (previous.metadata.generation ?? 0) + 1
  },
  validate,
  validateUpdate(next, previous, root) {
    const at = root.child('spec')
    return [
      // The path is Kubernetes' own, and not the field's.
      ...immutable(next.spec.attachRequired, previous.spec.attachRequired, at.child('attachedRequired')),
      ...immutable(
        next.spec.volumeLifecycleModes,
        previous.spec.volumeLifecycleModes,
        at.child('volumeLifecycleModes'),
      ),
    ]
  },
  unconditionalUpdate: false,
  deleteReturnsObject: true,
})
