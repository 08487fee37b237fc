/** Subresources with a meaning of their own: scale and binding. A Pod's eviction stands in eviction.ts, a ServiceAccount's token in token-request.ts. */
import { badRequest, invalid, noSuchResource, notFound, unsupportedMediaType } from '../../kube/errors.ts'
import { FieldPath, invalidValue, required } from '../../kube/field.ts'
import { clone, parseSent, stringify } from '../../kube/json.ts'
import { applied } from '../../kube/managed-fields/apply.ts'
import { ignoring } from '../../kube/managed-fields/authored.ts'
import { shapeOfDefinition } from '../../kube/managed-fields/definitions.ts'
import { parentFields, scaleFields } from '../../kube/managed-fields/scale.ts'
import { heldOf } from '../../kube/managed-fields/track.ts'
import type { KubeObject, ObjectMeta } from '../../kube/object.ts'
import { APPLY_PATCH, PATCH_TYPES } from '../../kube/patch/types.ts'
import type { ResourceRequest } from '../../kube/request.ts'
import { apiVersionOf, type Resource } from '../../kube/resource.ts'
import type { Pod } from '../../kube/types.ts'
import { type Body, decodeRequest, decodeRequestValue, parseConfiguration, readBody } from './bodies.ts'
import { commit, isDryRun, type WriteOptions } from './commit.ts'
import { applierOf, refuseForce } from './field-manager.ts'
import { checkIdentity } from './preconditions.ts'
import { jsonResponse, successResponse } from './responses.ts'
import type { Lens, Manager } from './tracking.ts'
import { applyPatch, askedBy, keyOfRequest, managerOf, type WriteContext } from './writes.ts'

interface Scale {
  kind: 'Scale'
  apiVersion: 'autoscaling/v1'
  metadata: Partial<ObjectMeta>
  spec: { replicas?: number }
  status: { replicas: number; selector?: string }
}

const REPLICAS = ['spec', 'replicas']

