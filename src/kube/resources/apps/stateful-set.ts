import { column, resource, SCALE, STATUS } from '../../define.ts'
import { type FieldError, FieldPath, forbiddenField, invalidValue, notSupported, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { claimSpecWarnings } from '../../pod/warnings-volumes.ts'
import type { StatefulSet } from '../../types.ts'
import { amountErrors, isZero, moreThanAllErrors } from '../amounts.ts'
import { ageColumn, nameColumn, templateColumns } from '../columns.ts'
import { defaultClaim } from '../core/claim-spec.ts'
import {
  countErrors,
  defaultTemplate,
  selectorTextOf,
  templateWarnings,
  validateSelector,
  validateTemplate,
} from '../workloads.ts'

const HISTORY = 10
const MANAGEMENT = ['OrderedReady', 'Parallel']
const POLICIES = ['Delete', 'Retain']

type Spec = StatefulSet['spec']

function strategyErrors({ updateStrategy }: Spec, at: FieldPath): FieldError[] {
  const rolling = updateStrategy?.rollingUpdate
  const here = at.child('rollingUpdate')
  switch (updateStrategy?.type) {
    case undefined:
    case '' as never:
      return [required(at)]
    case 'OnDelete':
      return rolling ? [invalidValue(here, rolling, "only allowed for updateStrategy 'RollingUpdate'")] : []
    case 'RollingUpdate': {
      const most = rolling?.maxUnavailable
      const where = here.child('maxUnavailable')
      return [
        ...countErrors(rolling?.partition, here.child('partition')),
        ...amountErrors(most, where),
        ...moreThanAllErrors(most, where),
        ...(isZero(most) ? [invalidValue(where, most, 'cannot be 0')] : []),
      ]
    }
    default:
      return [invalidValue(at, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")]
  }
}

/** What is no policy is invalid, not unsupported: Kubernetes tells the two apart. */
const managementErrors = (policy: string | undefined, at: FieldPath): FieldError[] =>
  policy === undefined || MANAGEMENT.includes(policy)
    ? []
    : [invalidValue(at, policy, `must be '${MANAGEMENT.join("' or '")}'`)]

function retentionErrors({ persistentVolumeClaimRetentionPolicy: policy }: Spec, at: FieldPath): FieldError[] {
  if (!policy) return []
  return (['whenDeleted', 'whenScaled'] as const).flatMap((when) =>
    POLICIES.includes(policy[when] ?? '') ? [] : [notSupported(at.child(when), policy[when] ?? '', POLICIES)],
  )
}

const MUTABLE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

const withoutMutable = ({
  replicas: _,
  ordinals: __,
  template: ___,
  updateStrategy: ____,
  persistentVolumeClaimRetentionPolicy: _____,
  minReadySeconds: ______,
  ...rest
}: Spec) => rest

const CLAIMS = new FieldPath('spec').child('volumeClaimTemplates')

export const statefulSets = resource<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  scope: 'namespaced',
  subresources: [SCALE, STATUS],
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Ready', 'string', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    ageColumn(),
    ...templateColumns<StatefulSet>(),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = { replicas: 0, availableReplicas: 0 }
  },
  defaults(draft) {
    draft.spec ??= {} as Spec
    const { spec } = draft
    spec.template ??= {}
    spec.podManagementPolicy ||= 'OrderedReady'
    spec.updateStrategy ??= {}
    spec.updateStrategy.type ||= 'RollingUpdate'
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {}
      spec.updateStrategy.rollingUpdate.partition ??= 0
    }
    spec.persistentVolumeClaimRetentionPolicy ??= {}
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain'
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain'
    spec.replicas ??= 1
    spec.revisionHistoryLimit ??= HISTORY
    defaultTemplate(spec.template)
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ||= 'v1'
      claim.kind ||= 'PersistentVolumeClaim'
      claim.spec ??= {}
      claim.status ??= {}
      claim.status.phase ??= 'Pending'
      defaultClaim(claim.spec)
    }
  },
  validate({ spec }, root) {
    const at = root.child('spec')
    return [
      ...managementErrors(spec.podManagementPolicy, at.child('podManagementPolicy')),
      ...strategyErrors(spec, at.child('updateStrategy')),
      ...retentionErrors(spec, at.child('persistentVolumeClaimRetentionPolicy')),
      ...countErrors(spec.replicas, at.child('replicas')),
      ...countErrors(spec.minReadySeconds, at.child('minReadySeconds')),
      ...countErrors(spec.ordinals?.start, at.child('ordinals').child('start')),
      ...validateSelector(spec.selector, at.child('selector'), 'statefulset'),
      ...validateTemplate(withClaims(spec), spec.selector, at, 'StatefulSet'),
    ]
  },
  validateUpdate: (next, previous, at) =>
    deepEqual(withoutMutable(next.spec), withoutMutable(previous.spec))
      ? []
      : [forbiddenField(at.child('spec'), MUTABLE)],
  warnings: (next, previous) => [
    ...templateWarnings(next, previous, next.spec.template),
    ...(previous && deepEqual(next.spec, previous.spec)
      ? []
      : (next.spec.volumeClaimTemplates ?? []).flatMap(({ spec }, index) =>
          claimSpecWarnings(spec, CLAIMS.index(index)),
        )),
    ...((next.spec.revisionHistoryLimit ?? 0) < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions, a value >= 0 is recommended']
      : []),
  ],
  validateStatus({ status, spec: _ }, _previous, root) {
    const at = root.child('status')
    const errors = (
      [
        'replicas',
        'readyReplicas',
        'currentReplicas',
        'updatedReplicas',
        'availableReplicas',
        'collisionCount',
      ] as const
    ).flatMap((field) => countErrors(status?.[field], at.child(field)))
    for (const field of ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const)
      if ((status?.[field] ?? 0) > (status?.replicas ?? 0))
        errors.push(invalidValue(at.child(field), status?.[field], 'cannot be greater than status.replicas'))
    return errors
  },
  scale: {
    replicas: (set) => set.spec.replicas ?? 1,
    setReplicas: (set, replicas) => {
      set.spec.replicas = replicas
    },
    currentReplicas: (set) => set.status.replicas ?? 0,
    selector: (set) => selectorTextOf(set.spec.selector),
  },
})

/** The template as its Pods will be: each claim is a volume, in place of one of the same name, that may be mounted. */
function withClaims({ template, volumeClaimTemplates = [] }: Spec): Spec['template'] {
  if (volumeClaimTemplates.length === 0 || !template?.spec) return template
  const claims = volumeClaimTemplates.flatMap(({ metadata }) => {
    const name = metadata?.name
    return name ? [{ name, persistentVolumeClaim: { claimName: name } }] : []
  })
  const claimed = new Set(claims.map(({ name }) => name))
  const others = (template.spec.volumes ?? []).filter(({ name }) => !claimed.has(name))
  return { ...template, spec: { ...template.spec, volumes: [...others, ...claims] } }
}
