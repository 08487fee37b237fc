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
  if (needsContainer && !ref.containerName) return [required(at.child('containerName'))]
  if (!ref.resource || RESOURCES.includes(ref.resource) || HUGE_PAGES.test(ref.resource)) return []
  return [notSupported(at.child('resource'), ref.resource, RESOURCES)]
}
