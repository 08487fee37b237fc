/**
 * The strategic merge patch that makes an object what a manifest says: fields of the manifest are set where they
 * differ, fields that only the former manifest had are taken out, what others have set stays.
 * Lists with a merge key are patched item by item; others are replaced whole.
 */
import { definitions } from '../kube/generated/schema.ts'
import { deepEqual, isRecord, ownValue, setKey } from '../kube/json.ts'
import { type PatchRule, patchRule } from '../kube/schema/merge-rules.ts'

type Fields = Record<string, unknown>

export interface ThreeWay {
  /** The manifest applied before; empty where none is known. */
  readonly former: Fields
  readonly next: Fields
  readonly live: object
}

/** Undefined where nothing is to be changed. `schema` is a definition's name. */
export function threeWayPatch(schema: string, { former, next, live }: ThreeWay): Fields | undefined {
  const patch = recordPatch(schema, former, next, { ...live })
  return Object.keys(patch).length === 0 ? undefined : patch
}

function recordPatch(schema: string | undefined, former: Fields, next: Fields, live: Fields): Fields {
  const patch: Fields = {}
  for (const field of Object.keys(former))
    if (wasGiven(former, field) && !wasGiven(next, field) && ownValue(live, field) !== undefined)
      setKey(patch, field, null)
  for (const field of Object.keys(next)) {
    const value = next[field]
    // A null in a manifest takes out what is there, whoever has set it.
    if (value == null) {
      if (value === null && ownValue(live, field) !== undefined) setKey(patch, field, null)
      continue
    }
    const values = { former: ownValue(former, field), next: value, live: ownValue(live, field) }
    const rule = patchRule(schema, field)
    const gone = goneTexts(rule, values)
    if (gone.length > 0) patch[`$deleteFromPrimitiveList/${field}`] = gone
    const change = fieldPatch(schema, field, values)
    if (change !== undefined) setKey(patch, field, change)
    const order = rule?.key === undefined ? undefined : newOrder(rule.key, values)
    if (order) patch[`$setElementOrder/${field}`] = order
  }
  return patch
}

const wasGiven = (fields: Fields, field: string): boolean => ownValue(fields, field) != null

function fieldPatch(
  schema: string | undefined,
  field: string,
  { former, next, live }: { former: unknown; next: unknown; live: unknown },
): unknown {
  const rule = patchRule(schema, field)
  if (isRecord(next) && isRecord(live)) {
    const patch = recordPatch(definitionOf(schema, field), isRecord(former) ? former : {}, next, live)
    // A union keeps only the members that the manifest has: `strategy: Recreate` ends rollingUpdate.
    if (rule?.strategy.includes('retainKeys') && Object.keys(patch).length > 0) patch['$retainKeys'] = Object.keys(next)
    return Object.keys(patch).length === 0 ? undefined : patch
  }
  if (Array.isArray(next) && Array.isArray(live) && rule?.strategy.startsWith('merge')) {
    const lists = { former: Array.isArray(former) ? former : [], next, live }
    return rule.key === undefined
      ? textsPatch(lists)
      : itemsPatch(definitionOf(schema, field), { key: rule.key, retains: rule.strategy.includes('retainKeys') }, lists)
  }
  return deepEqual(next, live) ? undefined : next
}

interface Lists {
  readonly former: readonly unknown[]
  readonly next: readonly unknown[]
  readonly live: readonly unknown[]
}

interface ItemRule {
  readonly key: string
  readonly retains: boolean
}

function itemsPatch(schema: string | undefined, { key, retains }: ItemRule, lists: Lists): unknown[] | undefined {
  if (isAmbiguous(key, lists.next) || isAmbiguous(key, lists.live))
    return deepEqual(lists.former, lists.next) ? undefined : [...lists.next, { $patch: 'replace' }]
  const find = (list: readonly unknown[], item: Fields): Fields | undefined =>
    list.filter(isRecord).find((there) => deepEqual(ownValue(there, key), ownValue(item, key)))
  const patches: unknown[] = []
  for (const item of lists.next.filter(isRecord)) {
    const live = find(lists.live, item)
    if (!live) {
      patches.push(item)
      continue
    }
    const patch = recordPatch(schema, find(lists.former, item) ?? {}, item, live)
    const isUnion = retains && Object.keys(live).some((field) => !Object.hasOwn(item, field))
    if (Object.keys(patch).length > 0)
      patches.push({ ...patch, [key]: item[key], ...(isUnion ? { $retainKeys: Object.keys(item) } : {}) })
  }
  for (const item of lists.former.filter(isRecord))
    if (!find(lists.next, item) && find(lists.live, item)) patches.push({ $patch: 'delete', [key]: item[key] })
  return patches.length === 0 ? undefined : patches
}

const keysOf = (key: string, list: readonly unknown[]): unknown[] =>
  list.filter(isRecord).map((item) => ownValue(item, key))

/**
 * Whether the merge key does not tell the items apart: ports 53 over TCP and UDP of a Service. Then the list is the
 * manifest's, whole, when that has changed; `kubectl apply` mixes such items up.
 */
const isAmbiguous = (key: string, list: readonly unknown[]): boolean => new Set(keysOf(key, list)).size < list.length

/** The items' keys in the manifest's order, where that is not the order they have: initContainers run in theirs. */
function newOrder(key: string, { next, live }: { next: unknown; live: unknown }): Fields[] | undefined {
  if (!Array.isArray(next) || !Array.isArray(live) || isAmbiguous(key, next) || isAmbiguous(key, live)) return undefined
  const wanted = keysOf(key, next)
  const present = keysOf(key, live).filter((value) => wanted.includes(value))
  return deepEqual(present, wanted) ? undefined : wanted.map((value) => ({ [key]: value }))
}

const textsPatch = ({ next, live }: Lists): unknown[] | undefined => {
  const missing = next.filter((text) => !live.includes(text))
  return missing.length === 0 ? undefined : missing
}

/** Texts of a set that only the former manifest had: a patch names them apart, for in its list it can only add. */
function goneTexts(
  rule: PatchRule | undefined,
  { former, next, live }: { former: unknown; next: unknown; live: unknown },
): unknown[] {
  if (rule?.strategy !== 'merge' || rule.key !== undefined) return []
  if (!Array.isArray(former) || !Array.isArray(next) || !Array.isArray(live)) return []
  return former.filter((text) => !next.includes(text) && live.includes(text))
}

/** The definition of a field's value, or of a list's items. */
function definitionOf(schema: string | undefined, field: string): string | undefined {
  const fields = schema === undefined ? undefined : definitions[schema]?.fields
  const type = fields && Object.hasOwn(fields, field) ? fields[field] : undefined
  const hash = type?.indexOf('#') ?? -1
  return type === undefined || hash < 0 || type.startsWith('{}') ? undefined : type.slice(hash + 1)
}