function scaleOf(resource: Resource, object: KubeObject): Scale {
  const { scale } = resource
  if (!scale) throw noSuchResource()
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = scale.replicas(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      managedFields: scaleFields(heldOf(object), scale.path ?? REPLICAS),
    },
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

const SCALE = {
  kind: 'Scale',
  apiVersions: ['autoscaling/v1'],
  schema: 'io.k8s.api.autoscaling.v1.Scale',
}

/** As decoded: what a client may say of a Scale. */
interface SentScale {
  readonly spec?: { readonly replicas?: number } | undefined
  readonly metadata?: Partial<ObjectMeta>
}

export async function putScale(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const by = managerOf(context, request, search, http, 'UpdateOptions')
  const sent = decodeRequest<SentScale>(SCALE, await readBody(http))
  checkIdentity(request.resource, keyOfRequest(request), sent.metadata)
  return writeScale(context, request, search, 'UpdateOptions', () => ({ sent, by }))
}

export async function patchScale(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const body = await readBody(http)
  const { type, text } = body
  if (!PATCH_TYPES.includes(type)) throw unsupportedMediaType(PATCH_TYPES)
  if (type === APPLY_PATCH) return applyScale(context, request, search, body)
  refuseForce(search)
  const by = managerOf(context, request, search, http, 'PatchOptions')
  const change = parseSent(text)
  return writeScale(context, request, search, 'PatchOptions', (current) => {
    const { managedFields: _, ...metadata } = current.metadata
    const document = clone({ ...current, metadata })
    return { sent: decodeRequestValue(SCALE, applyPatch(SCALE.schema, type, document, change)), by }
  })
}

const SCALE_SHAPE = shapeOfDefinition(SCALE.schema)
const STATUS = ignoring(['status'])

/** Who applies a Scale owns the object's replicas. */
function applyScale(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  body: Body,
): Promise<Response> {
  const { manager, force } = applierOf(search)
  const asked = askedBy(context, 'PatchOptions', isDryRun(search, 'PatchOptions'), { force, fieldManager: manager })
  const config = decodeRequestValue<SentScale & KubeObject>(SCALE, parseConfiguration(body))
  const { resource, subresource } = request
  const author = { manager, operation: 'Apply' as const, apiVersion: 'autoscaling/v1', subresource }
  const time = `${new Date(context.now).toISOString().slice(0, 19)}Z`
  return writeScale(context, request, search, 'PatchOptions', (current, object) => {
    // A Scale is an object of its kind.
    const live = current as unknown as KubeObject
    const { part, managedFields } = applied({
      shape: SCALE_SHAPE,
      author,
      time,
      ignored: STATUS,
      live,
      config,
      force,
    })
    const path = resource.scale?.path ?? REPLICAS
    const parent = parentFields(heldOf(object), managedFields, { path, apiVersion: apiVersionOf(resource) })
    const sent = { spec: part['spec'] as SentScale['spec'], metadata: config.metadata }
    return { sent, by: { name: manager, subresource, applied: { managedFields: parent }, admit: context.admit, asked } }
  })
}

/** Policies and webhooks judge the Scale, which is what was asked for. */
const scaleLens = (resource: Resource): Lens => ({
  kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  // A Scale is an object of its kind.
  show: (object) => scaleOf(resource, object) as unknown as KubeObject,
  decode: (value) => decodeRequestValue<KubeObject>(SCALE, value),
  put(object, shown) {
    const scaled = clone(object)
    resource.scale?.setReplicas(scaled, (shown as SentScale).spec?.replicas ?? 0)
    return scaled
  },
})

async function writeScale(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  options: WriteOptions,
  next: (current: Scale, object: KubeObject) => { readonly sent: SentScale; readonly by: Manager },
): Promise<Response> {
  const { resource } = request
  const key = keyOfRequest(request)
  const result = await commit(context, isDryRun(search, options), () => {
    const existing = context.store.get(resource, key)
    if (!existing || !resource.scale) throw notFound(resource, key.name)
    const { sent, by } = next(scaleOf(resource, existing), existing)
    const { spec, metadata } = sent
    const scaler = { ...by, asked: by.asked && { ...by.asked, lens: scaleLens(resource) } }
    const replicas = spec?.replicas ?? 0
    if (replicas < 0)
      throw invalid({ group: 'autoscaling', kind: 'Scale' }, key.name, [
        invalidValue(new FieldPath('spec.replicas'), replicas, 'must be greater than or equal to 0'),
      ])
    const draft = clone(existing)
    resource.scale.setReplicas(draft, replicas)
    if (metadata?.resourceVersion) draft.metadata.resourceVersion = metadata.resourceVersion
    if (metadata?.uid) draft.metadata.uid = metadata.uid
    return context.operations.update(resource, key, draft, 'object', scaler)
  })
  return jsonResponse(`${stringify(scaleOf(resource, result))}\n`)
}

const BINDING = { kind: 'Binding', apiVersions: ['v1'], schema: 'io.k8s.api.core.v1.Binding' }

/** A create below the Pod, or of a Binding that names it. */
export async function bindPod(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const binding = decodeRequest<SentBinding>(BINDING, await readBody(http))
  const { metadata, target } = binding
  const { namespace } = keyOfRequest(request)
  const name = request.name ?? metadata?.name ?? ''
  if (name === '') throw badRequest('Name parameter required.')
  if (metadata?.namespace && metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  checkSameName('Binding', name, metadata?.name)
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
  const by = managerOf(context, request, search, http, 'CreateOptions')
  // Told to those who judge as what it comes to, however it was sent.
  const binder = { ...by, subresource: 'binding', asked: by.asked && { ...by.asked, lens: bindingLens(binding) } }
  await commit(context, isDryRun(search, 'CreateOptions'), () =>
    context.operations.bind({ namespace, name }, node, metadata?.uid, binder),
  )
  return successResponse(undefined, 201)
}

/** As decoded: which Pod goes to which node. */
interface SentBinding {
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly uid?: string }
  readonly target?: { readonly kind?: string; readonly name?: string }
}

const bindingLens = (binding: SentBinding): Lens => ({
  kind: { group: '', version: 'v1', kind: 'Binding' },
  show: ({ metadata: { namespace, name } }) =>
    ({
      ...binding,
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { ...binding.metadata, namespace, name },
    }) as unknown as KubeObject,
  decode: (value) => decodeRequestValue<KubeObject>(BINDING, value),
  put(pod, shown) {
    const { spec } = pod as Pod
    return { ...pod, spec: { ...spec, nodeName: (shown as SentBinding).target?.name ?? spec.nodeName } } as KubeObject
  },
})

export function checkSameName(kind: string, named: string, sent: string | undefined): void {
  if (sent && sent !== named) throw badRequest(`name in URL does not match name in ${kind} object`)
}
