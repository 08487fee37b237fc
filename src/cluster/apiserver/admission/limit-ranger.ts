/**
 * LimitRanger: gives containers what a LimitRange says where they say nothing, and refuses what is outside of it.
 * https://kubernetes.io/docs/concepts/policy/limit-range/
 */
import { forbidden } from '../../../kube/errors.ts'
import type { KubeObject } from '../../../kube/object.ts'
import { type Amounts, podTotals } from '../../../kube/pod/totals.ts'
import { compareQuantities, parseQuantity } from '../../../kube/quantity.ts'
import type { Resource } from '../../../kube/resource.ts'
import type { LimitRange, PersistentVolumeClaim, Pod } from '../../../kube/types.ts'

type Item = NonNullable<LimitRange['spec']>['limits'][number]
type Container = Pod['spec']['containers'][number]

const ANNOTATION = 'kubernetes.io/limit-ranger'

const itemsOf = (range: LimitRange, type: string): Item[] =>
  (range.spec?.limits ?? []).filter((item) => item.type === type)

/** In place. */
export function defaultByRanges(ranges: readonly LimitRange[], pod: Pod): void {
  for (const range of ranges) {
    const limits = merged(itemsOf(range, 'Container').map((item) => item.default))
    const requests = merged(itemsOf(range, 'Container').map((item) => item.defaultRequest))
    const said = [
      ...(pod.spec.containers ?? []).flatMap((container) => defaultContainer(container, 'container', limits, requests)),
      ...(pod.spec.initContainers ?? []).flatMap((container) =>
        defaultContainer(container, 'init container', limits, requests),
      ),
    ]
    if (said.length > 0)
      pod.metadata.annotations = {
        ...pod.metadata.annotations,
        [ANNOTATION]: `LimitRanger plugin set: ${said.join('; ')}`,
      }
  }
}

const merged = (all: readonly (Amounts | undefined)[]): Amounts => Object.assign({}, ...all)

/** Answers what was set, in the annotation's words. */
function defaultContainer(container: Container, what: string, limits: Amounts, requests: Amounts): string[] {
  const said: string[] = []
  for (const [field, defaults, word] of [
    ['requests', requests, 'request'],
    ['limits', limits, 'limit'],
  ] as const) {
    const own = container.resources?.[field] ?? {}
    const names = Object.keys(defaults).filter((name) => !Object.hasOwn(own, name))
    if (names.length === 0) continue
    container.resources = { ...container.resources, [field]: { ...defaults, ...own } }
    said.push(`${names.sort().join(', ')} ${word} for ${what} ${container.name}`)
  }
  return said
}

/** Throws 403. */
export function checkRanges(ranges: readonly LimitRange[], resource: Resource, object: KubeObject): void {
  if (ranges.length === 0) return
  // The resource says what the object is.
  const faults = ranges.flatMap((range) =>
    resource.kind === 'Pod' ? podFaults(range, object as Pod) : claimFaults(range, object as PersistentVolumeClaim),
  )
  if (faults.length === 0) return
  const list = faults.length === 1 ? faults[0] : `[${faults.join(', ')}]`
  throw forbidden(resource, object.metadata.name, String(list))
}

function podFaults(range: LimitRange, { spec }: Pod): string[] {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  return [
    ...itemsOf(range, 'Container').flatMap((item) =>
      containers.flatMap(({ resources }) => faults(item, resources?.requests ?? {}, resources?.limits ?? {})),
    ),
    ...itemsOf(range, 'Pod').flatMap((item) =>
      faults(item, Object.fromEntries(podTotals(spec, 'requests')), Object.fromEntries(podTotals(spec, 'limits'))),
    ),
  ]
}

function faults(item: Item, requests: Amounts, limits: Amounts): string[] {
  return [
    ...each(item.min, (name, bound) => lessThanLeast(item, name, bound, requests[name], limits[name])),
    ...each(item.max, (name, bound) => moreThanMost(item, name, bound, requests[name], limits[name])),
    ...each(item.maxLimitRequestRatio, (name, bound) => ratioFault(item, name, bound, requests[name], limits[name])),
  ]
}

type Amount = string | number

function each(amounts: Amounts | undefined, judge: (name: string, bound: Amount) => string | undefined): string[] {
  return Object.entries(amounts ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, bound]) => judge(name, bound) ?? [])
}

function lessThanLeast(
  { type }: Item,
  name: string,
  least: Amount,
  request?: Amount,
  limit?: Amount,
): string | undefined {
  const said = `minimum ${name} usage per ${type} is ${least}`
  if (request === undefined) return `${said}.  No request is specified`
  if (compareQuantities(request, least) < 0) return `${said}, but request is ${request}`
  return limit !== undefined && compareQuantities(limit, least) < 0 ? `${said}, but limit is ${limit}` : undefined
}

function moreThanMost(
  { type }: Item,
  name: string,
  most: Amount,
  request?: Amount,
  limit?: Amount,
): string | undefined {
  const said = `maximum ${name} usage per ${type} is ${most}`
  if (limit === undefined) return `${said}.  No limit is specified`
  if (compareQuantities(limit, most) > 0) return `${said}, but limit is ${limit}`
  return request !== undefined && compareQuantities(request, most) > 0
    ? `${said}, but request is ${request}`
    : undefined
}

const PRECISION = 1_000_000n

function ratioFault({ type }: Item, name: string, most: Amount, request?: Amount, limit?: Amount): string | undefined {
  const said = `${name} max limit to request ratio per ${type} is ${most}`
  if (request === undefined || compareQuantities(request, '0') === 0)
    return `${said}, but no request is specified or request is 0`
  if (limit === undefined || compareQuantities(limit, '0') === 0)
    return `${said}, but no limit is specified or limit is 0`
  const [asked, allowed, bound] = [request, limit, most].map((amount) => parseQuantity(String(amount)).nanos)
  if (asked === undefined || allowed === undefined || bound === undefined) return undefined
  // limit / request > most, without fractions; quantities are in billionths.
  if (allowed * 1_000_000_000n <= bound * asked) return undefined
  return `${said}, but provided ratio is ${(Number((allowed * PRECISION) / asked) / Number(PRECISION)).toFixed(6)}`
}

function claimFaults(range: LimitRange, { spec }: PersistentVolumeClaim): string[] {
  const requests: Amounts = spec.resources?.requests ?? {}
  return itemsOf(range, 'PersistentVolumeClaim').flatMap((item) => [
    ...each(item.min, (name, least) => lessThanLeast(item, name, least, requests[name])),
    ...each(item.max, (name, most) => {
      const said = `maximum ${name} usage per ${item.type} is ${most}`
      const request = requests[name]
      if (request === undefined) return `${said}.  No request is specified`
      return compareQuantities(request, most) > 0 ? `${said}, but request is ${request}` : undefined
    }),
  ])
}
