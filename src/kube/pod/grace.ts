/** How long a Pod may take to end, in seconds. Less than nothing is taken, warned of, and counts as a second. */
import { toNumber } from '../json.ts'

const DEFAULT_SECONDS = 30

export function graceSecondsOf(spec: { readonly terminationGracePeriodSeconds?: number }): number {
  const seconds = toNumber(spec.terminationGracePeriodSeconds ?? DEFAULT_SECONDS)
  return seconds < 0 ? 1 : seconds
}
