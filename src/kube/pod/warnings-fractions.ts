/** Amounts of memory and disk that are no whole bytes: `100m` of memory is a tenth of one, and hardly meant. */
import type { FieldPath } from '../field.ts'
import { canonicalQuantity, parseQuantity } from '../quantity.ts'

const NANO = 1_000_000_000n
const OF_BYTES = ['memory', 'ephemeral-storage']

type Amounts = Readonly<Record<string, string | number>>

/** `resources`: those that are looked at. */
export const fractionWarnings = (
  amounts: Amounts | undefined,
  at: FieldPath,
  resources: readonly string[] = OF_BYTES,
): string[] =>
  resources.flatMap((resource) => {
    const amount = amounts?.[resource]
    if (amount === undefined || parseQuantity(String(amount)).nanos % NANO === 0n) return []
    const shown = JSON.stringify(canonicalQuantity(String(amount)))
    return [`${at.key(resource)}: fractional byte value ${shown} is invalid, must be an integer`]
  })
