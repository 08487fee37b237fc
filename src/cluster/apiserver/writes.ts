/** create, update, patch, delete and deletecollection, from request to answer. */
import { badRequest, invalid, notFound, type StatusError, tooLarge, unsupportedMediaType } from '../../kube/errors.ts'
import { clone, parseJson, stringify } from '../../kube/json.ts'
import type { Key, KubeObject } from '../../kube/object.ts'
import { applyJsonPatch } from '../../kube/patch/json.ts'
import { mergePatch } from '../../kube/patch/merge.ts'
import { strategicMerge } from '../../kube/patch/strategic.ts'
import type { ResourceRequest } from '../../kube/request.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../store/store.ts'
import type { CommitQueue } from '../commit-queue.ts'
import { type Body, decodeObject, type FieldValidation, fieldValidationOf, parseBody, readBody } from './bodies.ts'
import type { DeleteOptions, Operations, UpdateScope } from './operations.ts'
import { queryOf } from './reads.ts'
import { type Form, renderOne } from './representation.ts'
import { jsonResponse, successResponse } from './responses.ts'

export interface WriteContext {
  readonly store: Store
  readonly operations: Operations
  readonly queue: CommitQueue
  readonly form: Form
  readonly now: number
}

/** Text of a stored object: SQLite's rows end at 2 MiB, and a row has more than the text (API fact 26). */
export const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024

/** What a request named; a resource's key is there once it is not a create. */
export const keyOfRequest = (request: ResourceRequest): Key => ({
  namespace: request.namespace ?? '',
  name: request.name ?? '',
})

class DryRun<T> extends Error {
  readonly result: T
  constructor(result: T) {
    super('dry run')
    this.result = result
  }
}

/** Runs a write in the next group commit. A dry run does all of it, and is then rolled back. */
export async function commit<T>({ queue }: WriteContext, search: URLSearchParams, work: () => T): Promise<T> {
  if (!isDryRun(search)) return queue.commit(work)
  try {
    return await queue.commit((): T => {
      throw new DryRun(work())
    })
  } catch (error) {
    // Only the line above throws it, with what `work` gave.
    if (error instanceof DryRun) return error.result as T
    throw error
  }
}

function isDryRun(search: URLSearchParams): boolean {
  const values = search.getAll('dryRun')
  const unknown = values.find((value) => value !== 'All')
  if (unknown !== undefined)
    throw invalid({ group: '', kind: 'CreateOptions' }, '', [
      {
        reason: 'FieldValueNotSupported',
        field: 'dryRun',
        message: `Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`,
      },
    ])
  return values.length > 0
}

export function answer(
  { form, now }: WriteContext,
  resource: Resource,
  object: KubeObject,
  { status = 200, warnings = [] as readonly string[] } = {},
): Response {
  const text = renderOne(
    form,
    resource,
    { text: form.as === 'Object' ? stringify(object) : '', object: () => object },
    now,
  )
  return jsonResponse(`${text}\n`, status, warnings)
}

function checkSize(object: unknown): void {
  const size = stringify(object).length
  if (size > MAX_OBJECT_BYTES) throw tooLarge(`Request entity too large: limit is ${MAX_OBJECT_BYTES}`)
}

/** Only JSON is looked through for keys that stand twice: YAML's parser refuses them itself. */
const jsonOf = ({ type, text }: Body): string => (type === '' || type === 'application/json' ? text : '')

/** Only a body above the limit can decode to an object above it. */
const checkBodySize = (body: Body, object: unknown): void => {
  if (body.bytes.length > MAX_OBJECT_BYTES) checkSize(object)
}

export async function create(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const validation = fieldValidationOf(search)
  const body = await readBody(http)
  const { object, warnings } = decodeObject(
    request.resource,
    parseBody(body, request.resource.schema),
    validation,
    jsonOf(body),
  )
  checkBodySize(body, object)
  const created = await commit(context, search, () =>
    context.operations.create(request.resource, request.namespace ?? '', object),
  )
  return answer(context, request.resource, created, { status: 201, warnings })
}

export async function update(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
  scope: UpdateScope,
): Promise<Response> {
  const validation = fieldValidationOf(search)
  const body = await readBody(http)
  const { object, warnings } = decodeObject(
    request.resource,
    parseBody(body, request.resource.schema),
    validation,
    jsonOf(body),
  )
  checkBodySize(body, object)
  const key = keyOfRequest(request)
  const { result, isNew } = await commit(context, search, () => ({
    isNew: context.store.row(request.resource, key) === undefined,
    result: context.operations.update(request.resource, key, object, scope),
  }))
  return answer(context, request.resource, result, { status: isNew ? 201 : 200, warnings })
}

export const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]

export async function patch(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
  scope: UpdateScope,
): Promise<Response> {
  const validation = fieldValidationOf(search)
  const body = await readBody(http)
  if (!PATCH_TYPES.includes(body.type)) throw unsupportedMediaType(PATCH_TYPES)
  const change = parseJson(body.text)
  const { resource } = request
  const { result, warnings } = await commit(context, search, () =>
    patched(context, request, { type: body.type, change, validation, scope }),
  )
  return answer(context, resource, result, { warnings })
}

