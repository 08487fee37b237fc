/** Rules of what a container requests and is limited to (k8s.io/kubernetes: ValidateContainerResourceRequirements). */
import { type FieldError, type FieldPath, forbiddenField, invalidValue, required } from '../field.ts'
import { compareQuantities, parseQuantity } from '../quantity.ts'
import {
  containerResourceErrors,
  isHugePages,
  isIntegerResource,
  isOvercommittable,
} from '../resources/core/resource-names.ts'
import type { Pod } from '../types.ts'

type Container = Pod['spec']['containers'][number]
type Requirements = Pick<NonNullable<Container['resources']>, 'limits' | 'requests'>
type Quantity = string | number

const HUGE_PAGES = 'hugepages-'

export function validateResources(
  { limits = {}, requests = {} }: Requirements,
  at: FieldPath,
  errors: FieldError[],
): void {
  for (const [name, limit] of Object.entries(limits)) errors.push(...quantityErrors(name, limit, at.child('limits')))
  for (const [name, request] of Object.entries(requests)) {
    errors.push(...quantityErrors(name, request, at.child('requests')))
    errors.push(...requestErrors(name, request, Object.hasOwn(limits, name) ? limits[name] : undefined, at))
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory'))
    errors.push(forbiddenField(at, 'HugePages require cpu or memory'))
}

function quantityErrors(name: string, quantity: Quantity, part: FieldPath): FieldError[] {
  const at = part.key(name)
  const errors = containerResourceErrors(name, at)
  if (compareQuantities(quantity, '0') < 0)
    errors.push(invalidValue(at, String(quantity), 'must be greater than or equal to 0'))
  if (isIntegerResource(name) && wholeOf(quantity) === undefined)
    errors.push(invalidValue(at, String(quantity), 'must be an integer'))
  if (isHugePages(name) && !isOfPages(quantity, name))
    errors.push(invalidValue(at, String(quantity), `${quantity} is not positive integer multiple of ${name}`))
  return errors
}

function requestErrors(name: string, request: Quantity, limit: Quantity | undefined, at: FieldPath): FieldError[] {
  const here = at.child('requests')
  if (limit === undefined)
    return isOvercommittable(name)
      ? []
      : [required(at.child('limits'), 'Limit must be set for non overcommitable resources')]
  const order = compareQuantities(request, limit)
  if (order !== 0 && !isOvercommittable(name))
    return [invalidValue(here, String(request), `must be equal to ${name} limit of ${limit}`)]
  return order > 0
    ? [invalidValue(here, String(request), `must be less than or equal to ${name} limit of ${limit}`)]
    : []
}

const NANOS = 1_000_000_000n

/** Undefined where it is no whole number. */
function wholeOf(quantity: Quantity): bigint | undefined {
  const { nanos } = parseQuantity(String(quantity))
  return nanos % NANOS === 0n ? nanos / NANOS : undefined
}

function isOfPages(quantity: Quantity, name: string): boolean {
  const { nanos } = parseQuantity(String(quantity))
  const size = sizeOf(name)
  return size !== undefined && size > 0n && (nanos / NANOS) % size === 0n
}

/** `hugepages-2Mi` is of 2,097,152 bytes each. */
function sizeOf(name: string): bigint | undefined {
  try {
    return wholeOf(name.slice(HUGE_PAGES.length))
  } catch {
    return undefined
  }
}
