/**
 * get and list. A list is a snapshot at one version: what fits is collected in one turn, the rest is streamed by
 * version from the log, where texts never change; so memory stays constant whatever the list's size.
 */
import { notFound } from '../../kube/errors.ts'
import { checkFieldLabels } from '../../kube/field-labels.ts'
import type { Form } from '../../kube/form.ts'
import type { Key } from '../../kube/object.ts'
import { objectOf } from '../../kube/object-text.ts'
import { type ResourceRequest, wholeNumber } from '../../kube/request.ts'
import type { Resource } from '../../kube/resource.ts'
import { parseFieldSelector, parseLabelSelector } from '../../kube/selectors.ts'
import { inQuery, type Query } from '../../store/select.ts'
import { converted, servedText, unconverted } from '../../store/served.ts'
import type { Row, Snapshots, Version } from '../../store/snapshots.ts'
import type { Store } from '../../store/store.ts'
import { answering, forEachGathering } from '../callouts/attempt.ts'
import { checkReached, continueToken, type Page, pageOf, versionOf } from './list-options.ts'
import { listFrame, renderItem, renderOne } from './representation.ts'
import { jsonResponse } from './responses.ts'

/** Text collected in one turn before the rest of a list is streamed. */
const COLLECT_BYTES = 4 * 1024 * 1024
/** Of a page under a selector, which can't be streamed: its token stands before its items. Beyond it the page ends early. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024
/** Versions whose texts are fetched for one chunk of a streamed list: so many at first, and at most. */
const FIRST_PAGE = 8
const MAX_PAGE = 256
/** Text of a chunk above which the next has fewer versions: it is in memory three times, as texts, chunk and bytes. */
const PAGE_CHARACTERS = 256 * 1024

export interface ReadContext {
  readonly store: Store
  readonly now: number
  readonly form: Form
}

export interface ListContext extends ReadContext {
  /** Ends when what else waits for this thread has had its turn. */
  readonly turn: () => Promise<void>
}

export function queryOf(request: ResourceRequest, search: URLSearchParams): Query {
  const labels = search.get('labelSelector')
  const fields = search.get('fieldSelector')
  const terms = fields ? parseFieldSelector(fields) : []
  checkFieldLabels(request.resource, terms)
  // How long a list may take is nothing that is kept to, but it is read.
  wholeNumber(search, 'timeoutSeconds')
  // A watch or list by name is the older form of a get.
  if (request.name !== undefined) terms.push({ field: 'metadata.name', op: '=', value: request.name })
  return {
    namespace: request.namespace,
    labels: labels ? parseLabelSelector(labels) : undefined,
    fields: terms.length > 0 ? terms : undefined,
  }
}

export function getOne(
  { store, form, now }: ReadContext,
  resource: Resource,
  key: Key,
  search: URLSearchParams,
): Response {
  checkReached(store, versionOf(search))
  const row = store.row(resource, key)
  if (!row) throw notFound(resource, key.name)
  return jsonResponse(`${renderOne(form, resource, { text: row.text, object: () => objectOf(row.text) }, now)}\n`)
}

/** Throws CalloutsNeeded where a webhook must convert what is listed first. */
export function list(context: ListContext, request: ResourceRequest, search: URLSearchParams): Response {
  const { store } = context
  const query = queryOf(request, search)
  const page = pageOf(store, search)
  const isCurrent = page.at >= store.latest
  const raw = unconverted(request.resource)
  // One more than a page has tells that there are more.
  const limit = page.limit > 0 ? page.limit + 1 : undefined
  const wanted = { ...query, after: page.after }
  const rows = isCurrent ? store.rows(raw, wanted, limit) : formerRows(store, raw, wanted, page.at)
  if (raw === request.resource) return collect(context, request, query, page, { rows, isAll: true })
  return collect(context, request, query, page, convertedRows(request.resource, rows, page))
}

/** Text of stored objects that are converted at once; what is beyond is streamed. */
const CONVERTED_CHARACTERS = 1024 * 1024

interface Found {
  readonly rows: Iterable<Row>
  /** Whether they are all there are. */
  readonly isAll: boolean
}

/** As many as a page needs, or can be converted at once; all that is missing is asked for together. */
function convertedRows(resource: Resource, rows: Iterable<Row>, { limit }: Page): Found {
  const taken: Row[] = []
  let characters = 0
  let isAll = true
  for (const row of rows) {
    if (characters > CONVERTED_CHARACTERS) {
      isAll = false
      break
    }
    taken.push(row)
    characters += row.text.length
    if (limit > 0 && taken.length > limit) break
  }
  const shown: Row[] = []
  forEachGathering(taken, (row) => shown.push(converted(resource, row)))
  return { rows: shown, isAll }
}

function* formerRows(store: Store, resource: Resource, query: Query, at: number): Iterable<Row> {
  const { snapshots } = store
  for (const page of pagesOf(snapshots, snapshots.versions(resource, query, at))) yield* shown(resource, query, page)
}

