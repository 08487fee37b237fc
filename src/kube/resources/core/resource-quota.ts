import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, type FieldPath, invalidValue, required } from '../../field.ts'
import { immutable } from '../../metadata.ts'
import { compareQuantities } from '../../quantity.ts'
import type { ResourceQuota } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { isIntegerResource, quotaNameErrors } from './resource-names.ts'

type Spec = ResourceQuota['spec']
type Amounts = Readonly<Record<string, string | number>> | undefined

const SCOPES: readonly string[] = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
]
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const

/** What Pods with and without requests are counted by: a best-effort Pod has none. */
const OF_PODS = new Set(['pods', 'count/pods'])
const COMPUTE = /^((requests|limits)\.)?(cpu|memory|ephemeral-storage)$/

function isUsable(scope: string, name: string): boolean {
  if (scope === 'BestEffort') return OF_PODS.has(name)
  return OF_PODS.has(name) || COMPUTE.test(name)
}

function hardErrors(hard: Amounts, at: FieldPath): FieldError[] {
  return Object.entries(hard ?? {}).flatMap(([name, quantity]) => {
    const here = at.key(name)
    const errors = quotaNameErrors(name, here)
    if (compareQuantities(quantity, '0') < 0)
      errors.push(invalidValue(here, quantity, 'must be greater than or equal to 0'))
    if (isIntegerResource(name) && /[mnu]$/.test(String(quantity)))
      errors.push(invalidValue(here, quantity, 'must be an integer'))
    return errors
  })
}

/** `shown` is what the client wrote, of which the scopes are. */
function scopeErrors(scopes: readonly string[], shown: unknown, hard: Amounts, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) errors.push(invalidValue(at, shown, 'unsupported scope'))
    else if (Object.keys(hard ?? {}).some((name) => !isUsable(scope, name)))
      errors.push(invalidValue(at, shown, 'unsupported scope applied to resource'))
  }
  for (const [one, other] of OPPOSITES)
    if (scopes.includes(one) && scopes.includes(other)) errors.push(invalidValue(at, shown, 'conflicting scopes'))
  return errors
}

const OPERATORS = ['DoesNotExist', 'Exists', 'In', 'NotIn']

function selectorErrors({ scopeSelector, hard }: Spec, at: FieldPath): FieldError[] {
  const expressions = scopeSelector?.matchExpressions ?? []
  const where = at.child('matchExpressions')
  const errors = expressions.flatMap(({ operator, scopeName, values = [] }) => {
    const found: FieldError[] = []
    if (operator && !OPERATORS.includes(operator))
      found.push(invalidValue(where.child('operator'), operator, 'not a valid selector operator'))
    const needsValues = operator === 'In' || operator === 'NotIn'
    if (scopeName && scopeName !== 'PriorityClass' && operator && operator !== 'Exists')
      found.push(
        invalidValue(
          where.child('operator'),
          operator,
          "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ),
      )
    if (needsValues && values.length === 0)
      found.push(
        required(
          where.child('values'),
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        ),
      )
    if (!needsValues && values.length > 0)
      found.push(
        invalidValue(
          where.child('values'),
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      )
    return found
  })
  const names = expressions.flatMap(({ scopeName }) => (scopeName ? [scopeName] : []))
  return [...errors, ...scopeErrors(names, expressions, hard, where.child('scopeName'))]
}

/** `requests.cpu: 1/2, pods: 3/10`. */
const usageText = ({ status }: ResourceQuota, isOfLimits: boolean): string =>
  Object.keys(status.hard ?? {})
    .filter((name) => name.startsWith('limits') === isOfLimits)
    .sort()
    .map((name) => `${name}: ${status.used?.[name] ?? '0'}/${status.hard?.[name] ?? '0'}`)
    .join(', ')

export const resourceQuotas = resource<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  scope: 'namespaced',
  subresources: [STATUS],
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Request', 'string', (quota) => usageText(quota, false)),
    column('Limit', 'string', (quota) => usageText(quota, true)),
    ageColumn(),
  ],
  prepareForCreate(draft) {
    draft.status = {}
  },
  defaults(draft) {
    draft.spec ??= {}
    draft.status ??= {}
  },
  validate({ spec }, root) {
    const at = root.child('spec')
    return [
      ...hardErrors(spec.hard, at.child('hard')),
      ...scopeErrors(spec.scopes ?? [], spec.scopes, spec.hard, at.child('scopes')),
      ...selectorErrors(spec, at.child('scopeSelector')),
    ]
  },
  validateUpdate(next, previous, root) {
    const scopes = ({ spec }: ResourceQuota) => [...(spec.scopes ?? [])].sort()
    return immutable(scopes(next), scopes(previous), root.child('spec').child('scopes'))
  },
  validateStatus({ status }, _previous, root) {
    const at = root.child('status')
    return [...hardErrors(status?.hard, at.child('hard')), ...hardErrors(status?.used, at.child('used'))]
  },
  deleteReturnsObject: true,
})
