/** What a watch that is behind is told next: from the log, a bounded piece at a time. */
import { objectOf } from '../../kube/object-text.ts'
import { type Resource, resourceName } from '../../kube/resource.ts'
import type { Change } from '../../store/log.ts'
import type { Store } from '../../store/store.ts'

/** Changes read from the log at once, and text after which no more are. */
const CATCH_UP = 200
const CATCH_UP_CHARACTERS = 4 * 1024 * 1024

/** Changes, and the version up to which they are all there are that concern a resource. */
export interface Piece {
  readonly changes: readonly Change[]
  readonly version: number
}

/** The next changes after a cursor, none of them after `until`. */
export function pieceAfter(store: Store, resource: Resource, cursor: number, until: number): Piece {
  const { changes, version } = nextOf(store, resource, cursor)
  return version <= until ? { changes, version } : { changes: changes.filter(({ rv }) => rv <= until), version: until }
}

function nextOf(store: Store, resource: Resource, cursor: number): Piece {
  const logged = store.changesAfter(cursor, CATCH_UP, CATCH_UP_CHARACTERS)
  const characters = logged.reduce((sum, change) => sum + change.text.length, 0)
  const last = logged.at(-1)
  if (last && (logged.length === CATCH_UP || characters >= CATCH_UP_CHARACTERS))
    return { changes: logged, version: last.rv }
  // Leases renewed in place are not in the log; their newest state is as good as the states between.
  const renewed = store.inPlaceAfter(resource, cursor).map((row): Change => {
    const object = objectOf(row.text)
    return {
      rv: row.rv,
      type: 'MODIFIED',
      resource: resourceName(resource),
      namespace: row.namespace,
      name: row.name,
      object,
      previous: object,
      text: row.text,
    }
  })
  const changes = renewed.length === 0 ? logged : [...logged, ...renewed].sort((a, b) => a.rv - b.rv)
  return { changes, version: store.latest }
}
