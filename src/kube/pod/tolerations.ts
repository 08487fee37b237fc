/**
 * Whether a Pod stands a taint.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
import type { Node, Pod } from '../types.ts'

export type Taint = NonNullable<Node['spec']['taints']>[number]
export type Toleration = NonNullable<Pod['spec']['tolerations']>[number]

export function tolerates({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  // No key stands for every key, but only with Exists.
  if (operator === 'Exists') return true
  return Boolean(key) && (value ?? '') === (taint.value ?? '')
}
