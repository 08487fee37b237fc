import { column, resource } from '../../define.ts'
import { duplicate, type FieldError, type FieldPath, forbiddenField, invalidValue, required } from '../../field.ts'
import { compareQuantities } from '../../quantity.ts'
import type { LimitRange } from '../../types.ts'
import { nameColumn } from '../columns.ts'
import { limitTypeErrors, resourceNameErrors } from './resource-names.ts'

type Item = NonNullable<LimitRange['spec']>['limits'][number]
type Amounts = Record<string, string | number>

const amounts = (list: Item['max']): Amounts => list ?? {}

/** Any text may be a resource's name, also one that every record inherits. */
const amountOf = (list: Item['max'], name: string): string | number | undefined =>
  Object.hasOwn(amounts(list), name) ? amounts(list)[name] : undefined

/** Of containers: the limit is the most allowed, and what is asked for is the limit or the least allowed. */
function defaultItem(item: Item): void {
  if (item.type !== 'Container') return
  const limits = { ...amounts(item.max), ...amounts(item.default) }
  const requests = { ...amounts(item.min), ...limits, ...amounts(item.defaultRequest) }
  if (Object.keys(limits).length > 0) item.default = limits
  if (Object.keys(requests).length > 0) item.defaultRequest = requests
}

/** Pairs of amounts of which the first may not be more than the second; where the error is told, and in which words. */
const ORDERED = [
  ['min', 'max', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min value', 'default value'],
  ['default', 'max', 'default', 'default value', 'max value'],
] as const

function orderErrors(item: Item, name: string, at: FieldPath): FieldError[] {
  return ORDERED.flatMap(([less, more, field, lessText, moreText]) => {
    const low = amountOf(item[less], name)
    const high = amountOf(item[more], name)
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return []
    return [
      invalidValue(
        at.child(field).key(name),
        amountOf(item[field], name),
        `${lessText} ${low} is greater than ${moreText} ${high}`,
      ),
    ]
  })
}

function ratioErrors(item: Item, name: string, at: FieldPath): FieldError[] {
  const ratio = amountOf(item.maxLimitRequestRatio, name)
  if (ratio === undefined || compareQuantities(ratio, '1') >= 0) return []
  return [invalidValue(at.child('maxLimitRequestRatio').key(name), ratio, `ratio ${ratio} is less than 1`)]
}

function itemErrors(item: Item, at: FieldPath): FieldError[] {
  const errors = limitTypeErrors(item.type ?? '', at.child('type'))
  if (item.type === 'Pod')
    for (const field of ['default', 'defaultRequest'] as const)
      if (item[field] && Object.keys(item[field]).length > 0)
        errors.push(forbiddenField(at.child(field), "may not be specified when `type` is 'Pod'"))
  if (item.type === 'PersistentVolumeClaim' && !item.min?.['storage'] && !item.max?.['storage'])
    errors.push(
      required(at.child('limits'), 'either minimum or maximum storage value is required, but neither was provided'),
    )
  const names = new Set<string>()
  for (const field of ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const)
    for (const name of Object.keys(amounts(item[field]))) {
      names.add(name)
      errors.push(...resourceNameErrors(name, at.child(field).key(name)))
    }
  for (const name of names) errors.push(...orderErrors(item, name, at), ...ratioErrors(item, name, at))
  return errors
}

function validate({ spec }: LimitRange, root: FieldPath): FieldError[] {
  const at = root.child('spec').child('limits')
  const types = new Set<string>()
  return (spec?.limits ?? []).flatMap((item, index) => {
    const here = at.index(index)
    const isTwice = types.has(item.type)
    types.add(item.type)
    return [...(isTwice ? [duplicate(here.child('type'), item.type)] : []), ...itemErrors(item, here)]
  })
}

export const limitRanges = resource<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  scope: 'namespaced',
  schema: 'io.k8s.api.core.v1.LimitRange',
  columns: [nameColumn(), column('Created At', 'string', ({ metadata }) => metadata.creationTimestamp)],
  defaults(draft) {
    for (const item of draft.spec?.limits ?? []) defaultItem(item)
  },
  validate,
  createOnUpdate: true,
})
