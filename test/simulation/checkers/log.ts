/** The log tells each change once, in order, and each follows from the state before it. */
import { promise } from '../violation.ts'
import type { Checker } from './checker.ts'

export function log(): Checker {
  let latest = 0
  return {
    change({ rv, type, resource, key, prev, object, previous }) {
      const told = () => `${type} ${resource} ${key.namespace}/${key.name} at ${rv}, replacing ${prev}`
      promise('resource versions only grow', rv > latest, () => `${told()}, after ${latest}`)
      latest = rv
      promise('an object carries the version of its change', object.metadata.resourceVersion === String(rv), told)
      promise('a change says whether the object was there', (previous === undefined) === (type === 'ADDED'), told)
      promise(
        'a change names the version it replaces',
        String(prev) === (previous?.metadata.resourceVersion ?? '0'),
        told,
      )
      promise('an object keeps its uid', previous === undefined || previous.metadata.uid === object.metadata.uid, told)
    },
  }
}
