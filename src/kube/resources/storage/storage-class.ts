import { column, resource } from '../../define.ts'
import { deprecationOf } from '../../deprecated-labels.ts'
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '../../field.ts'
import { byteLength, deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import { qualifiedNameErrors } from '../../names.ts'
import type { StorageClass } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

type Term = NonNullable<StorageClass['allowedTopologies']>[number]

const MAX_PARAMETERS = 512
const MAX_PARAMETERS_BYTES = 256 * 1024
const RECLAIM_POLICIES = ['Delete', 'Retain']
const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]

/** Whether claims that name no class get this one. */
export const isDefaultClass = ({ metadata }: StorageClass): boolean =>
  DEFAULT_ANNOTATIONS.some((annotation) => metadata.annotations?.[annotation] === 'true')

function parametersErrors(parameters: Readonly<Record<string, string>>, at: FieldPath): FieldError[] {
  const entries = Object.entries(parameters)
  if (entries.length > MAX_PARAMETERS) return [tooLong(at, MAX_PARAMETERS)]
  const errors = entries.some(([key]) => key === '') ? [invalidValue(at, '', 'field can not be empty.')] : []
  const size = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  return size > MAX_PARAMETERS_BYTES ? [...errors, tooLong(at, MAX_PARAMETERS_BYTES)] : errors
}

function topologyErrors(terms: readonly Term[], at: FieldPath): FieldError[] {
  const seen: unknown[] = []
  return terms.flatMap((term, index) => {
    const here = at.index(index).child('matchLabelExpressions')
    const expressions = term.matchLabelExpressions ?? []
    const errors = expressions.flatMap((expression, each) => expressionErrors(expression, here.index(each)))
    for (const [each, { key }] of expressions.entries())
      if (expressions.slice(0, each).some((earlier) => earlier.key === key))
        errors.push(duplicate(here.index(each).child('key'), key))
    const meaning = Object.fromEntries(expressions.map(({ key, values }) => [key, [...new Set(values)].sort()]))
    if (seen.some((earlier) => deepEqual(earlier, meaning))) errors.push(duplicate(here, ''))
    seen.push(meaning)
    return errors
  })
}

function expressionErrors(
  { key = '', values = [] }: NonNullable<Term['matchLabelExpressions']>[number],
  at: FieldPath,
): FieldError[] {
  return [
    ...(values.length === 0 ? [required(at.child('values'))] : []),
    ...values.flatMap((value, index) =>
      values.indexOf(value) < index ? [duplicate(at.child('values').index(index), value)] : [],
    ),
    ...invalidEach(at.child('key'), key, qualifiedNameErrors(key)),
  ]
}

function validate(storageClass: StorageClass, at: FieldPath): FieldError[] {
  const { provisioner, parameters = {}, reclaimPolicy, allowedTopologies = [] } = storageClass
  return [
    ...(provisioner
      ? invalidEach(at.child('provisioner'), provisioner, qualifiedNameErrors(provisioner.toLowerCase()))
      : [required(at.child('provisioner'))]),
    ...parametersErrors(parameters, at.child('parameters')),
    ...(reclaimPolicy && !RECLAIM_POLICIES.includes(reclaimPolicy)
      ? [notSupported(at.child('reclaimPolicy'), reclaimPolicy, RECLAIM_POLICIES)]
      : []),
    ...topologyErrors(allowedTopologies, at.child('allowedTopologies')),
  ]
}

/** How volumes are made stands: those that are there were made so. */
function validateUpdate(next: StorageClass, previous: StorageClass, at: FieldPath): FieldError[] {
  const changed = (['parameters', 'provisioner', 'reclaimPolicy'] as const).filter(
    (field) => !deepEqual(next[field], previous[field]),
  )
  return [
    ...changed.map((field) => forbiddenField(at.child(field), `updates to ${field} are forbidden.`)),
    ...immutable(next.volumeBindingMode, previous.volumeBindingMode, at.child('volumeBindingMode')),
  ]
}

const topologyWarnings = ({ allowedTopologies = [] }: StorageClass): string[] =>
  allowedTopologies.flatMap(({ matchLabelExpressions = [] }, at) =>
    matchLabelExpressions.flatMap(({ key }, index) => {
      const why = deprecationOf(key)
      return why === undefined ? [] : [`allowedTopologies[${at}].matchLabelExpressions[${index}]: ${why}`]
    }),
  )

export const storageClasses = resource<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  scope: 'cluster',
  schema: 'io.k8s.api.storage.v1.StorageClass',
  columns: [
    {
      ...nameColumn<StorageClass>(),
      cell: (storageClass) => `${storageClass.metadata.name}${isDefaultClass(storageClass) ? ' (default)' : ''}`,
    },
    column('Provisioner', 'string', ({ provisioner }) => provisioner),
    column('ReclaimPolicy', 'string', ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete'),
    column('VolumeBindingMode', 'string', ({ volumeBindingMode }) => volumeBindingMode ?? '<unset>'),
    column('AllowVolumeExpansion', 'boolean', ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false),
    ageColumn(),
  ],
  defaults(draft) {
    draft.reclaimPolicy ??= 'Delete'
    draft.volumeBindingMode ??= 'Immediate'
  },
  validate,
  validateUpdate,
  warnings: topologyWarnings,
  deleteReturnsObject: true,
})
