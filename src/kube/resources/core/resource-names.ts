/** Names of resources in limits and quotas: k8s.io/kubernetes pkg/apis/core/validation and pkg/apis/core/helper. */
import { type FieldError, type FieldPath, invalidEach, invalidValue } from '../../field.ts'
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
const isHugePages = (name: string): boolean => /^(requests\.)?hugepages-/.test(name)

function nameErrors(name: string, at: FieldPath, isKnown: boolean, otherwise: string): FieldError[] {
  const errors = invalidEach(at, name, qualifiedNameErrors(name))
  if (errors.length === 0 && !isPrefixed(name) && !isKnown) errors.push(invalidValue(at, name, otherwise))
  return errors
}

export const resourceNameErrors = (name: string, at: FieldPath): FieldError[] =>
  nameErrors(name, at, STANDARD.has(name) || isHugePages(name), 'must be a standard resource type or fully qualified')

export const quotaNameErrors = (name: string, at: FieldPath): FieldError[] =>
  nameErrors(name, at, QUOTED.has(name) || isHugePages(name), 'must be a standard resource for quota')

export const limitTypeErrors = (type: string, at: FieldPath): FieldError[] =>
  type === '' ? [] : nameErrors(type, at, LIMIT_TYPES.has(type), 'must be a standard limit type or fully qualified')

export const isCounted = (name: string): boolean => COUNTED.has(name) || name.startsWith('count/')

/** What is counted, and what a vendor's devices are: none can be had in part. */
export const isIntegerResource = (name: string): boolean =>
  COUNTED.has(name) || (isPrefixed(name) && !name.includes('kubernetes.io/') && !name.startsWith('requests.'))
