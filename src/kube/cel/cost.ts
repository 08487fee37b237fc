/**
 * What an evaluation may cost, reckoned before it runs: so that no expression holds up a cluster, however busy its machine
 * is. Nodes of the expression's tree, times the longest list or map that it can see to the power of its nested loops.
 */
import { isRecord } from '../json.ts'
import type { Expression } from './expression.ts'

/** Steps that the expressions of one write may take in all. */
export const STEPS_OF_A_WRITE = 10_000_000

export const stepsOf = ({ size, depth }: Expression, longest: number): number => size * longest ** depth

/** The most that one loop can go through: items of the longest list, fields of the largest map, letters do not count. */
export function longestIn(value: unknown): number {
  if (Array.isArray(value))
    return value.reduce<number>((most, item) => Math.max(most, longestIn(item)), Math.max(1, value.length))
  if (!isRecord(value)) return 1
  const items = value instanceof Map ? [...value.values()] : Object.values(value)
  return items.reduce<number>((most, item) => Math.max(most, longestIn(item)), Math.max(1, items.length))
}
