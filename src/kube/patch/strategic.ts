/**
 * Strategic merge patch: a merge patch that knows which lists are sets of things with a name.
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 * Order of steps as in apimachinery's `strategicpatch.mergeMap`, which clients' own three-way patches rely on.
 */
import { badRequest, type StatusError } from '../errors.ts'
import { definitions } from '../generated/schema.ts'
import { clone, deepEqual, isRecord, ownValue, printed, setKey } from '../json.ts'
import { patchRule } from '../schema/merge-rules.ts'
import { mergeOrdered } from './order.ts'

type Fields = Record<string, unknown>

const DIRECTIVE = '$patch'
const RETAIN_KEYS = '$retainKeys'
const DELETE_FROM = '$deleteFromPrimitiveList/'
const ELEMENT_ORDER = '$setElementOrder/'

/** Changes `document` in place; the answer is the result. `schema` is a definition's name. Throws 400. */
export function strategicMerge(schema: string, document: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) throw badRequest('error decoding patch: a strategic merge patch must be an object')
  return mergeRecord(schema, isRecord(document) ? document : {}, clone(patch))
}

/** Both are the caller's to lose; a field no definition knows is merged plainly (decoding takes it out later). */
function mergeRecord(schema: string | undefined, original: Fields, patch: Fields): Fields {
  if (Object.hasOwn(patch, DIRECTIVE)) {
    const directive = patch[DIRECTIVE]
    delete patch[DIRECTIVE]
    if (directive === 'delete') return {}
    if (directive === 'replace') return withoutDirectives(patch) as Fields
    if (directive !== 'merge') throw badRequest(`unknown patch type: ${printed(directive)}`)
  }
  retainKeys(original, patch)
  for (const key of Object.keys(patch)) if (key.startsWith(ELEMENT_ORDER)) mergeInOrder(schema, original, patch, key)
  for (const key of Object.keys(patch)) {
    const change = patch[key]
    if (key.startsWith(DELETE_FROM)) deleteFrom(original, key.slice(DELETE_FROM.length), change)
    else if (change === null) delete original[key]
    else setKey(original, key, mergeField(schema, key, ownValue(original, key), change))
  }
  return original
}

function mergeField(schema: string | undefined, field: string, original: unknown, change: unknown): unknown {
  if (isRecord(original) && isRecord(change)) return mergeRecord(definitionOf(schema, field), original, change)
  if (Array.isArray(original) && Array.isArray(change)) return mergeList(schema, field, original, change)
  return withoutDirectives(change)
}

/** The definition a field's value, or the items or values of it, are of. */
function definitionOf(schema: string | undefined, field: string): string | undefined {
  const fields = schema === undefined ? undefined : definitions[schema]?.fields
  const type = fields && Object.hasOwn(fields, field) ? fields[field] : undefined
  const hash = type?.indexOf('#') ?? -1
  return type?.startsWith('{}') || hash < 0 ? undefined : type?.slice(hash + 1)
}

function mergeList(schema: string | undefined, field: string, original: unknown[], change: unknown[]): unknown[] {
  const rule = patchRule(schema, field)
  if (!rule?.strategy.startsWith('merge')) return withoutDirectives(change) as unknown[]
  if (rule.key === undefined) return mergeTexts(original, change)
  return mergeItems(definitionOf(schema, field), rule.key, original, change)
}

function mergeTexts(original: unknown[], change: unknown[]): unknown[] {
  if (change.some(isRecord)) throw badRequest('invalid JSON document: a list of texts cannot be merged with objects')
  const merged = [...new Set([...original, ...change])]
  return mergeOrdered(merged, { order: change, former: original, same: (a, b) => a === b })
}

const sameKey =
  (key: string) =>
  (a: unknown, b: unknown): boolean =>
    isRecord(a) && isRecord(b) && deepEqual(ownValue(a, key), ownValue(b, key))

