/** For tests of kinds: what a kind says of an object as a client would send it. */
import { root } from '../field.ts'
import { clone } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { objectErrors } from '../object-errors.ts'
import type { Resource } from '../resource.ts'

/** `spec.a: Required value`, of a new object. */
export function refusals<T extends KubeObject>(resource: Resource<T>, given: object): string[] {
  const draft = draftOf(given) as T
  resource.dropForCreate(draft)
  resource.defaults(draft)
  resource.prepareForCreate(draft, { now: 0 })
  return [...new Set(objectErrors(resource, draft).map(({ field, message }) => `${field}: ${message}`))]
}

/** Of an update from one to the other, with the status as given. */
export function updateRefusals<T extends KubeObject>(resource: Resource<T>, from: object, to: object): string[] {
  const previous = draftOf(from) as T
  const next = draftOf(to) as T
  resource.defaults(previous)
  resource.prepareForUpdate(next, previous)
  resource.defaults(next)
  return resource.validateUpdate(next, previous, root).map(({ field, message }) => `${field}: ${message}`)
}

const draftOf = (given: object) => ({ metadata: { name: 'a', uid: 'u' }, ...clone(given) })
