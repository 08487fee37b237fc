/**
 * What a create, update or patch does to the managed fields: its author gets what it changed, and all others lose that
 * and what is gone.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
import { JsonText } from '../json.ts'
import type { KubeObject, ObjectMeta } from '../object.ts'
import { authored, type Ignored } from './authored.ts'
import { type Comparison, compare } from './compare.ts'
import { type Author, capped, type Entry, entriesOf, entryOf, held, isBy, readEntries, withFields } from './entries.ts'
import { union } from './field-set.ts'
import { membersOfNew } from './members.ts'
import type { Fields } from './shape.ts'
import { differencesBy, type OtherVersion, untouched } from './versions.ts'

export interface Tracking {
  readonly shape: Fields
  readonly author: Author
  /** RFC 3339, whole seconds. */
  readonly time: string
  readonly ignored: Ignored
  /** How the kind is in another version that it is served in; undefined where that has the same fields. */
  readonly elsewhere?: ((apiVersion: string) => OtherVersion | undefined) | undefined
}

type Sent = ObjectMeta['managedFields']

/** Of a new object: everything is its creator's. */
export function trackedNew(object: KubeObject, { shape, author, time, ignored }: Tracking): JsonText | undefined {
  const fields = membersOfNew(shape, authored(object, ignored))
  return fields && held([entryOf(author, fields, time)])
}

/** `sent`: the managed fields as the client has them. */
export function tracked(
  { next, former, sent }: { readonly next: KubeObject; readonly former: KubeObject; readonly sent: Sent },
  tracking: Tracking,
): JsonText | undefined {
  const base = baseOf(sent, former, tracking.author)
  // Who has had none (a client reset them) gets some with the next apply only, as in Kubernetes.
  if (base === undefined) return undefined
  const { shape, ignored } = tracking
  const differences = compare(shape, authored(former, ignored), authored(next, ignored))
  if (differences.changed === undefined && differences.removed === undefined) return base
  const by = differencesBy(tracking, former, next, differences)
  return held(capped(takenBy(tracking, entriesOf(base), differences, by)))
}

/**
 * A client may write managed fields, to reset them or to hand them over (kubectl does so when it goes from client-side to
 * server-side apply). What can't be read, and what comes through a subresource, changes nothing.
 */
function baseOf(sent: Sent, former: KubeObject, author: Author): JsonText | undefined {
  const own = heldOf(former)
  if (sent === undefined || sent instanceof JsonText || author.subresource !== undefined) return own
  const read = readEntries(sent)
  switch (read.as) {
    case 'entries':
      return read.entries.length === 0 ? own : held(read.entries)
    case 'reset':
      return undefined
    case 'nothing':
      return own
    default:
      return read satisfies never
  }
}

export function heldOf({ metadata: { managedFields } }: KubeObject): JsonText | undefined {
  if (managedFields === undefined || managedFields instanceof JsonText) return managedFields
  return managedFields.length === 0 ? undefined : new JsonText(JSON.stringify(managedFields))
}

function takenBy(
  { author, time }: Tracking,
  entries: readonly Entry[],
  { changed, removed }: Comparison,
  by: (entry: Entry) => Comparison,
): Entry[] {
  const others = entries
    .filter((entry) => !isBy(entry, author))
    .flatMap((entry) => withFields(entry, untouched(entry.fieldsV1, by(entry))))
  const own = entries.find((entry) => isBy(entry, author))
  const fields = union(own && untouched(own.fieldsV1, { changed, removed }), changed)
  if (fields === undefined) return others
  // The time is that of the last change: what only took something away is none.
  return [...others, entryOf(author, fields, changed ? time : own?.time)]
}
