/**
 * Lists and sets: Kubernetes' list library and cel-go's sets extension.
 * https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library
 */
import type { Environment } from '@marcbachmann/cel-js'
import { deepEqual } from '../json.ts'
import { listOf } from './text.ts'

class SetsLibrary {}

type Comparable = number | bigint | string | boolean | Date

export function registerLists(env: Environment): void {
  env.registerFunction('list.isSorted(): bool', (list: unknown) => {
    const items = listOf(list) as Comparable[]
    return items.every((item, index) => index === 0 || (items[index - 1] as Comparable) <= item)
  })
  env.registerFunction('list.sum(): dyn', (list: unknown) => sum(listOf(list)))
  env.registerFunction('list.min(): dyn', (list: unknown) =>
    extreme(listOf(list) as Comparable[], (a, b) => a < b, 'min'),
  )
  env.registerFunction('list.max(): dyn', (list: unknown) =>
    extreme(listOf(list) as Comparable[], (a, b) => a > b, 'max'),
  )
  env.registerFunction('list.indexOf(dyn): int', (list: unknown, wanted: unknown) =>
    BigInt(listOf(list).findIndex((item) => isSame(item, wanted))),
  )
  env.registerFunction('list.lastIndexOf(dyn): int', (list: unknown, wanted: unknown) =>
    BigInt(listOf(list).findLastIndex((item) => isSame(item, wanted))),
  )
  env.registerType('kubernetes.Sets', { ctor: SetsLibrary, fields: {} })
  env.registerConstant('sets', 'kubernetes.Sets', new SetsLibrary())
  env.registerFunction('kubernetes.Sets.contains(list, list): bool', (_: unknown, a: unknown, b: unknown) =>
    hasAll(listOf(a), listOf(b)),
  )
  env.registerFunction(
    'kubernetes.Sets.equivalent(list, list): bool',
    (_: unknown, a: unknown, b: unknown) => hasAll(listOf(a), listOf(b)) && hasAll(listOf(b), listOf(a)),
  )
  env.registerFunction('kubernetes.Sets.intersects(list, list): bool', (_: unknown, a: unknown, b: unknown) => {
    const own = listOf(a)
    return listOf(b).some((item) => own.some((other) => isSame(item, other)))
  })
}

const hasAll = (list: readonly unknown[], wanted: readonly unknown[]): boolean =>
  wanted.every((item) => list.some((other) => isSame(item, other)))

export function isSame(a: unknown, b: unknown): boolean {
  // A number of another type is the same number.
  if (isNumber(a) && isNumber(b)) return typeof a === typeof b ? a === b : Number(a) === Number(b)
  return deepEqual(a, b)
}

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'

function sum(items: readonly unknown[]): unknown {
  if (items.length === 0) return 0n
  return items.reduce((total, item) =>
    typeof total === 'bigint' && typeof item === 'bigint' ? total + item : Number(total) + Number(item),
  )
}

function extreme(
  items: readonly Comparable[],
  isBetter: (a: Comparable, b: Comparable) => boolean,
  name: string,
): Comparable {
  const [first, ...others] = items
  if (first === undefined) throw new Error(`${name} called on empty list`)
  return others.reduce((best, item) => (isBetter(item, best) ? item : best), first)
}