function mergeItems(schema: string | undefined, key: string, former: unknown[], change: unknown[]): unknown[] {
  const same = sameKey(key)
  let original = former
  const items: Fields[] = []
  let isReplaced = false
  for (const item of change) {
    if (!isRecord(item)) throw badRequest(`invalid JSON document: expected objects with the merge key ${key}`)
    const directive = ownValue(item, DIRECTIVE)
    if (directive === undefined) items.push(keyed(item, key))
    else if (directive === 'replace') isReplaced = true
    else if (directive === 'delete') original = original.filter((there) => !same(there, keyed(item, key)))
    else
      throw badRequest(
        directive === 'merge'
          ? 'merging list cannot yet be specified in the patch'
          : `unknown patch type: ${printed(directive)}`,
      )
  }
  if (isReplaced) return items.map(withoutDirectives)
  const merged = [...original]
  for (const item of items) {
    const at = merged.findIndex((there) => same(there, item))
    const there = merged[at]
    if (isRecord(there)) merged[at] = mergeRecord(schema, there, item)
    else merged.push(withoutDirectives(item))
  }
  return mergeOrdered(merged, { order: items, former: original, same })
}

function keyed(item: Fields, key: string): Fields {
  if (ownValue(item, key) === undefined)
    throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
  return item
}

/** `$retainKeys` names the fields of a union that stay; others that the patch does not name go. */
function retainKeys(original: Fields, patch: Fields): void {
  const retained = ownValue(patch, RETAIN_KEYS)
  if (retained === undefined) return
  delete patch[RETAIN_KEYS]
  if (!Array.isArray(retained)) throw badRequest('invalid patch format of retainKeys directive')
  for (const key of Object.keys(patch))
    if (!key.startsWith('$') && patch[key] !== null && !retained.includes(key))
      throw badRequest('invalid patch format of retainKeys directive')
  for (const key of Object.keys(original)) if (!retained.includes(key)) delete original[key]
}

function deleteFrom(original: Fields, field: string, values: unknown): void {
  if (!Array.isArray(values)) throw badRequest('invalid patch format of primitive list')
  const list = ownValue(original, field)
  if (Array.isArray(list))
    setKey(
      original,
      field,
      list.filter((value) => !values.some((gone) => deepEqual(gone, value))),
    )
}

/** `$setElementOrder/<field>` gives the order of the client's items; the server's own keep their place among them. */
function mergeInOrder(schema: string | undefined, original: Fields, patch: Fields, directive: string): void {
  const order = patch[directive]
  delete patch[directive]
  if (!Array.isArray(order)) throw badRequest('invalid argument type: $setElementOrder needs a list')
  const field = directive.slice(ELEMENT_ORDER.length)
  const former = ownValue(original, field)
  const change = ownValue(patch, field)
  if (!Array.isArray(former) && !Array.isArray(change)) return
  const rule = patchRule(schema, field)
  const same = rule?.key === undefined ? deepEqual : sameKey(rule.key)
  if (Array.isArray(change)) checkOrder(change, order, same)
  const merged = Array.isArray(change)
    ? Array.isArray(former)
      ? mergeList(schema, field, former, change)
      : (withoutDirectives(change) as unknown[])
    : (former as unknown[])
  setKey(original, field, mergeOrdered(merged, { order, former: Array.isArray(former) ? former : [], same }))
  delete patch[field]
}

function checkOrder(change: unknown[], order: unknown[], same: (a: unknown, b: unknown) => boolean): void {
  let at = -1
  for (const item of change) {
    if (isRecord(item) && ownValue(item, DIRECTIVE) !== undefined) continue
    const next = order.findIndex((place) => same(place, item))
    if (next <= at) throw orderMismatch(change, order)
    at = next
  }
}

const orderMismatch = (change: unknown[], order: unknown[]): StatusError =>
  badRequest(
    `The order in patch list:\n${JSON.stringify(change)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}\n`,
  )

/** A patch's value where the document had none: what tells how to merge has nothing to say, null means absent. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !isRecord(item) || ownValue(item, DIRECTIVE) === undefined).map(withoutDirectives)
  }
  if (!isRecord(value)) return value
  for (const key of Object.keys(value)) {
    const isDirective =
      key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(ELEMENT_ORDER)
    if (isDirective || value[key] === null) delete value[key]
    else setKey(value, key, withoutDirectives(value[key]))
  }
  return value
}
