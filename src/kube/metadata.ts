/** Rules of metadata, for every kind: k8s.io/apimachinery's `api/validation` (ValidateObjectMeta and its update). */
import { type FieldError, type FieldPath, forbiddenField, invalidAs, invalidValue, required, tooLong } from './field.ts'
import { byteLength, deepEqual } from './json.ts'
import {
  dns1035Errors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  labelValueErrors,
  pathSegmentErrors,
  qualifiedNameErrors,
} from './names.ts'
import type { ObjectMeta, OwnerReference } from './object.ts'
import type { NameRule, Resource } from './resource.ts'

const ANNOTATIONS_BYTES = 256 * 1024

const NAME_RULES: Readonly<Record<NameRule, (name: string) => string[]>> = {
  'dns-subdomain': dnsSubdomainErrors,
  'dns-label': dnsLabelErrors,
  'dns-1035-label': dns1035Errors,
  'path-segment': pathSegmentErrors,
}

export function validateMetadata(resource: Resource, metadata: ObjectMeta, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (metadata.name === '') errors.push(required(at.child('name'), 'name or generateName is required'))
  else
    for (const why of NAME_RULES[resource.nameRule](metadata.name))
      errors.push(invalidValue(at.child('name'), metadata.name, why))
  if (metadata.generateName)
    for (const why of NAME_RULES[resource.nameRule](withoutDash(metadata.generateName)))
      errors.push(invalidValue(at.child('generateName'), metadata.generateName, why))
  return [...errors, ...commonErrors(resource, metadata, at)]
}

/** A prefix may end with what a whole name may not: apimachinery's maskTrailingDash. */
export const withoutDash = (prefix: string): string => (/.-$/.test(prefix) ? `${prefix.slice(0, -1)}a` : prefix)

function commonErrors(resource: Resource, metadata: ObjectMeta, at: FieldPath): FieldError[] {
  return [
    ...labelErrors(metadata.labels, at.child('labels')),
    ...annotationErrors(metadata.annotations, at.child('annotations')),
    ...ownerErrors(metadata.ownerReferences ?? [], at.child('ownerReferences')),
    ...finalizerErrors(metadata.finalizers ?? [], at.child('finalizers'), resource.allowsPlainFinalizers),
  ]
}

export function labelErrors(labels: Record<string, string> | undefined, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const why of qualifiedNameErrors(key)) errors.push(invalidValue(at, key, why))
    for (const why of labelValueErrors(value)) errors.push(invalidValue(at, value, why))
  }
  return errors
}

export function annotationErrors(annotations: Record<string, string> | undefined, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  let size = 0
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const why of qualifiedNameErrors(key.toLowerCase())) errors.push(invalidValue(at, key, why))
    size += byteLength(key) + byteLength(value)
  }
  if (size > ANNOTATIONS_BYTES) errors.push(tooLong(at, ANNOTATIONS_BYTES))
  return errors
}

function ownerErrors(owners: readonly OwnerReference[], at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, owner] of owners.entries()) {
    const where = at.index(index)
    if (!owner.apiVersion)
      errors.push(invalidValue(where.child('apiVersion'), owner.apiVersion ?? '', 'version must not be empty'))
    if (!owner.kind) errors.push(invalidValue(where.child('kind'), owner.kind ?? '', 'must not be empty'))
    if (!owner.name) errors.push(invalidValue(where.child('name'), owner.name ?? '', 'must not be empty'))
    if (!owner.uid) errors.push(invalidValue(where.child('uid'), owner.uid ?? '', 'must not be empty'))
    if (owner.apiVersion === 'v1' && owner.kind === 'Event')
      errors.push(invalidValue(where, owner.kind, 'v1, Kind=Event is disallowed from being an owner'))
  }
  const controllers = owners.filter((owner) => owner.controller === true)
  if (controllers.length > 1) {
    const names = controllers.map((owner) => owner.name)
    errors.push(
      invalidValue(
        at,
        names,
        `Only one reference can have Controller set to true. Found "true" in references for ${names.join(' and ')}`,
      ),
    )
  }
  return errors
}

const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

/** `plain`: whether a name of one's own needs no `/`, as with custom resources. */
export function finalizerErrors(finalizers: readonly string[], at: FieldPath, plain: boolean): FieldError[] {
  const errors: FieldError[] = []
  for (const finalizer of finalizers) {
    const problems = qualifiedNameErrors(finalizer)
    for (const why of problems) errors.push(invalidValue(at, finalizer, why))
    if (!plain && problems.length === 0 && !finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer))
      errors.push(invalidValue(at, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'))
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(invalidValue(at, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  return errors
}

/** A terminating object may lose finalizers, but gets no new ones; whether and when it goes is not for an update to say. */
export function validateMetadataUpdate(
  resource: Resource,
  next: ObjectMeta,
  previous: ObjectMeta,
  at: FieldPath,
): FieldError[] {
  const errors = [...commonErrors(resource, next, at), ...fixedErrors(next, previous, at)]
  if (previous.deletionTimestamp === undefined) return errors
  const added = (next.finalizers ?? []).filter((finalizer) => !previous.finalizers?.includes(finalizer))
  if (added.length > 0)
    errors.push(
      forbiddenField(
        at.child('finalizers'),
        `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
      ),
    )
  return errors
}

function fixedErrors(next: ObjectMeta, previous: ObjectMeta, at: FieldPath): FieldError[] {
  const errors = immutable(next.uid, previous.uid, at.child('uid'))
  const { deletionTimestamp: time, deletionGracePeriodSeconds: grace } = next
  if (time !== undefined && time !== previous.deletionTimestamp)
    errors.push(invalidAs(at.child('deletionTimestamp'), goTime(time), IMMUTABLE))
  return [...errors, ...immutable(grace, previous.deletionGracePeriodSeconds, at.child('deletionGracePeriodSeconds'))]
}

/** `2026-01-01T00:00:00Z` as Go prints a time. */
const goTime = (text: string): string => `${text.replace('T', ' ').replace('Z', '')} +0000 UTC`

const IMMUTABLE = 'field is immutable'

export const immutable = (next: unknown, previous: unknown, at: FieldPath): FieldError[] =>
  deepEqual(next, previous) ? [] : [invalidValue(at, next, IMMUTABLE)]
