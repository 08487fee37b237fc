/**
 * Server-side apply: an applier says what it wants of an object, and owns just that. What others own otherwise is a
 * conflict, unless forced; what it had and says no more goes, unless others own it too.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import type { JsonText } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { authored } from './authored.ts'
import { type Comparison, compare } from './compare.ts'
import { applyConflict, type Conflict } from './conflicts.ts'
import { type Author, type Entry, entriesOf, entryOf, held, isBy, withFields } from './entries.ts'
import { difference, type FieldSet, intersection, isSame, leafMember, unionOf } from './field-set.ts'
import { KUBECTL, lastAppliedFields, withLastApplied } from './last-applied.ts'
import { membersOf } from './members.ts'
import { merge } from './merge.ts'
import { pruned } from './prune.ts'
import { heldOf, type Tracking, trackedNew } from './track.ts'
import { differencesBy, fieldsHere, untouched } from './versions.ts'

export interface Application extends Tracking {
  readonly live: KubeObject | undefined
  /** Decoded: of its kind's shape, and canonical. */
  readonly config: KubeObject
  readonly force: boolean
}

export interface Applied {
  /** What the object says now of what the request can change, its metadata's authored part included; not to be changed. */
  readonly part: Record<string, unknown> & { readonly metadata?: Partial<KubeObject['metadata']> }
  readonly managedFields: JsonText | undefined
}

/** Throws 409 with the conflicts. */
export function applied(application: Application): Applied {
  const { shape, author, config, live, ignored, force, time } = application
  const before = authored(live ?? {}, ignored)
  const configured = authored(config, ignored)
  const entries = entriesBefore(application)
  const own = entries.find((entry) => isBy(entry, author))
  const others = entries.filter((entry) => entry !== own)
  const fields = difference(membersOf(shape, configured, 'applied'), BARE_METADATA)
  const merged = merge(shape, before, configured)
  const whole = wholeOf(config, merged as Applied['part'])
  const owned = unionOf([fields, ...others.map((entry) => fieldsHere(application, whole, entry))])
  const last = own && fieldsHere(application, whole, own)
  // A record stays one: its metadata are always there.
  const after = pruned({ shape, merged, last, owned }) as Applied['part'] | undefined
  const here = compare(shape, before, after ?? {})
  const { changed, removed } = here
  const by = differencesBy(application, wholeOf(config, before), wholeOf(config, after ?? {}), here)
  if (!force && changed) refuseConflicts(application, others, by)
  const kept = others.flatMap((entry) => withFields(entry, untouched(entry.fieldsV1, by(entry))))
  const isSameAsBefore = changed === undefined && removed === undefined && isSame(own?.fieldsV1, fields)
  const next = fields && entryOf(author, fields, isSameAsBefore ? own?.time : time)
  return { part: upToDate(application, after ?? {}), managedFields: held(next ? [...kept, next] : kept) }
}

/** What an application speaks of as an object, which goes from version to version. */
const wholeOf = ({ apiVersion, kind }: KubeObject, part: Applied['part'] | Record<string, unknown>): KubeObject =>
  ({ ...part, apiVersion, kind, metadata: part['metadata'] ?? {} }) as unknown as KubeObject

/** The struct that holds metadata is no one's. */
const BARE_METADATA: FieldSet = { 'f:metadata': leafMember }

/** What an object without managed fields has belongs to whoever wrote it before there was an applier. */
function entriesBefore({ live, ...tracking }: Application): Entry[] {
  if (live === undefined) return []
  const had = heldOf(live)
  if (had) return entriesOf(had)
  const author: Author = { ...tracking.author, manager: 'before-first-apply', operation: 'Update' }
  return entriesOf(trackedNew(live, { ...tracking, author }))
}

function refuseConflicts(
  { live, author, shape, ignored }: Application,
  others: readonly Entry[],
  by: (entry: Entry) => Comparison,
): void {
  // What kubectl itself applied from the client's side it may take.
  const allowed = live && author.manager === KUBECTL ? lastAppliedFields(live, shape, ignored) : undefined
  const conflicts = others.flatMap((entry): Conflict[] => {
    const fields = difference(intersection(entry.fieldsV1, by(entry).changed), allowed)
    return fields ? [{ entry, fields }] : []
  })
  if (conflicts.length > 0) throw applyConflict(conflicts)
}

function upToDate({ author, config }: Application, part: Applied['part']): Applied['part'] {
  if (author.manager !== KUBECTL) return part
  const annotations = withLastApplied(part.metadata?.annotations, config)
  return annotations ? { ...part, metadata: { ...part.metadata, annotations } } : part
}
