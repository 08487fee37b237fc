/**
 * Fields in the versions of one kind: an entry of managed fields names them as they are in its own version, and so a
 * change is looked at in that version before anybody loses a field by it (docs/decisions/0010).
 */
import type { KubeObject } from '../object.ts'
import { authored, type Ignored } from './authored.ts'
import { type Comparison, compare } from './compare.ts'
import type { Entry } from './entries.ts'
import { difference, type FieldSet } from './field-set.ts'
import { without } from './prune.ts'
import type { Fields } from './shape.ts'

/** A version of a kind, seen from another. */
export interface OtherVersion {
  readonly shape: Fields
  /** From the version of the request, and back into it; whatever is missing of an object. */
  readonly of: (object: KubeObject) => KubeObject
  readonly back: (object: KubeObject) => KubeObject
}

interface Request {
  readonly shape: Fields
  readonly author: { readonly apiVersion: string }
  readonly ignored: Ignored
  readonly elsewhere?: ((apiVersion: string) => OtherVersion | undefined) | undefined
}

const otherOf = ({ author, elsewhere }: Request, { apiVersion }: Entry): OtherVersion | undefined =>
  apiVersion === author.apiVersion ? undefined : elsewhere?.(apiVersion)

/** What a write changed, in the version of each entry; reckoned once for each. */
export function differencesBy(
  request: Request,
  former: KubeObject,
  next: KubeObject,
  here: Comparison,
): (entry: Entry) => Comparison {
  const known = new Map<string, Comparison>()
  return (entry) => {
    const other = otherOf(request, entry)
    if (other === undefined) return here
    const found = known.get(entry.apiVersion)
    if (found) return found
    const [before, after] = [former, next].map((object) => authored(other.of(object), request.ignored))
    const made = compare(other.shape, before, after)
    known.set(entry.apiVersion, made)
    return made
  }
}

export const untouched = (fields: FieldSet | undefined, { changed, removed }: Comparison): FieldSet | undefined =>
  difference(difference(fields, changed), removed)

/** An entry's fields as they are called in the version of the request: what the object lacks there without them. */
export function fieldsHere(request: Request, object: KubeObject, entry: Entry): FieldSet | undefined {
  const other = otherOf(request, entry)
  if (other === undefined) return entry.fieldsV1
  const there = other.of(object)
  const rest = without(other.shape, authored(there, request.ignored), entry.fieldsV1)
  const { apiVersion, kind } = there
  const { metadata, ...content } = (rest ?? {}) as Partial<KubeObject>
  const bare = other.back({ ...content, apiVersion, kind, metadata: { ...metadata, name: '' } } as KubeObject)
  const now = authored(object, request.ignored)
  return compare(request.shape, authored(bare, request.ignored), now).changed
}
