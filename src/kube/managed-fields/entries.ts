/** The entries of `metadata.managedFields`: who owns what, by which operation, since when. */
import { JsonText } from '../json.ts'
import { type FieldSet, leafMember, readFieldSet, union } from './field-set.ts'

export interface Author {
  /** The `fieldManager` of a request, or its user agent's first part. */
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource?: string | undefined
}

/** In Kubernetes' order of keys; what is absent is left out. */
export interface Entry {
  readonly manager?: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time?: string
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: FieldSet
  readonly subresource?: string
}

export const entryOf = (
  { manager, operation, apiVersion, subresource }: Author,
  fields: FieldSet,
  time: string | undefined,
): Entry => ({
  ...(manager ? { manager } : {}),
  operation,
  apiVersion,
  ...(time === undefined ? {} : { time }),
  fieldsType: 'FieldsV1',
  fieldsV1: fields,
  ...(subresource ? { subresource } : {}),
})

/** An applier stays the same whatever version it applies. */
export const isBy = (entry: Entry, author: Author): boolean =>
  (entry.manager ?? '') === author.manager &&
  entry.operation === author.operation &&
  (entry.subresource ?? '') === (author.subresource ?? '') &&
  (entry.operation === 'Apply' || entry.apiVersion === author.apiVersion)

/** The same entry with other fields; none if there are none left. */
export const withFields = (entry: Entry, fields: FieldSet | undefined): Entry[] =>
  fields === undefined ? [] : fields === entry.fieldsV1 ? [entry] : [{ ...entry, fieldsV1: fields }]

/** What we wrote ourselves. */
export const entriesOf = (held: JsonText | undefined): Entry[] =>
  held === undefined ? [] : (JSON.parse(held.text) as Entry[])

/** Undefined if nobody owns anything. */
export const held = (entries: readonly Entry[]): JsonText | undefined =>
  entries.length === 0 ? undefined : new JsonText(JSON.stringify([...entries].sort(byOrder)))

function byOrder(a: Entry, b: Entry): number {
  return (
    compareTexts(a.operation, b.operation) ||
    compareTexts(a.time ?? '', b.time ?? '') ||
    compareTexts(a.manager ?? '', b.manager ?? '') ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource ?? '', b.subresource ?? '')
  )
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** What a client sent: entries, the wish that there be none, or nothing that could be meant. */
export type Sent = { readonly as: 'entries'; readonly entries: Entry[] } | { readonly as: 'reset' | 'nothing' }

export function readEntries(sent: readonly unknown[]): Sent {
  const [first] = sent
  if (sent.length === 0) return { as: 'reset' }
  if (sent.length === 1 && isEmpty(first)) return { as: 'reset' }
  const entries = sent.map(readEntry).filter((entry) => entry !== undefined)
  if (entries.length < sent.length) return { as: 'nothing' }
  return { as: 'entries', entries: entries.filter(({ fieldsV1 }) => fieldsV1 !== leafMember) }
}

const isEmpty = (entry: unknown): boolean =>
  typeof entry === 'object' && entry !== null && Object.keys(entry).length === 0

function readEntry(sent: unknown): Entry | undefined {
  // A client's entry: every field is looked at before it is taken.
  const { manager, operation, apiVersion, time, fieldsType, fieldsV1, subresource } = sent as Partial<Entry>
  if (operation !== 'Apply' && operation !== 'Update') return undefined
  if (!apiVersion || fieldsType !== 'FieldsV1') return undefined
  const fields = readFieldSet(fieldsV1 ?? {})
  if (fields === undefined) return undefined
  return entryOf({ manager: manager ?? '', operation, apiVersion, subresource }, fields, time)
}

/** Kubernetes' --max-update-managers: a client with a name of its own each time must not fill the object. */
const MAX_UPDATERS = 10
const ANCIENT = 'ancient-changes'

/** Merges the oldest updaters of a version into one, until there are no more than the limit. */
export function capped(entries: readonly Entry[]): readonly Entry[] {
  const updaters = entries.filter(({ operation }) => operation === 'Update')
  let excess = updaters.length - MAX_UPDATERS
  if (excess <= 0) return entries
  const isAncient = ({ manager, subresource }: Entry) => manager === ANCIENT && subresource === undefined
  const oldest = updaters.sort((a, b) => Number(isAncient(b)) - Number(isAncient(a)) || byOrder(a, b))
  const buckets = new Map<string, Entry>()
  const gone = new Set<Entry>()
  for (const entry of oldest) {
    const { apiVersion } = entry
    const bucket = buckets.get(apiVersion)
    if (excess <= 0) break
    if (bucket) {
      gone.add(bucket)
      gone.add(entry)
      excess--
    }
    const fields = union(bucket?.fieldsV1, entry.fieldsV1) ?? leafMember
    const merged = entryOf({ manager: ANCIENT, operation: 'Update', apiVersion }, fields, entry.time)
    buckets.set(apiVersion, bucket ? merged : entry)
  }
  const merged = [...buckets.values()].filter((bucket) => !entries.includes(bucket))
  return [...entries.filter((entry) => !gone.has(entry)), ...merged]
}
