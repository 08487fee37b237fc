import { column, resource } from '../../define.ts'
import { duplicate, type FieldError, type FieldPath, forbiddenField, invalidValue, required } from '../../field.ts'
import { compareQuantities, parseQuantity } from '../../quantity.ts'
import type { LimitRange } from '../../types.ts'
import { nameColumn } from '../columns.ts'
import { containerResourceErrors, isOvercommittable, limitTypeErrors, resourceNameErrors } from './resource-names.ts'

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

/** Pairs of amounts of which the first may not be more than the second; where that is told, of which, in which words. */
const ORDERED = [
  ['min', 'max', 'min', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min', 'min value', 'default value'],
  ['default', 'max', 'default', 'max', 'default value', 'max value'],
] as const

function orderErrors(item: Item, name: string, at: FieldPath): FieldError[] {
  return ORDERED.flatMap(([less, more, field, shown, lessText, moreText]) => {
    const low = amountOf(item[less], name)
    const high = amountOf(item[more], name)
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return []
    return [
      invalidValue(
        at.child(field).key(name),
        amountOf(item[shown], name),
        `${lessText} ${low} is greater than ${moreText} ${high}`,
      ),
    ]
  })
}

function ratioErrors(item: Item, name: string, at: FieldPath): FieldError[] {
  const ratio = amountOf(item.maxLimitRequestRatio, name)
  if (ratio === undefined) return []
  const here = at.child('maxLimitRequestRatio').key(name)
  const errors: FieldError[] = []
  if (compareQuantities(ratio, '1') < 0) errors.push(invalidValue(here, ratio, `ratio ${ratio} is less than 1`))
  const [least, most] = [amountOf(item.min, name), amountOf(item.max, name)]
  if (least === undefined || most === undefined) return errors
  // Of a least amount of nothing there is no ratio.
  const widest = numberOf(most) / numberOf(least)
  if (numberOf(ratio) > widest)
    errors.push(invalidValue(here, ratio, `ratio ${ratio} is greater than max/min = ${widest.toFixed(6)}`))
  return errors
}

const NANOS = 1e9
const numberOf = (amount: string | number): number => Number(parseQuantity(String(amount)).nanos) / NANOS

/** Of what no node can promise twice, what is asked for is the limit. */
function promiseErrors(item: Item, name: string, at: FieldPath): FieldError[] {
  const [limit, request] = [amountOf(item.default, name), amountOf(item.defaultRequest, name)]
  if (isOvercommittable(name) || limit === undefined || request === undefined) return []
  if (compareQuantities(limit, request) === 0) return []
  return [
    invalidValue(
      at.child('defaultRequest').key(name),
      request,
      `default value ${limit} must equal to defaultRequest value ${request} in ${name}`,
    ),
  ]
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
  const isOfPods = item.type === 'Pod' || item.type === 'Container'
  const nameErrors = isOfPods ? containerResourceErrors : resourceNameErrors
  const names = new Set<string>()
  for (const field of ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const)
    for (const name of Object.keys(amounts(item[field]))) {
      names.add(name)
      errors.push(...nameErrors(name, at.child(field).key(name)))
    }
  for (const name of names)
    errors.push(...orderErrors(item, name, at), ...ratioErrors(item, name, at), ...promiseErrors(item, name, at))
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
