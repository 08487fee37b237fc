/** What the schema alone can say of a decoded object: missing required fields, and values outside an enumeration. */
import { type FieldError, FieldPath, notSupported, required } from '../field.ts'
import { definitions } from '../generated/schema.ts'
import type { FieldType } from './definition.ts'

type Checker = (value: unknown, at: string, errors: FieldError[]) => void

/** Metadata has rules of its own (validation/metadata.ts). */
const SKIPPED = new Set(['metadata', 'status', 'apiVersion', 'kind'])

/**
 * Fields that Kubernetes' schema requires, but its code allows to be empty: an empty list or text is required too,
 * unless it stands here. `definition.field`.
 */
const MAY_BE_EMPTY = new Set([
  'io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement.values',
  'io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern.type',
  'io.k8s.api.batch.v1.SuccessPolicy.rules',
  'io.k8s.api.core.v1.EnvVar.name',
  'io.k8s.api.core.v1.Event.involvedObject',
  'io.k8s.api.core.v1.Event.metadata',
  'io.k8s.api.core.v1.SELinuxOptions.level',
  'io.k8s.api.core.v1.ISCSIPersistentVolumeSource.lun',
  'io.k8s.api.core.v1.ISCSIVolumeSource.lun',
  'io.k8s.api.core.v1.NFSVolumeSource.path',
  'io.k8s.api.core.v1.PreferredSchedulingTerm.preference',
  'io.k8s.api.core.v1.ScaleIOPersistentVolumeSource.secretRef',
  'io.k8s.api.core.v1.ScaleIOVolumeSource.secretRef',
  'io.k8s.api.core.v1.NodeSelector.nodeSelectorTerms',
  'io.k8s.api.core.v1.SleepAction.seconds',
  'io.k8s.api.core.v1.WeightedPodAffinityTerm.podAffinityTerm',
  'io.k8s.api.discovery.v1.EndpointSlice.endpoints',
  'io.k8s.api.discovery.v1.EndpointSlice.addressType',
  'io.k8s.api.discovery.v1.Endpoint.addresses',
  'io.k8s.api.discovery.v1beta1.EndpointSlice.endpoints',
  'io.k8s.api.discovery.v1beta1.EndpointSlice.addressType',
  'io.k8s.api.discovery.v1beta1.Endpoint.addresses',
  'io.k8s.api.core.v1.TopologySelectorLabelRequirement.key',
  'io.k8s.api.core.v1.TypedLocalObjectReference.name',
  'io.k8s.api.networking.v1.HTTPIngressPath.backend',
  'io.k8s.api.networking.v1.HTTPIngressPath.pathType',
  'io.k8s.api.networking.v1.IngressClassParametersReference.name',
  'io.k8s.api.node.v1.RuntimeClass.handler',
  'io.k8s.api.storage.v1.CSINodeSpec.drivers',
  'io.k8s.api.storage.v1.CSIStorageCapacity.storageClassName',
  'io.k8s.api.storage.v1.TokenRequest.audience',
  'io.k8s.api.storage.v1.VolumeAttachmentSpec.nodeName',
  'io.k8s.api.storage.v1.VolumeAttachmentSpec.source',
])

/** Of these every field is judged by the kind, in words of its own. */
const JUDGED_PACKAGE =
  /^io\.k8s\.(api\.(admissionregistration|autoscaling|events|flowcontrol)|apiextensions-apiserver\.pkg\.apis\.apiextensions)\./

/** Enumerations of which a kind takes a part only, or which it names by another path, and says so itself. */
const JUDGED_BY_KIND = new Set([
  'io.k8s.api.admissionregistration.v1.MutatingWebhook.sideEffects',
  'io.k8s.api.admissionregistration.v1.ValidatingWebhook.sideEffects',
  'io.k8s.api.apps.v1.DaemonSetUpdateStrategy.type',
  'io.k8s.api.apps.v1.StatefulSetSpec.podManagementPolicy',
  'io.k8s.api.apps.v1.StatefulSetUpdateStrategy.type',
  'io.k8s.api.core.v1.ScopedResourceSelectorRequirement.operator',
  'io.k8s.api.core.v1.VolumeMount.mountPropagation',
  'io.k8s.api.core.v1.ScopedResourceSelectorRequirement.scopeName',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule.reason',
  'io.k8s.api.storage.v1.StorageClass.reclaimPolicy',
])

/** Numbers of which none and 0 are the same: of others that are 0 the kind says what they must be. */
const NOT_ZERO = new Set(['io.k8s.api.core.v1.ContainerPort.containerPort'])

const checkers = new Map<string, Checker>()

/** Errors of one object of a definition. */
export function requiredErrors(schema: string, object: unknown, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  checkerOf(schema)(object, path.text, errors)
  return errors
}

function checkerOf(name: string): Checker {
  const known = checkers.get(name)
  if (known) return known
  const definition = definitions[name]
  if (!definition) throw new Error(`no definition ${name}`)
  const checker: Checker = (value, at, errors) => check(value, at, errors)
  // Known before its fields are looked at: definitions may hold themselves.
  checkers.set(name, checker)
  const needed = (definition.required ?? []).filter(
    (field) => !SKIPPED.has(field) && !MAY_BE_EMPTY.has(`${name}.${field}`) && !JUDGED_PACKAGE.test(name),
  )
  const enums = Object.entries(definition.enums ?? {}).filter(([field]) => !JUDGED_BY_KIND.has(`${name}.${field}`))
  const nested = Object.entries(definition.fields).flatMap(([field, type]) => {
    const check = SKIPPED.has(field) && !name.endsWith('PodTemplateSpec') ? undefined : fieldChecker(type)
    return check ? [{ field, check }] : []
  })
  const isZero = (field: string, given: unknown) => given === 0 && NOT_ZERO.has(`${name}.${field}`)
  const check: Checker = (value, at, errors) => {
    // Decoded objects have their schema's shape.
    const object = value as Record<string, unknown>
    const child = (field: string) => (at === '' ? field : `${at}.${field}`)
    for (const field of needed) {
      const given = object[field]
      if (given === undefined || given === '' || (Array.isArray(given) && given.length === 0) || isZero(field, given))
        errors.push(required(new FieldPath(child(field))))
    }
    for (const [field, values] of enums) {
      const given = object[field]
      if (typeof given === 'string' && given !== '' && !values.includes(given))
        errors.push(notSupported(new FieldPath(child(field)), given, values))
    }
    for (const { field, check: checkField } of nested) {
      const given = object[field]
      if (given !== undefined) checkField(given, child(field), errors)
    }
  }
  return checker
}

/** Undefined for types that hold nothing to check. */
function fieldChecker(type: FieldType): Checker | undefined {
  if (type.startsWith('[]')) {
    const item = fieldChecker(type.slice(2))
    if (!item) return undefined
    return (value, at, errors) => {
      for (const [index, entry] of (value as unknown[]).entries()) item(entry, `${at}[${index}]`, errors)
    }
  }
  if (type.startsWith('{}')) {
    const item = fieldChecker(type.slice(2))
    if (!item) return undefined
    return (value, at, errors) => {
      for (const [key, entry] of Object.entries(value as object)) item(entry, `${at}[${key}]`, errors)
    }
  }
  if (!type.startsWith('#') || type.endsWith('.ObjectMeta')) return undefined
  let checker: Checker | undefined
  return (value, at, errors) => {
    checker ??= checkerOf(type.slice(1))
    checker(value, at, errors)
  }
}
