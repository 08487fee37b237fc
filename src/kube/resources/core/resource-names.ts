/** Names of resources in limits and quotas: k8s.io/kubernetes pkg/apis/core/validation and pkg/apis/core/helper. */
import { type FieldError, type FieldPath, invalidEach, invalidValue, notSupported } from '../../field.ts'
import { qualifiedNameErrors } from '../../names.ts'

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage']
const STANDARD = new Set([
  ...COMPUTE,
  'storage',
  ...COMPUTE.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  'requests.storage',
  'pods',
])

/** Counts of objects, which are whole. */
const COUNTED = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
])
const QUOTED = new Set([...STANDARD, ...COUNTED])
const LIMIT_TYPES = new Set(['Pod', 'Container', 'PersistentVolumeClaim'])

const isPrefixed = (name: string): boolean => name.includes('/')
const isAnyHugePages = (name: string): boolean => /^(requests\.)?hugepages-/.test(name)
export const isHugePages = (name: string): boolean => name.startsWith('hugepages-')
/** Kubernetes' own, with a prefix or without. */
export const isNative = (name: string): boolean => !isPrefixed(name) || name.includes('kubernetes.io/')
/** A node may promise more of it than it has. */
export const isOvercommittable = (name: string): boolean => isNative(name) && !isHugePages(name)

function nameErrors(name: string, at: FieldPath, isKnown: boolean, otherwise: string): FieldError[] {
  const errors = invalidEach(at, name, qualifiedNameErrors(name))
  if (errors.length === 0 && !isPrefixed(name) && !isKnown) errors.push(invalidValue(at, name, otherwise))
  return errors
}

export const resourceNameErrors = (name: string, at: FieldPath): FieldError[] =>
  nameErrors(
    name,
    at,
    STANDARD.has(name) || isAnyHugePages(name),
    'must be a standard resource type or fully qualified',
  )

/** Of what a container may ask for. */
export function containerResourceErrors(name: string, at: FieldPath): FieldError[] {
  const errors = resourceNameErrors(name, at)
  if (!isPrefixed(name)) {
    if (!COMPUTE.includes(name) && !isHugePages(name))
      errors.push(invalidValue(at, name, 'must be a standard resource for containers'))
  } else if (!isNative(name) && (name.startsWith('requests.') || qualifiedNameErrors(`requests.${name}`).length > 0))
    errors.push(invalidValue(at, name, "doesn't follow extended resource name standard"))
  return errors
}

/** Of what a claim has: its storage, or what a vendor calls so. */
export function claimResourceErrors(name: string, at: FieldPath): FieldError[] {
  const errors = invalidEach(at, name, qualifiedNameErrors(name))
  if (errors.length > 0 || name === 'storage' || !isNative(name)) return errors
  return [notSupported(at, name, ['storage'])]
}

export const quotaNameErrors = (name: string, at: FieldPath): FieldError[] =>
  nameErrors(name, at, QUOTED.has(name) || isAnyHugePages(name), 'must be a standard resource for quota')

export const limitTypeErrors = (type: string, at: FieldPath): FieldError[] =>
  type === '' ? [] : nameErrors(type, at, LIMIT_TYPES.has(type), 'must be a standard limit type or fully qualified')

/** What is counted, and what a vendor's devices are: none can be had in part. */
export const isIntegerResource = (name: string): boolean =>
  COUNTED.has(name) || (isPrefixed(name) && !name.includes('kubernetes.io/') && !name.startsWith('requests.'))
