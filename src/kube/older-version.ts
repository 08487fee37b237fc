/**
 * A version of a kind that Kubernetes has dropped since: the same objects, under the rules of the version that they are
 * kept in. Its fields have the names of that one, but for what the conversion says.
 */
import { resource } from './define.ts'
import type { KubeObject } from './object.ts'
import { besideSchema } from './object-errors.ts'
import { apiVersionOf, type Resource } from './resource.ts'

interface Older {
  readonly version: string
  readonly schema: string
  /** Releases of Kubernetes. */
  readonly deprecatedIn: string
  readonly unavailableIn: string
}

interface Differences<T> {
  /** Both are given an object of their own, and may hand parts of it on; they change none. */
  readonly fromStored: (object: T) => T
  readonly toStored: (object: T) => T
}

const NONE = { fromStored: <T>(object: T): T => object, toStored: <T>(object: T): T => object }

export function olderVersion<T extends KubeObject>(
  current: Resource<T>,
  { version, schema, deprecatedIn, unavailableIn }: Older,
  { fromStored, toStored }: Differences<T> = NONE,
): Resource<T> {
  const [here, there] = [apiVersionOf({ group: current.group, version }), apiVersionOf(current)]
  const { kind } = current
  return resource<T>({
    ...current,
    version,
    schema,
    isStorageVersion: false,
    conversion: {
      isServedForm: () => false,
      // What is stored under the kind's name is of its storage version.
      fromStored: (stored) => ({ ...fromStored(stored as T), apiVersion: here }),
      toStored: (given) => ({ ...toStored(given), apiVersion: there }),
    },
    prepareForCreate(draft, admission) {
      current.prepareForCreate(draft, admission)
      Object.assign(draft, fromStored(toStored(draft)))
    },
    // What says the same in other words is the same: an object is compared as it will be read.
    defaults(draft) {
      current.defaults(draft)
      Object.assign(draft, fromStored(toStored(draft)))
    },
    // Of an enumeration only today's schema tells the values.
    validate: (object, at, previous) =>
      besideSchema(current.schema, toStored(object), at, current.validate(object, at, previous)),
    deprecationWarning: `${here} ${kind} is deprecated in ${deprecatedIn}+, unavailable in ${unavailableIn}+; use ${there} ${kind}`,
  })
}