interface PatchRequest {
  readonly type: string
  readonly change: unknown
  readonly validation: FieldValidation
  readonly scope: UpdateScope
}

function patched(
  { operations, store }: WriteContext,
  { resource, namespace, name }: ResourceRequest,
  { type, change, validation, scope }: PatchRequest,
) {
  const key = { namespace: namespace ?? '', name: name ?? '' }
  const existing = store.get(resource, key)
  if (existing === undefined) throw notFound(resource, key.name)
  const next = applyPatch(resource, type, clone(existing), change)
  const { object, warnings } = decodeObject(resource, next, validation)
  checkSize(object)
  return { result: operations.update(resource, key, object, scope), warnings }
}

export function applyPatch(resource: Resource, type: string, document: unknown, change: unknown): unknown {
  switch (type) {
    case 'application/json-patch+json':
      if (!Array.isArray(change))
        throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch')
      return applyJsonPatch(document, change)
    case 'application/merge-patch+json':
      return mergePatch(document, change)
    default:
      return strategicMerge(resource.schema, document, change)
  }
}

const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'

/** DeleteOptions come in the body, in the query, or both; the body counts where it says something. */
export async function deleteOptionsOf(search: URLSearchParams, http: Request): Promise<DeleteOptions> {
  const body = await readBody(http)
  return parseDeleteOptions(search, body.bytes.length === 0 ? {} : parseBody(body, DELETE_OPTIONS))
}

export function parseDeleteOptions(search: URLSearchParams, given: unknown): DeleteOptions {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw badRequest('DeleteOptions must be an object')
  const options = given as Record<string, unknown>
  const grace = options['gracePeriodSeconds'] ?? numberOf(search.get('gracePeriodSeconds'))
  const policy = options['propagationPolicy'] ?? search.get('propagationPolicy') ?? undefined
  const orphan = options['orphanDependents'] ?? booleanOf(search.get('orphanDependents'))
  if (grace !== undefined && grace !== null && (typeof grace !== 'number' || !Number.isSafeInteger(grace)))
    throw badRequest('gracePeriodSeconds: Invalid value: must be an integer')
  if (policy !== undefined && policy !== null && orphan !== undefined && orphan !== null)
    throw invalidOptions(
      'propagationPolicy',
      'Invalid value',
      'orphanDependents and deletionPropagation cannot be both set',
    )
  return {
    gracePeriodSeconds: grace ?? undefined,
    propagationPolicy: policyOf(policy, orphan),
    // What is not an object of strings names nothing and matches nothing.
    preconditions: (options['preconditions'] ?? undefined) as DeleteOptions['preconditions'],
  }
}

const numberOf = (text: string | null): number | undefined => (text === null || text === '' ? undefined : Number(text))
const booleanOf = (text: string | null): boolean | undefined =>
  text === null || text === '' ? undefined : text === 'true'

function policyOf(policy: unknown, orphan: unknown): DeleteOptions['propagationPolicy'] {
  if (policy === undefined || policy === null) {
    if (typeof orphan !== 'boolean') return undefined
    return orphan ? 'Orphan' : 'Background'
  }
  if (policy === 'Background' || policy === 'Foreground' || policy === 'Orphan') return policy
  throw invalidOptions(
    'propagationPolicy',
    'Unsupported value',
    `${JSON.stringify(policy)}: supported values: "Background", "Foreground", "Orphan"`,
  )
}

const invalidOptions = (field: string, what: string, detail: string): StatusError =>
  invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
    { reason: 'FieldValueInvalid', field, message: `${what}: ${detail}` },
  ])

export async function remove(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const options = await deleteOptionsOf(search, http)
  const { resource } = request
  const key = keyOfRequest(request)
  const { object, gone } = await commit(context, search, () => context.operations.delete(resource, key, options))
  if (!gone || resource.deleteReturnsObject) return answer(context, resource, object)
  return successResponse({
    name: key.name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    uid: object.metadata.uid,
  })
}

/** Objects deleted in one transaction of a deletecollection. */
const DELETE_BATCH = 100

export async function removeAll(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const options = await deleteOptionsOf(search, http)
  const { resource } = request
  const query = queryOf(request, search)
  const { store, operations } = context
  const version = store.latest
  const found = store.list(resource, query)
  const texts: string[] = []
  for (let start = 0; start < found.length; start += DELETE_BATCH) {
    const batch = found.slice(start, start + DELETE_BATCH)
    await commit(context, search, () => {
      for (const { metadata } of batch) {
        const key = { namespace: metadata.namespace ?? '', name: metadata.name }
        const current = store.get(resource, key)
        // Gone meanwhile, or another of the same name: neither was asked for.
        if (current?.metadata.uid === metadata.uid)
          texts.push(stringify(operations.delete(resource, key, options).object))
      }
    })
  }
  return jsonResponse(
    `{"kind":"${resource.kind}List","apiVersion":"${resource.group === '' ? resource.version : `${resource.group}/${resource.version}`}","metadata":{"resourceVersion":"${version}"},"items":[${texts.join(',')}]}\n`,
  )
}
