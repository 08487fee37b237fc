/** At rest nothing is on its way out, and nothing is left of owners and namespaces that are gone. */
import { isTerminating, type KubeObject, type OwnerReference } from '../../../src/kube/object.ts'
import { namespaces } from '../../../src/kube/resources/core/namespace.ts'
import type { State } from '../history.ts'
import { promise } from '../violation.ts'
import type { Checker } from './checker.ts'

export function garbage(): Checker {
  return {
    rest({ history }) {
      const uids = new Set(history.types().flatMap(([, all]) => [...all.values()].map(({ metadata }) => metadata.uid)))
      for (const [type, all] of history.types())
        for (const [key, object] of all) {
          const told = () => `${type} ${key}: ${JSON.stringify(object.metadata)}`
          promise('what was deleted is gone', !isTerminating(object), told)
          promise(
            'dependents go with their owners',
            ownersOf(object).every(({ uid }) => uids.has(uid)),
            told,
          )
          promise('content goes with its namespace', isInANamespace(object, history), told)
        }
    },
  }
}

const ownersOf = ({ metadata }: KubeObject): readonly OwnerReference[] => metadata.ownerReferences ?? []

const isInANamespace = ({ metadata }: KubeObject, state: State): boolean =>
  metadata.namespace === undefined || state.get(namespaces, { namespace: '', name: metadata.namespace }) !== undefined
