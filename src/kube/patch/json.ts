/**
 * JSON patch (RFC 6902) as kube-apiserver applies it: an operation that fails refuses the whole patch with 422, one that
 * is malformed with 400. Own code rather than a library's, because `__proto__` is a key like others here and raw numbers are leaves.
 */
import { badRequest, StatusError, tooLarge } from '../errors.ts'
import { clone, deepEqual, isRecord, ownValue, setKey, stringify } from '../json.ts'

/** kube-apiserver's limit (maxJSONPatchOperations). */
const MAX_OPERATIONS = 10_000
/** What `copy` may add in all: else ten doublings of a large object fill the memory (its AccumulatedCopySizeLimit). */
const MAX_COPIED_CHARACTERS = 3 * 1024 * 1024

const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const

interface Operation {
  readonly op: (typeof OPERATIONS)[number]
  readonly path: readonly string[]
  readonly from: readonly string[]
  readonly value: unknown
  readonly hasValue: boolean
}

/** Changes `document` in place; the answer is the result. Throws 400, 413 or 422. */
export function applyJsonPatch(document: unknown, operations: readonly unknown[]): unknown {
  if (operations.length > MAX_OPERATIONS)
    throw tooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`)
  let result = document
  let copied = 0
  for (const operation of operations.map(parseOperation)) {
    if (operation.op === 'copy') {
      copied += stringify(find(result, operation.from))?.length ?? 0
      if (copied > MAX_COPIED_CHARACTERS) throw unprocessable()
    }
    result = apply(result, operation)
  }
  return result
}

/** The words of Kubernetes' generic 422; which operation failed is not said there either. */
const unprocessable = (): StatusError =>
  new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})

function parseOperation(given: unknown): Operation {
  if (!isRecord(given))
    throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type jsonpatch.Operation')
  const op = OPERATIONS.find((known) => known === given['op'])
  if (op === undefined || typeof given['path'] !== 'string') throw unprocessable()
  const needsFrom = op === 'move' || op === 'copy'
  if (needsFrom && typeof given['from'] !== 'string') throw unprocessable()
  const hasValue = Object.hasOwn(given, 'value')
  if (!hasValue && (op === 'add' || op === 'replace')) throw unprocessable()
  return {
    op,
    path: pointer(given['path']),
    from: needsFrom ? pointer(String(given['from'])) : [],
    value: given['value'],
    hasValue,
  }
}

/** RFC 6901. */
function pointer(text: string): string[] {
  if (text === '') return []
  if (!text.startsWith('/')) throw unprocessable()
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function apply(document: unknown, { op, path, from, value, hasValue }: Operation): unknown {
  switch (op) {
    case 'add':
      return add(document, path, clone(value))
    case 'remove':
      return remove(document, path)
    case 'replace':
      find(document, path)
      return path.length === 0 ? clone(value) : put(document, path, clone(value))
    case 'move': {
      // A value can't go into itself.
      if (from.length < path.length && from.every((part, index) => part === path[index])) throw unprocessable()
      const moved = find(document, from)
      return add(remove(document, from), path, moved)
    }
    case 'copy':
      return add(document, path, clone(find(document, from)))
    case 'test': {
      // A test for null, or without a value, holds where nothing is.
      const found = tryFind(document, path)
      if (!deepEqual(found ?? null, hasValue ? (value ?? null) : null)) throw unprocessable()
      return document
    }
    default:
      return op satisfies never
  }
}

function tryFind(document: unknown, path: readonly string[]): unknown {
  let at = document
  for (const part of path) {
    if (Array.isArray(at)) at = at[indexIn(at, part, at.length - 1)]
    else if (isRecord(at)) at = ownValue(at, part)
    else return undefined
  }
  return at
}

function find(document: unknown, path: readonly string[]): unknown {
  const found = tryFind(document, path)
  if (found === undefined) throw unprocessable()
  return found
}

/** The place of a list that a pointer names; negative ones count from the end, as the library of kube-apiserver has it. */
function indexIn(list: readonly unknown[], part: string, max: number): number {
  if (!/^-?\d{1,9}$/.test(part)) throw unprocessable()
  const index = Number(part) < 0 ? Number(part) + list.length : Number(part)
  if (index < 0 || index > max) throw unprocessable()
  return index
}

function parentOf(document: unknown, path: readonly string[]): { parent: unknown; last: string } {
  return { parent: find(document, path.slice(0, -1)), last: path.at(-1) ?? '' }
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value
  const { parent, last } = parentOf(document, path)
  if (Array.isArray(parent))
    parent.splice(last === '-' ? parent.length : indexIn(parent, last, parent.length), 0, value)
  else if (isRecord(parent)) setKey(parent, last, value)
  else throw unprocessable()
  return document
}

function put(document: unknown, path: readonly string[], value: unknown): unknown {
  const { parent, last } = parentOf(document, path)
  if (Array.isArray(parent)) parent[indexIn(parent, last, parent.length - 1)] = value
  else if (isRecord(parent)) setKey(parent, last, value)
  return document
}

function remove(document: unknown, path: readonly string[]): unknown {
  if (path.length === 0) return null
  const { parent, last } = parentOf(document, path)
  if (Array.isArray(parent)) parent.splice(indexIn(parent, last, parent.length - 1), 1)
  else if (isRecord(parent) && Object.hasOwn(parent, last)) delete parent[last]
  else throw unprocessable()
  return document
}
