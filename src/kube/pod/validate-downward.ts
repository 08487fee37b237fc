/** What a Pod may read of itself: fields and resources (k8s.io/kubernetes pkg/apis/core/validation). */
import { type FieldError, type FieldPath, invalidEach, invalidValue, notSupported, required } from '../field.ts'
import { qualifiedNameErrors } from '../names.ts'

interface FieldRef {
  readonly apiVersion?: string
  readonly fieldPath?: string
}

interface ResourceRef {
  readonly containerName?: string
  readonly resource?: string
  readonly divisor?: string | number
}

export const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
export const VOLUME_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]
/** Read by the one way or by the other. */
const KNOWN_FIELDS = new Set([
  ...ENV_FIELDS,
  ...VOLUME_FIELDS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
])
const RESOURCES = ['cpu', 'ephemeral-storage', 'memory'].flatMap((name) => [`limits.${name}`, `requests.${name}`])
const HUGE_PAGES = /^(limits|requests)\.hugepages-/
const SUBSCRIPTED = /^(.*)\['(.*)'\]$/

export function fieldRefErrors(ref: FieldRef, supported: readonly string[], at: FieldPath): FieldError[] {
  const { apiVersion = 'v1', fieldPath } = ref
  if (!fieldPath) return [] // The schema says so.
  const here = at.child('fieldPath')
  const unread = (why: string) => [invalidValue(here, fieldPath, `error converting fieldPath: ${why}`)]
  if (apiVersion !== 'v1') return unread(`unsupported pod version: ${apiVersion}`)
  const [, path, key = ''] = SUBSCRIPTED.exec(fieldPath) ?? []
  if (path === 'metadata.annotations') return invalidEach(at, key, qualifiedNameErrors(key.toLowerCase()))
  if (path === 'metadata.labels') return invalidEach(at, key, qualifiedNameErrors(key))
  if (path !== undefined) return unread(`field label does not support subscript: ${fieldPath}`)
  // An alias of old.
  const name = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath
  if (!KNOWN_FIELDS.has(name)) return unread(`field label not supported: ${fieldPath}`)
  return supported.includes(name) ? [] : [notSupported(here, name, supported)]
}

export function resourceRefErrors(ref: ResourceRef, needsContainer: boolean, at: FieldPath): FieldError[] {
  const errors = divisorErrors(ref, at.child('divisor'))
  if (needsContainer && !ref.containerName) return [required(at.child('containerName')), ...errors]
  if (!ref.resource || RESOURCES.includes(ref.resource) || HUGE_PAGES.test(ref.resource)) return errors
  return [notSupported(at.child('resource'), ref.resource, RESOURCES), ...errors]
}

const CORES = ['1m', '1']
const BYTES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']
const DIVISIBLE: readonly (readonly [RegExp, string, readonly string[]])[] = [
  [/^(limits|requests)\.cpu$/, 'cpu', CORES],
  [/^(limits|requests)\.memory$/, 'memory', BYTES],
  [/^(limits|requests)\.ephemeral-storage$/, 'local ephemeral storage', BYTES],
  [HUGE_PAGES, 'hugepages', BYTES],
]

/** None, which is 0, is one. */
function divisorErrors({ resource = '', divisor = '0' }: ResourceRef, at: FieldPath): FieldError[] {
  const [, name, values = []] = DIVISIBLE.find(([form]) => form.test(resource)) ?? []
  if (name === undefined || String(divisor) === '0' || values.includes(String(divisor))) return []
  const shown = values === CORES ? '1m and 1' : values.join(', ')
  return [invalidValue(at, resource, `only divisor's values ${shown} are supported with the ${name} resource`)]
}
