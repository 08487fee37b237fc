/** When an Indexed Job is done before all of its indexes are (KEP-3998): validateSuccessPolicy of pkg/apis/batch/validation. */
import { type FieldError, type FieldPath, invalidValue, required, tooLong, tooMany } from '../../field.ts'
import type { Job } from '../../types.ts'
import { countErrors } from '../workloads.ts'

type Policy = NonNullable<Job['spec']['successPolicy']>
type Rule = Policy['rules'][number]

const MAX_RULES = 20
const MAX_INDEXES_BYTES = 64 * 1024

/** `at` is the rules' path. */
export function successPolicyErrors({ rules = [] }: Partial<Policy>, completions: number, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (rules.length === 0)
    errors.push(required(at, 'at least one rules must be specified when the successPolicy is specified'))
  if (rules.length > MAX_RULES) errors.push(tooMany(at, rules.length, MAX_RULES))
  return [...errors, ...rules.flatMap((rule, index) => ruleErrors(rule, completions, at.index(index)))]
}

function ruleErrors({ succeededIndexes: indexes, succeededCount: count }: Rule, completions: number, at: FieldPath) {
  const errors: FieldError[] = []
  if (indexes === undefined && count === undefined)
    errors.push(required(at, 'at least one of succeededCount or succeededIndexes must be specified'))
  const here = at.child('succeededIndexes')
  if (indexes !== undefined && indexes.length > MAX_INDEXES_BYTES) errors.push(tooLong(here, MAX_INDEXES_BYTES))
  const found = indexesIn(indexes ?? '', completions)
  if (typeof found === 'string') errors.push(invalidValue(here, indexes, `error parsing succeededIndexes: ${found}`))
  if (count === undefined) return errors
  const where = at.child('succeededCount')
  errors.push(...countErrors(count, where))
  const atMost = (most: number, what: string) => {
    if (count > most) errors.push(invalidValue(where, count, `must be less than or equal to ${most} (${what})`))
  }
  atMost(completions, 'the number of specified completions')
  if (indexes !== undefined)
    atMost(typeof found === 'number' ? found : 0, 'the number of indexes in the specified succeededIndexes field')
  return errors
}

/** How many indexes `1,3-5` has, which is 4; what is wrong with it where it can't be read, or does not rise. */
function indexesIn(text: string, completions: number): number | string {
  if (text === '') return 0
  let count = 0
  let last = -1
  for (const part of text.split(',')) {
    const [low = '', high = low, ...more] = part.split('-')
    if (more.length > 0)
      return `the fragment ${JSON.stringify(part)} violates the requirement that an index interval can have at most two parts separated by '-'`
    for (const each of [low, high]) {
      if (!/^\+?\d+$/.test(each)) return `cannot convert string to integer for index: ${JSON.stringify(each)}`
      if (Number(each) >= completions) return `too large index: ${JSON.stringify(each)}`
    }
    const isRange = part.includes('-')
    if (isRange && Number(low) >= Number(high)) return falling(low, high)
    if (last >= Number(low)) return falling(last, low)
    count += Number(high) - Number(low) + 1
    last = Number(high)
  }
  return count
}

const falling = (previous: string | number, current: string): string =>
  `non-increasing order, previous: ${Number(previous)}, current: ${Number(current)}`
