/** create, update and patch, from request to answer. */
import { badRequest, invalid, notFound, StatusError, tooLarge, unsupportedMediaType } from '../../kube/errors.ts'
import { FieldPath, invalidValue } from '../../kube/field.ts'
import type { Form } from '../../kube/form.ts'
import { clone, isRecord, JsonText, parseSent, stringify } from '../../kube/json.ts'
import type { Key, KubeObject } from '../../kube/object.ts'
import { textOf } from '../../kube/object-text.ts'
import { applyJsonPatch } from '../../kube/patch/json.ts'
import { mergePatch } from '../../kube/patch/merge.ts'
import { strategicMerge } from '../../kube/patch/strategic.ts'
import { APPLY_PATCH, JSON_PATCH, MERGE_PATCH, patchTypesOf } from '../../kube/patch/types.ts'
import type { ResourceRequest } from '../../kube/request.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../store/store.ts'
import type { Requester } from '../access/requester.ts'
import type { Attempt } from '../callouts/attempt.ts'
import type { CommitQueue } from '../commit-queue.ts'
import { applyConfiguration, readConfiguration } from './apply.ts'
import {
  type Body,
  decodeObject,
  duplicatesOf,
  type FieldValidation,
  fieldValidationOf,
  jsonDuplicates,
  messageOf,
  parseBody,
  readBody,
} from './bodies.ts'
import { commit, isDryRun, type WriteOptions } from './commit.ts'
import { applierOf, fieldManagerOf, refuseForce } from './field-manager.ts'
import type { Judgement } from './judgement.ts'
import type { Operations } from './operations.ts'
import { renderOne } from './representation.ts'
import { jsonResponse } from './responses.ts'
import type { Admit, Asked, Manager, UpdateScope } from './tracking.ts'

export interface WriteContext {
  readonly store: Store
  readonly operations: Operations
  readonly queue: CommitQueue
  readonly attempt: Attempt
  readonly judgement: Judgement
  readonly requester: Requester
  /** What the requester's writes must pass. */
  readonly admit: Admit
  /** What admission says beside: told with the answer. */
  readonly warnings: string[]
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

const META = 'meta.k8s.io/v1'

/** What policies and webhooks are told of the request: its options as kube-apiserver reads them. */
export function askedBy(
  { requester, attempt }: WriteContext,
  kind: WriteOptions,
  isTrial: boolean,
  options: Readonly<Record<string, unknown>>,
): Asked {
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return {
    user: requester.user,
    isDryRun: isTrial,
    options: { kind, apiVersion: META, ...Object.fromEntries(given), ...(isTrial ? { dryRun: ['All'] } : {}) },
    answers: attempt.answers,
  }
}

export function managerOf(
  context: WriteContext,
  { subresource }: ResourceRequest,
  search: URLSearchParams,
  http: Request,
  options: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): Manager {
  const { admit, warnings } = context
  return {
    name: fieldManagerOf(search, http.headers.get('user-agent'), options),
    subresource,
    isPatch: options === 'PatchOptions',
    admit,
    warn: (text) => warnings.push(text),
    asked: askedBy(context, options, isDryRun(search, options), {
      fieldManager: search.get('fieldManager'),
      fieldValidation: search.get('fieldValidation'),
    }),
  }
}

/** The first draft as it was decoded, later ones decoded anew: a write changes what it is given. */
function draftsOf<T>(first: T, anew: () => T): () => T {
  let next: T | undefined = first
  return () => {
    const draft = next ?? anew()
    next = undefined
    return draft
  }
}

export function answer(
  { form, now, warnings: told }: WriteContext,
  resource: Resource,
  object: KubeObject,
  { status = 200, warnings = [] as readonly string[] } = {},
): Response {
  const text = renderOne(
    form,
    resource,
    { text: form.as === 'Object' ? textOf(object) : '', object: () => object },
    now,
  )
  return jsonResponse(`${text}\n`, status, [...warnings, ...told])
}

function checkSize(object: unknown): void {
  const size = stringify(object).length
  if (size > MAX_OBJECT_BYTES) throw tooLarge(`Request entity too large: limit is ${MAX_OBJECT_BYTES}`)
}

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
  const validation = fieldValidationOf(search, 'CreateOptions')
  const body = await readBody(http)
  const decoded = () =>
    decodeObject(request.resource, parseBody(body, messageOf(request.resource)), validation, duplicatesOf(body))
  const { object, warnings } = decoded()
  checkBodySize(body, object)
  const drafts = draftsOf(object, () => decoded().object)
  const isTrial = isDryRun(search, 'CreateOptions')
  const by = managerOf(context, request, search, http, 'CreateOptions')
  const created = await commit(context, isTrial, () =>
    context.operations.create(request.resource, request.namespace ?? '', drafts(), by),
  )
  const shown = isTrial ? withVersion(created, undefined) : created
  return answer(context, request.resource, shown, { status: 201, warnings })
}

export async function update(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
  scope: UpdateScope,
): Promise<Response> {
  const validation = fieldValidationOf(search, 'UpdateOptions')
  const body = await readBody(http)
  const decoded = () =>
    decodeObject(request.resource, parseBody(body, messageOf(request.resource)), validation, duplicatesOf(body))
  const { object, warnings } = decoded()
  checkBodySize(body, object)
  const drafts = draftsOf(object, () => decoded().object)
  const key = keyOfRequest(request)
  const isTrial = isDryRun(search, 'UpdateOptions')
  const by = managerOf(context, request, search, http, 'UpdateOptions')
  const { result, former } = await commit(context, isTrial, () => ({
    former: context.store.row(request.resource, key)?.rv,
    result: context.operations.update(request.resource, key, drafts(), scope, by),
  }))
  const shown = isTrial ? withVersion(result, former) : result
  return answer(context, request.resource, shown, { status: former === undefined ? 201 : 200, warnings })
}

