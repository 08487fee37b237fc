/**
 * Which version a list or watch is of, and what may be asked of one: k8s.io/apimachinery's internalversion validation.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
 */
import { badRequest, expired, expiredContinue, invalid, versionTooLarge } from '../../kube/errors.ts'
import { type FieldError, FieldPath, forbiddenField, notSupported } from '../../kube/field.ts'
import type { Key } from '../../kube/object.ts'
import { wholeNumber } from '../../kube/request.ts'
import type { Store } from '../../store/store.ts'

/** The resource version a query names: undefined for none or 0 (any). */
export function versionOf(query: URLSearchParams, name = 'resourceVersion'): number | undefined {
  const text = query.get(name) ?? ''
  if (text === '' || text === '0') return undefined
  const version = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(version))
    throw badRequest(`resourceVersion: Invalid value: "${text}": must be a number`)
  return version
}

export function checkReached(store: Store, version: number | undefined): void {
  if (version !== undefined && version > store.latest) throw versionTooLarge(version, store.latest)
}

const MATCH = new FieldPath('resourceVersionMatch')
const INITIAL = new FieldPath('sendInitialEvents')
const NOT_OLDER = 'NotOlderThan'

interface Asked {
  readonly match: string
  readonly version: string
  readonly isContinued: boolean
  readonly asksInitial: boolean
}

const askedOf = (search: URLSearchParams): Asked => ({
  match: search.get('resourceVersionMatch') ?? '',
  version: search.get('resourceVersion') ?? '',
  isContinued: (search.get('continue') ?? '') !== '',
  asksInitial: search.has('sendInitialEvents'),
})

/** Throws 422. */
export function checkListOptions(search: URLSearchParams): void {
  const { match, version, isContinued, asksInitial } = askedOf(search)
  const errors: FieldError[] = []
  if (match !== '') {
    if (version === '')
      errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (isContinued) errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== NOT_OLDER) errors.push(notSupported(MATCH, match, ['Exact', NOT_OLDER, '']))
    if (match === 'Exact' && version === '0')
      errors.push(forbiddenField(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (asksInitial) errors.push(forbiddenField(INITIAL, 'sendInitialEvents is forbidden for list'))
  refuse(errors)
}

/** Throws 422. */
export function checkWatchOptions(search: URLSearchParams): void {
  const { match, isContinued, asksInitial } = askedOf(search)
  const errors: FieldError[] = []
  if (asksInitial && match !== NOT_OLDER)
    errors.push(forbiddenField(MATCH, `sendInitialEvents requires setting resourceVersionMatch to ${NOT_OLDER}`))
  if (match !== '') {
    if (!asksInitial)
      errors.push(
        forbiddenField(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
      )
    if (match !== NOT_OLDER) errors.push(notSupported(MATCH, match, [NOT_OLDER]))
    if (isContinued) errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden when continue is provided'))
  }
  refuse(errors)
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
}

export interface Page {
  /** 0: no limit. */
  readonly limit: number
  readonly after: Key | undefined
  /** The version whose state is shown. */
  readonly at: number
  /** How many objects there are from here on; undefined where that has not been counted yet. */
  readonly left: number | undefined
}

/** Throws 400, 410 or 504. */
export function pageOf(store: Store, search: URLSearchParams): Page {
  checkListOptions(search)
  // Less than nothing is no limit.
  const limit = Math.max(wholeNumber(search, 'limit'), 0)
  const version = versionOf(search)
  const token = search.get('continue')
  if (token) {
    const { after, at, left } = parseContinue(token)
    if (version !== undefined) throw badRequest('specifying resource version is not allowed when using continue')
    checkReached(store, at)
    if (at !== undefined && at < store.horizon) throw expiredContinue(continueToken(undefined, after))
    return { limit, after, at: at ?? store.latest, left }
  }
  checkReached(store, version)
  // Who takes any state is given all of it, as from kube-apiserver's cache.
  if (search.get('resourceVersion') === '0') return { limit: 0, after: undefined, at: store.latest, left: undefined }
  const match = search.get('resourceVersionMatch') ?? ''
  // A page from a version on was of just that version before there was a match to say so, and still is.
  const isExact = match === 'Exact' || (match === '' && limit > 0)
  if (!isExact || version === undefined) return { limit, after: undefined, at: store.latest, left: undefined }
  if (version < store.horizon) throw expired('The resourceVersion for the provided list is too old.')
  return { limit, after: undefined, at: version, left: undefined }
}

/** What a token of the state of now has for a version, as Kubernetes' have. */
const NOW = -1

function parseContinue(token: string): { after: Key; at: number | undefined; left: number | undefined } {
  try {
    const { rv, start, left } = JSON.parse(atob(token.replaceAll('-', '+').replaceAll('_', '/'))) as {
      rv: unknown
      start: unknown
      left?: unknown
    }
    if (!Number.isSafeInteger(rv) || typeof start !== 'string') throw new Error('malformed')
    const slash = start.indexOf('/')
    const after = { namespace: start.slice(0, slash), name: start.slice(slash + 1) }
    // It was checked to be an integer.
    return { at: rv === NOW ? undefined : (rv as number), after, left: typeof left === 'number' ? left : undefined }
  } catch {
    throw badRequest('continue key is not valid: malformed value')
  }
}

/**
 * Opaque to clients. Names are ASCII, so base64 takes them as they are. `at` undefined: of the state when it is used.
 * `left`: how many objects are left, so that they are counted once for all pages of a list.
 */
export const continueToken = (at: number | undefined, last: Key, left?: number): string =>
  btoa(JSON.stringify({ v: 'meta.k8s.io/v1', rv: at ?? NOW, start: `${last.namespace}/${last.name}`, left }))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
