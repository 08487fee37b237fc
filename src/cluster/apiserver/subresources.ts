/** Subresources with a meaning of their own: scale, binding, eviction, a ServiceAccount's token. */
import { badRequest, invalid, noSuchResource, notFound, unsupportedMediaType } from '../../kube/errors.ts'
import { FieldPath, invalidValue, required } from '../../kube/field.ts'
import { clone, parseJson, stringify, toNumber } from '../../kube/json.ts'
import type { KubeObject } from '../../kube/object.ts'
import { applyJsonPatch } from '../../kube/patch/json.ts'
import { mergePatch } from '../../kube/patch/merge.ts'
import type { ResourceRequest } from '../../kube/request.ts'
import type { Resource } from '../../kube/resource.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import { serviceAccounts } from '../../kube/resources/core/service-account.ts'
import { type TokenIssuer, timestampOf } from '../service-account-tokens.ts'
import { parseBody, readBody } from './bodies.ts'
import { jsonResponse, successResponse } from './responses.ts'
import { commit, keyOfRequest, PATCH_TYPES, parseDeleteOptions, type WriteContext } from './writes.ts'

interface Scale {
  kind: 'Scale'
  apiVersion: 'autoscaling/v1'
  metadata: Record<string, unknown>
  spec: { replicas?: number }
  status: { replicas: number; selector?: string }
}

function scaleOf(resource: Resource, object: KubeObject): Scale {
  const { scale } = resource
  if (!scale) throw noSuchResource()
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = scale.replicas(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    // Go omits a zero count here.
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: scale.currentReplicas(object), selector: scale.selector(object) },
  }
}

export function getScale({ store }: WriteContext, request: ResourceRequest): Response {
  const object = store.get(request.resource, keyOfRequest(request))
  if (!object) throw notFound(request.resource, request.name ?? '')
  return jsonResponse(`${stringify(scaleOf(request.resource, object))}\n`)
}

export async function putScale(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const sent = parseBody(await readBody(http), 'io.k8s.api.autoscaling.v1.Scale')
  return writeScale(context, request, search, () => sent)
}

export async function patchScale(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const body = await readBody(http)
  if (!PATCH_TYPES.includes(body.type)) throw unsupportedMediaType(PATCH_TYPES)
  const change = parseJson(body.text)
  return writeScale(context, request, search, (current) =>
    Array.isArray(change) ? applyJsonPatch(clone(current), change) : mergePatch(clone(current), change),
  )
}

async function writeScale(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  next: (current: Scale) => unknown,
): Promise<Response> {
  const { resource } = request
  const key = keyOfRequest(request)
  const result = await commit(context, search, () => {
    const existing = context.store.get(resource, key)
    if (!existing || !resource.scale) throw notFound(resource, key.name)
    const { replicas, resourceVersion } = wishOf(next(scaleOf(resource, existing)), key.name)
    const draft = clone(existing)
    resource.scale.setReplicas(draft, replicas)
    if (resourceVersion !== undefined) draft.metadata.resourceVersion = resourceVersion
    return context.operations.update(resource, key, draft)
  })
  return jsonResponse(`${stringify(scaleOf(resource, result))}\n`)
}

function wishOf(sent: unknown, name: string): { replicas: number; resourceVersion: string | undefined } {
  const { kind, spec, metadata } = (sent ?? {}) as {
    kind?: unknown
    spec?: { replicas?: unknown } | null
    metadata?: { resourceVersion?: unknown } | null
  }
  if (kind !== undefined && kind !== 'Scale') throw badRequest(`expected a Scale, got ${JSON.stringify(kind)}`)
  const replicas = spec?.replicas ?? 0
  if (typeof replicas !== 'number' || !Number.isSafeInteger(replicas))
    throw badRequest('spec.replicas must be an integer')
  if (replicas < 0)
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
      invalidValue(new FieldPath('spec.replicas'), replicas, 'must be greater than or equal to 0'),
    ])
  const version = metadata?.resourceVersion
  return { replicas, resourceVersion: typeof version === 'string' && version !== '' ? version : undefined }
}

