/**
 * What an update is to blame for. An object that was stored under looser rules stays as it is: an update that leaves alone
 * what is wrong in it goes through, as kube-apiserver has it field by field (ratcheting validation). The stored object is
 * judged only where the new one has errors.
 */
import type { FieldError } from './field.ts'
import { clone, deepEqual, isRecord, ownValue } from './json.ts'
import type { KubeObject } from './object.ts'
import type { Resource } from './resource.ts'

/** All that is wrong with an update from one object to another. Must have no effects: it is asked again. */
export type Judge<T> = (next: T, previous: T) => FieldError[]

export function errorsOfUpdate<T extends KubeObject>(
  resource: Resource<T>,
  { next, existing }: { readonly next: T; readonly existing: T },
  judge: Judge<T>,
): FieldError[] {
  const found = judge(next, existing)
  // A custom kind's schema knows the same rule, and what of it must hold all the same.
  if (found.length === 0 || resource.custom) return found
  // What is read is filled in as what is sent: a default that came later is no change of the client's.
  const former = clone(existing)
  resource.defaults(former)
  const errors = deepEqual(former, existing) ? found : judge(next, former)
  const standing = new Set(judge(former, former).map(textOf))
  return errors.filter((error) => !standing.has(textOf(error)) || !isUntouched(error, next, former))
}

const textOf = ({ field, message }: FieldError): string => `${field}\n${message}`

/** `Invalid value: "a": ...`, but for an empty text, which stands for values that are not shown. */
const SHOWS_VALUE = /^(Invalid|Unsupported|Duplicate) value: (?!"")|^Not found: (?!"")/

/** Two errors that read alike are of one value if they show it; else the values are compared. */
const isUntouched = ({ field, message }: FieldError, next: unknown, former: unknown): boolean =>
  SHOWS_VALUE.test(message) || deepEqual(valueAt(next, field), valueAt(former, field))

/** By `spec.containers[0].name`, or `spec.limits[cpu]`; undefined for what there is not. */
function valueAt(object: unknown, field: string): unknown {
  let at = object
  for (const [, name, key] of field.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    const step = name ?? key ?? ''
    if (Array.isArray(at)) at = at[Number(step)]
    else if (isRecord(at)) at = ownValue(at, step)
    else return undefined
  }
  return at
}