/** What was only tried has got no version: clients that compare (`kubectl diff`) must not see one change. */
const withVersion = (object: KubeObject, version: number | undefined): KubeObject => ({
  ...object,
  // JSON leaves out what is undefined.
  metadata: { ...object.metadata, resourceVersion: version === undefined ? (undefined as never) : String(version) },
})

export async function patch(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
  scope: UpdateScope,
): Promise<Response> {
  const validation = fieldValidationOf(search, 'PatchOptions')
  const body = await readBody(http)
  const { resource } = request
  const types = patchTypesOf(resource)
  if (!types.includes(body.type)) throw unsupportedMediaType(types)
  const isTrial = isDryRun(search, 'PatchOptions')
  if (body.type === APPLY_PATCH) return apply(context, request, search, { body, validation, scope, isTrial })
  refuseForce(search)
  const change = parseSent(body.text)
  const by = managerOf(context, request, search, http, 'PatchOptions')
  const { result, former, warnings } = await commit(context, isTrial, () =>
    patched(context, request, { type: body.type, text: body.text, change, validation, scope, by }),
  )
  return answer(context, resource, isTrial ? withVersion(result, former) : result, { warnings })
}

/** Server-side apply: what is not there yet is created. */
async function apply(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  { body, validation, scope, isTrial }: ApplyRequest,
): Promise<Response> {
  const applier = { ...applierOf(search), subresource: request.subresource }
  const { resource } = request
  const { config, warnings } = readConfiguration(resource, body, validation)
  const key = keyOfRequest(request)
  const { manager, force } = applier
  const asked = askedBy(context, 'PatchOptions', isTrial, { force, fieldManager: manager, fieldValidation: validation })
  const { result, former } = await commit(context, isTrial, () => ({
    former: context.store.row(resource, key)?.rv,
    result: applyConfiguration(context, resource, key, { asked, applier, config: clone(config), scope }),
  }))
  const shown = isTrial ? withVersion(result, former) : result
  return answer(context, resource, shown, { status: former === undefined ? 201 : 200, warnings })
}

interface ApplyRequest {
  readonly body: Body
  readonly validation: FieldValidation
  readonly scope: UpdateScope
  readonly isTrial: boolean
}

interface PatchRequest {
  readonly type: string
  readonly text: string
  readonly change: unknown
  readonly validation: FieldValidation
  readonly scope: UpdateScope
  readonly by: Manager
}

function patched(
  { operations, store }: WriteContext,
  { resource, namespace, name }: ResourceRequest,
  { type, text, change, validation, scope, by }: PatchRequest,
) {
  const key = { namespace: namespace ?? '', name: name ?? '' }
  const existing = store.get(resource, key)
  if (existing === undefined) throw notFound(resource, key.name)
  const next = applyPatch(resource.schema, type, patchable(existing, change), change)
  // A list of operations has no fields of the object's, whose keys could stand twice.
  const fields = type === JSON_PATCH ? undefined : jsonDuplicates(text)
  const { object, warnings } = faultOfPatch(change, () => decodeObject(resource, next, validation, fields))
  checkSize(object)
  const former = Number(existing.metadata.resourceVersion)
  return { result: operations.update(resource, key, object, scope, by), former, warnings }
}

/**
 * A copy to be patched, without managed fields where the patch does not speak of them: they are as long as the rest, and
 * stay as they are.
 */
function patchable(existing: KubeObject, change: unknown): KubeObject {
  const document = clone(existing)
  const { managedFields } = document.metadata
  if (managedFields instanceof JsonText)
    document.metadata.managedFields = speaksOfManagedFields(change) ? JSON.parse(managedFields.text) : undefined
  return document
}

function speaksOfManagedFields(change: unknown): boolean {
  if (Array.isArray(change)) return change.some((operation) => touchesManagedFields(operation))
  const metadata = isRecord(change) ? change['metadata'] : undefined
  return isRecord(metadata) && Object.hasOwn(metadata, 'managedFields')
}

const touchesManagedFields = (operation: unknown): boolean =>
  isRecord(operation) &&
  [operation['path'], operation['from']].some(
    (path) => path === '' || path === '/metadata' || /^\/metadata\/managedFields(\/|$)/.test(String(path)),
  )

/** A body that is no object of its kind is 400, but a patch that makes one is invalid, as kube-apiserver has it. */
function faultOfPatch<T>(change: unknown, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 400) throw error
    throw invalid({ group: '', kind: '' }, '', [invalidValue(new FieldPath('patch'), change, error.message)])
  }
}

/** `schema`: the definition that the document is of. */
export function applyPatch(schema: string, type: string, document: unknown, change: unknown): unknown {
  switch (type) {
    case JSON_PATCH:
      if (!Array.isArray(change))
        throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch')
      return applyJsonPatch(document, change)
    case MERGE_PATCH:
      if (!isRecord(change))
        throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}')
      return mergePatch(document, change)
    default:
      return strategicMerge(schema, document, change)
  }
}
