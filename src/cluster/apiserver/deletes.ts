/** delete and deletecollection, from request to answer. */
import type { KubeObject } from '../../kube/object.ts'
import { objectOf, textOf } from '../../kube/object-text.ts'
import type { ResourceRequest } from '../../kube/request.ts'
import { apiVersionOf } from '../../kube/resource.ts'
import { answering, forEachGathering } from '../callouts/attempt.ts'
import { commit } from './commit.ts'
import { type DeleteRequest, deleteOptionsOf } from './delete-options.ts'
import { queryOf, rowsOf } from './reads.ts'
import { jsonResponse, successResponse } from './responses.ts'
import type { Manager } from './tracking.ts'
import { answer, askedBy, keyOfRequest, type WriteContext } from './writes.ts'

/** Nobody comes to own a field by deleting. */
export function deleterOf(context: WriteContext, { options, isTrial }: DeleteRequest): Manager {
  const { admit, warnings } = context
  return {
    name: '',
    admit,
    warn: (text) => warnings.push(text),
    asked: askedBy(context, 'DeleteOptions', isTrial, { ...options }),
  }
}

/** Who did not say what becomes of the dependents may have meant something else. */
function warnOfDefault({ warnings }: WriteContext, { resource }: ResourceRequest, { options }: DeleteRequest): void {
  if (resource.defaultDeletionWarning !== undefined && options.propagationPolicy === undefined)
    warnings.push(resource.defaultDeletionWarning)
}

export async function remove(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const sent = await deleteOptionsOf(search, http)
  const { options, isTrial } = sent
  const { resource } = request
  const key = keyOfRequest(request)
  const by = deleterOf(context, sent)
  warnOfDefault(context, request, sent)
  const { object, gone } = await commit(context, isTrial, () => context.operations.delete(resource, key, options, by))
  if (!gone || resource.deleteReturnsObject) return answer(context, resource, object)
  const details = {
    name: key.name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    uid: object.metadata.uid,
  }
  return successResponse(details, 200, context.warnings)
}

/** Objects deleted in one transaction of a deletecollection. */
const DELETE_BATCH = 100

export async function removeAll(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const sent = await deleteOptionsOf(search, http)
  const { options, isTrial } = sent
  const { resource } = request
  const query = queryOf(request, search)
  const by = deleterOf(context, sent)
  warnOfDefault(context, request, sent)
  const { store, operations } = context
  const version = store.latest
  const found = [...store.snapshots.versions(resource, query, version)]
  const texts: string[] = []
  for (let start = 0; start < found.length; start += DELETE_BATCH) {
    const keys = found.slice(start, start + DELETE_BATCH)
    const rows = await answering(() => rowsOf(store, resource, query, keys))
    const batch = rows.map(({ text }) => objectOf(text))
    const deleted = await commit(context, isTrial, () => {
      const objects: KubeObject[] = []
      forEachGathering(batch, ({ metadata }) => {
        const key = { namespace: metadata.namespace ?? '', name: metadata.name }
        const current = store.get(resource, key)
        // Gone meanwhile, or another of the same name: neither was asked for.
        if (current?.metadata.uid === metadata.uid) objects.push(operations.delete(resource, key, options, by).object)
      })
      return objects
    })
    texts.push(...deleted.map(textOf))
  }
  return jsonResponse(
    `{"kind":"${resource.listKind}","apiVersion":"${apiVersionOf(resource)}","metadata":{"resourceVersion":"${version}"},"items":[${texts.join(',')}]}\n`,
    200,
    context.warnings,
  )
}
