/** What a group of watches is sent of some changes: their frames, in messages of a bounded size. */
import type { Form } from '../../kube/form.ts'
import { objectOf, textOf } from '../../kube/object-text.ts'
import { type Resource, resourceName } from '../../kube/resource.ts'
import { frame } from '../../kube/watch-frames.ts'
import { encodeBatch, WINDOW_BYTES } from '../../protocol/watch.ts'
import type { Change } from '../../store/log.ts'
import { inQuery, type Query } from '../../store/select.ts'
import { converted, served, servedText } from '../../store/served.ts'
import type { Row } from '../../store/snapshots.ts'
import { renderOne } from '../apiserver/representation.ts'
import { forEachGathering } from '../callouts/attempt.ts'

/** Which changes concern a watch, and how they are shown. */
export interface Interest {
  readonly resource: Resource
  readonly query: Query
  readonly form: Form
}

export interface Batch {
  /** Up to which it tells everything. */
  readonly version: number
  readonly message: Uint8Array
}

/** A message ends with the frame that reaches it: far below the 32 MiB at which the platform closes a socket. */
const BATCH_CHARACTERS = 256 * 1024

/** `version`: what the changes reach up to, be the last of them of no concern. No batch where none is of any. */
export function batchesOf(interest: Interest, changes: readonly Change[], version: number, now: number): Batch[] {
  const type = resourceName(interest.resource)
  const texts: { version: number; frames: string }[] = []
  let isFull = true
  forEachGathering(changes, (change) => {
    const frames = change.resource === type ? frameOf(interest, change, now) : ''
    if (frames === '') return
    const last = isFull ? undefined : texts.at(-1)
    if (last) last.frames += frames
    else texts.push({ version: change.rv, frames })
    const current = texts.at(-1)
    if (current) current.version = change.rv
    isFull = (current?.frames.length ?? 0) >= BATCH_CHARACTERS
  })
  const last = texts.at(-1)
  if (last) last.version = version
  return texts.map((text) => ({ version: text.version, message: encodeBatch(text.version, text.frames) }))
}

/**
 * The frames of the state that a watch begins with, of as many rows as a window takes; they may be unconverted. Throws
 * CalloutsNeeded, with all of it.
 */
export function beginningOf(
  { resource, form }: Interest,
  rows: Iterable<Row>,
  now: number,
): { readonly frames: string; readonly last: Row | undefined; readonly isCut: boolean } {
  const taken: Row[] = []
  let characters = 0
  for (const row of rows) {
    taken.push(row)
    characters += row.text.length
    if (characters >= WINDOW_BYTES) break
  }
  let frames = ''
  forEachGathering(taken, (row) => {
    frames += addedFrame(form, resource, converted(resource, row), now)
  })
  return { frames, last: taken.at(-1), isCut: characters >= WINDOW_BYTES }
}

export const addedFrame = (form: Form, resource: Resource, row: Row, now: number): string =>
  frame('ADDED', renderOne(form, resource, { text: row.text, object: () => objectOf(row.text) }, now))

/** An object that starts or stops matching is ADDED or DELETED to this watch, whatever happened to it. */
function frameOf({ resource, query, form }: Interest, change: Change, now: number): string {
  const was = change.previous !== undefined && inQuery(resource, query, change.previous)
  const is = change.type !== 'DELETED' && inQuery(resource, query, change.object)
  if (!was && !is) return ''
  const type = is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED'
  if (is || change.type === 'DELETED' || change.previous === undefined) {
    const text = form.as === 'Object' ? servedText(resource, change.text, change.rv) : ''
    return frame(type, renderOne(form, resource, { text, object: () => served(resource, change.object) }, now))
  }
  // What has stopped matching is shown as it last matched, at the version that ended it.
  const { previous } = change
  const last = served(resource, {
    ...previous,
    metadata: { ...previous.metadata, resourceVersion: String(change.rv) },
  })
  return frame(type, renderOne(form, resource, { text: textOf(last), object: () => last }, now))
}
