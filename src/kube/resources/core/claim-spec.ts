/**
 * What claims ask for, of a PersistentVolumeClaim and of a StatefulSet's templates of them alike:
 * k8s.io/kubernetes pkg/apis/core/validation (ValidatePersistentVolumeClaimSpec).
 */
import {
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidAs,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { dnsLabelErrors, dnsSubdomainErrors } from '../../names.ts'
import type { ObjectMeta } from '../../object.ts'
import { compareQuantities } from '../../quantity.ts'
import type { PersistentVolumeClaim } from '../../types.ts'
import { labelSelectorErrors } from '../label-selector.ts'

type Spec = PersistentVolumeClaim['spec']

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const SHORT: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

/** `RWO,ROX`, each once and in this order. */
export const accessModesText = (modes: readonly string[] = []): string =>
  Object.keys(SHORT)
    .filter((mode) => modes.includes(mode))
    .map((mode) => SHORT[mode])
    .join(',')

export function accessModeErrors(modes: readonly string[], at: FieldPath): FieldError[] {
  const errors = modes
    .filter((mode) => !ACCESS_MODES.includes(mode))
    .map((mode) => notSupported(at, mode, ACCESS_MODES))
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod'))
    errors.push(forbiddenField(at, 'may not use ReadWriteOncePod with other access modes'))
  return errors
}

export const positiveErrors = (quantity: string | number, at: FieldPath): FieldError[] =>
  compareQuantities(quantity, '0') > 0 ? [] : [invalidValue(at, quantity, 'must be greater than zero')]

export const classNameErrors = (name: string | undefined, at: FieldPath): FieldError[] =>
  name ? invalidEach(at, name, dnsSubdomainErrors(name)) : []

export function defaultClaim(spec: Spec): void {
  spec.volumeMode ??= 'Filesystem'
  // The older field and the newer one are of one meaning where both can say it (KEP-1495).
  const { dataSource, dataSourceRef } = spec
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource }
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { namespace: _, ...source } = dataSourceRef
    spec.dataSource = source
  }
}

export function claimErrors(spec: Spec, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required(at.child('accessModes'), 'at least 1 access mode is required'))
  errors.push(
    ...labelSelectorErrors(spec.selector, at.child('selector')),
    ...accessModeErrors(modes, at.child('accessModes')),
    ...classNameErrors(spec.storageClassName, at.child('storageClassName')),
    ...sourceErrors(spec, at),
  )
  const size = spec.resources?.requests?.['storage']
  const where = at.child('resources').key('storage')
  return [...errors, ...(size === undefined ? [required(where)] : positiveErrors(size, where))]
}

function sourceErrors({ dataSource, dataSourceRef }: Spec, at: FieldPath): FieldError[] {
  const errors = (
    [
      ['dataSource', dataSource],
      ['dataSourceRef', dataSourceRef],
    ] as const
  ).flatMap(([field, source]) => (source ? referenceErrors(source, at.child(field)) : []))
  const { namespace, ...reference } = dataSourceRef ?? {}
  if (namespace)
    errors.push(...invalidEach(at.child('dataSourceRef').child('namespace'), namespace, dnsLabelErrors(namespace)))
  if (!dataSource || !dataSourceRef) return errors
  // Kubernetes shows the path of the field, and names what holds it.
  const shown = at.child('dataSource').text
  if (namespace) errors.push(invalidAs(at, shown, 'may not be specified when dataSourceRef.namespace is specified'))
  else if (!deepEqual(dataSource, reference)) errors.push(invalidAs(at, shown, 'must match dataSourceRef'))
  return errors
}

const CLAIM = 'PersistentVolumeClaim'

function referenceErrors(
  { apiGroup, kind = '', name }: { apiGroup?: string; kind?: string; name?: string },
  at: FieldPath,
): FieldError[] {
  const errors = name ? [] : [required(at.child('name'))]
  if (kind === '') errors.push(required(at.child('kind')))
  if (!apiGroup && kind !== CLAIM)
    errors.push(invalidValue(at, kind, `must be '${CLAIM}' when referencing the default apiGroup`))
  if (apiGroup) errors.push(...invalidEach(at.child('apiGroup'), apiGroup, dnsSubdomainErrors(apiGroup)))
  return errors
}

export const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'

/** Of claims and volumes: the annotation that was before the field. */
export const classWarnings = ({ annotations }: ObjectMeta): string[] =>
  annotations?.[CLASS_ANNOTATION] === undefined
    ? []
    : [`metadata.annotations[${CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`]