export async function bindPod(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const binding = parseBody(await readBody(http), 'io.k8s.api.core.v1.Binding') as {
    metadata?: { name?: string; uid?: string }
    target?: { kind?: string; name?: string }
  } | null
  const target = binding?.target
  const name = request.name ?? binding?.metadata?.name ?? ''
  if (!target?.name) throw invalid({ group: '', kind: 'Binding' }, name, [required(new FieldPath('target.name'))])
  if (target.kind && target.kind !== 'Node')
    throw invalid({ group: '', kind: 'Binding' }, name, [
      {
        reason: 'FieldValueNotSupported',
        field: 'target.kind',
        message: `Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`,
      },
    ])
  const node = target.name
  await commit(context, search, () =>
    context.operations.bind({ namespace: request.namespace ?? '', name }, node, binding?.metadata?.uid),
  )
  return successResponse(undefined, 201)
}

/** An eviction is a delete that may be refused; with disruption budgets it will be (policy/v1). */
export async function evictPod(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const eviction = parseBody(await readBody(http), 'io.k8s.api.policy.v1.Eviction') as {
    kind?: string
    deleteOptions?: unknown
  } | null
  if (eviction?.kind !== undefined && eviction.kind !== 'Eviction')
    throw badRequest(`expected an Eviction, got ${JSON.stringify(eviction?.kind)}`)
  const options = parseDeleteOptions(search, eviction?.deleteOptions ?? {})
  await commit(context, search, () =>
    context.operations.delete(pods as unknown as Resource, keyOfRequest(request), options),
  )
  return successResponse(undefined, 201)
}

const DEFAULT_TOKEN_SECONDS = 3600
const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32

/** TokenRequest (KEP-1205): a token of the account, bound to the Pod or Secret it names. */
export async function createToken(
  context: WriteContext,
  request: ResourceRequest,
  http: Request,
  issuer: TokenIssuer,
): Promise<Response> {
  const sent = parseBody(await readBody(http), 'io.k8s.api.authentication.v1.TokenRequest') as {
    kind?: string
    metadata?: unknown
    spec?: {
      audiences?: string[]
      expirationSeconds?: number
      boundObjectRef?: { kind?: string; name?: string; uid?: string }
    }
  } | null
  const key = keyOfRequest(request)
  const account = context.store.get(serviceAccounts, key)
  if (!account) throw notFound(serviceAccounts, key.name)
  const seconds = toNumber(sent?.spec?.expirationSeconds ?? DEFAULT_TOKEN_SECONDS)
  if (seconds < MIN_TOKEN_SECONDS || seconds > MAX_TOKEN_SECONDS)
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
      invalidValue(
        new FieldPath('spec.expirationSeconds'),
        seconds,
        `may not specify a duration less than 10 minutes or more than 2^32 seconds`,
      ),
    ])
  const bound = sent?.spec?.boundObjectRef
  const pod =
    bound?.kind === 'Pod' && bound.name
      ? context.store.get(pods, { namespace: key.namespace, name: bound.name })
      : undefined
  if (bound?.kind === 'Pod' && (!pod || (bound.uid && bound.uid !== pod.metadata.uid)))
    throw notFound(pods, bound.name ?? '')
  const issued = await issuer.issue({ account, pod, audiences: sent?.spec?.audiences ?? [], seconds, now: context.now })
  return jsonResponse(
    `${stringify({
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: key.name, namespace: key.namespace, creationTimestamp: timestampOf(context.now) },
      spec: { audiences: issued.audiences, expirationSeconds: seconds, ...(bound ? { boundObjectRef: bound } : {}) },
      status: { token: issued.token, expirationTimestamp: timestampOf(issued.expiresAt) },
    })}\n`,
    201,
  )
}