/** The rows of versions, a page at a time: of large objects few, whose texts would fill the memory, of small ones many. */
export function* pagesOf(snapshots: Pick<Snapshots, 'rows'>, versions: Iterable<Version>): Generator<Row[]> {
  let size = FIRST_PAGE
  let wanted: Version[] = []
  for (const version of versions) {
    if (wanted.push(version) < size) continue
    const page = snapshots.rows(wanted)
    wanted = []
    const characters = page.reduce((sum, { text }) => sum + text.length, 0)
    size = characters > PAGE_CHARACTERS ? Math.max(1, size >> 1) : Math.min(MAX_PAGE, size * 2)
    yield page
  }
  if (wanted.length > 0) yield snapshots.rows(wanted)
}

/** The rows of some versions, those that a selector leaves out not among them. */
export const rowsOf = (store: Store, resource: Resource, query: Query, versions: readonly Version[]): Row[] =>
  shown(resource, query, store.snapshots.rows(versions))

const isWhole = (query: Query): boolean => query.labels === undefined && query.fields === undefined

/** Selected by what is stored, and answered in the version asked for. */
function shown(resource: Resource, query: Query, rows: Row[]): Row[] {
  const selected = isWhole(query) ? rows : rows.filter((row) => inQuery(resource, query, objectOf(row.text)))
  if (!resource.conversion) return selected
  const served: Row[] = []
  forEachGathering(selected, (row) => served.push({ ...row, text: servedText(resource, row.text, row.rv) }))
  return served
}

/** Known exactly only where no selector narrows the list, as in Kubernetes. */
function remaining(store: Store, resource: Resource, query: Query, page: Page, taken: number): number | undefined {
  if (!isWhole(query)) return undefined
  const { namespace } = query
  return (page.left ?? store.snapshots.count(resource, { namespace, after: page.after }, page.at)) - taken
}

function collect(
  context: ListContext,
  request: ResourceRequest,
  query: Query,
  page: Page,
  { rows, isAll }: Found,
): Response {
  const { store, form, now } = context
  const { resource } = request
  const isStreamed = page.limit === 0 || isWhole(query)
  const items: string[] = []
  let rest: readonly Version[] = []
  let bytes = 0
  let last: Key | undefined
  let more = false
  let isCut = false
  for (const row of rows) {
    if (page.limit > 0 && items.length === page.limit) {
      more = true
      break
    }
    if (bytes > (isStreamed ? COLLECT_BYTES : MAX_PAGE_BYTES)) {
      isCut = true
      break
    }
    const text = renderItem(form, resource, { text: row.text, object: () => objectOf(row.text) }, now)
    items.push(text)
    // What is shown may be little of what was read for it, which takes its time too.
    bytes += Math.max(text.length, row.text.length)
    last = { namespace: row.namespace, name: row.name }
  }
  if (!isAll && !more) isCut = true
  // A page of so many large objects ends early, as a chunked list may.
  if (isCut && !isStreamed) more = true
  else if (isCut) {
    const wanted = page.limit === 0 ? Number.POSITIVE_INFINITY : page.limit - items.length
    const following = firstOf(store.snapshots.versions(resource, { ...query, after: last }, page.at), wanted + 1)
    more = following.length > wanted
    rest = following.slice(0, wanted)
    last = store.snapshots.rows(rest.slice(-1))[0]
  }
  const left = more ? remaining(store, resource, query, page, items.length + rest.length) : undefined
  const { head, tail } = listFrame(form, resource, {
    resourceVersion: String(page.at),
    continue: more && last ? continueToken(page.at, last, left) : undefined,
    remainingItemCount: left,
  })
  if (rest.length === 0) return jsonResponse(head + items.join(',') + tail)
  return jsonResponse(streamed(context, resource, query, [head, items.join(',')], rest, tail))
}

function firstOf<T>(all: Iterable<T>, count: number): T[] {
  const first: T[] = []
  for (const one of all) if (first.push(one) >= count) break
  return first
}

function streamed(
  { store, form, now, turn }: ListContext,
  resource: Resource,
  query: Query,
  begin: string[],
  rest: readonly Version[],
  tail: string,
): ReadableStream {
  const encoder = new TextEncoder()
  const pages = pagesOf(store.snapshots, rest)
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const text of begin) controller.enqueue(encoder.encode(text))
    },
    async pull(controller) {
      // A client that reads fast would have the thread to itself until the list has ended.
      await turn()
      const { done, value: page } = pages.next()
      if (done) {
        controller.enqueue(encoder.encode(tail))
        controller.close()
        return
      }
      const rows = await answering(() => shown(resource, query, page))
      const texts = rows.map(
        (row) => `,${renderItem(form, resource, { text: row.text, object: () => objectOf(row.text) }, now)}`,
      )
      controller.enqueue(encoder.encode(texts.join('')))
    },
  })
}
