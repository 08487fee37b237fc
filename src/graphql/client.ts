/**
 * The cluster's Kubernetes API, as resolvers use it: requests to the cluster's object in the caller's name, so that
 * validation, admission and authorization are those of REST. Failures are the StatusErrors that REST would answer.
 */
import { badRequest } from '../kube/errors.ts'
import { parseJson, stringify } from '../kube/json.ts'
import type { Key, KubeObject } from '../kube/object.ts'
import { apiVersionOf, type Resource } from '../kube/resource.ts'
import { IDENTITY_HEADER, type Identity } from '../protocol/identity.ts'
import { errorOf } from './errors.ts'

export interface ListOptions {
  /** Undefined: of all namespaces. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  readonly limit?: number | undefined
  readonly continue?: string | undefined
}

export interface ObjectList {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
  readonly continue: string | undefined
  readonly remainingItemCount: number | undefined
}

export interface WatchOptions {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  readonly resourceVersion?: string | undefined
}

export interface DeleteOptions {
  readonly propagationPolicy?: string | undefined
  readonly gracePeriodSeconds?: number | undefined
}

/** The cluster's object, as far as it is needed here. */
export interface Stub {
  fetch(url: string, init?: RequestInit): Promise<Response>
}

export type PatchType = 'json' | 'merge' | 'strategic'

export interface Client {
  get(resource: Resource, key: Key): Promise<KubeObject>
  /** Undefined where there is none. */
  find(resource: Resource, key: Key): Promise<KubeObject | undefined>
  list(resource: Resource, options: ListOptions): Promise<ObjectList>
  create(resource: Resource, namespace: string, object: unknown): Promise<KubeObject>
  patch(resource: Resource, key: Key, type: PatchType, change: unknown, subresource?: string): Promise<KubeObject>
  /** The object as it is on its way out, or the Status that says it is gone. */
  delete(resource: Resource, key: Key, options: DeleteOptions): Promise<Record<string, unknown>>
  /** An open watch; see protocol/watch.ts. */
  watch(resource: Resource, options: WatchOptions): Promise<WebSocket>
}

export function createClient(stub: Stub, identity: Identity): Client {
  const ask = async (path: string, init: { method?: string; body?: unknown; type?: string } = {}) => {
    const { method = 'GET', body, type = 'application/json' } = init
    return stub.fetch(`https://cluster${path}`, {
      method,
      headers: { [IDENTITY_HEADER]: stringify(identity), accept: 'application/json', 'content-type': type },
      ...(body === undefined ? {} : { body: stringify(body) }),
    })
  }
  const answer = async (response: Response): Promise<Record<string, unknown>> => {
    // What the cluster's API answers is an object: the one asked for, a list, or a Status.
    const body = parseJson(await response.text()) as Record<string, unknown>
    if (!response.ok) throw errorOf(body)
    return body
  }
  const object = async (response: Promise<Response>) => (await answer(await response)) as unknown as KubeObject

  return {
    get: (resource, key) => object(ask(pathOf(resource, key.namespace, key.name))),
    async find(resource, key) {
      const response = await ask(pathOf(resource, key.namespace, key.name))
      if (response.status !== 404) return (await answer(response)) as unknown as KubeObject
      await response.body?.cancel()
      return undefined
    },
    async list(resource, { namespace, ...options }) {
      const list = await answer(await ask(`${pathOf(resource, namespace)}${queryText(options)}`))
      return listOf(resource, list)
    },
    create: (resource, namespace, body) => object(ask(pathOf(resource, namespace), { method: 'POST', body })),
    patch(resource, { namespace, name }, type, body, subresource) {
      const path = pathOf(resource, namespace, name) + (subresource ? `/${subresource}` : '')
      return object(ask(path, { method: 'PATCH', body, type: PATCH_TYPES[type] }))
    },
    async delete(resource, { namespace, name }, options) {
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...defined(options) }
      return answer(await ask(pathOf(resource, namespace, name), { method: 'DELETE', body }))
    },
    async watch(resource, { namespace, ...options }) {
      const query = queryText({ ...options, watch: 'true', allowWatchBookmarks: 'true' })
      const response = await stub.fetch(`https://cluster${pathOf(resource, namespace)}${query}`, {
        headers: { [IDENTITY_HEADER]: stringify(identity), accept: 'application/json', upgrade: 'websocket' },
      })
      if (response.webSocket) return response.webSocket
      throw errorOf((await response.json()) as Record<string, unknown>)
    },
  }
}

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

/** `namespace` is '' for cluster-scoped kinds, undefined for all namespaces. Throws 400 for what can't be a name. */
export function pathOf(resource: Resource, namespace: string | undefined, name?: string): string {
  const root = resource.group === '' ? '/api' : '/apis'
  const place = namespace ? `/namespaces/${segment(namespace)}` : ''
  const rest = name === undefined ? '' : `/${segment(name)}`
  return `${root}/${apiVersionOf(resource)}${place}/${resource.plural}${rest}`
}

/** Names are the caller's: nothing in them may lead to another path. URLs take dots as steps, and an empty one as none. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..')
    throw badRequest(`Invalid value: ${JSON.stringify(name)}: not a name`)
  return encodeURIComponent(name)
}

function queryText(options: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options)) if (value != null && value !== '') query.set(name, String(value))
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

const defined = (options: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value != null))

/** Items of a list need not say what they are; objects do, everywhere in this API. */
function listOf(resource: Resource, list: Record<string, unknown>): ObjectList {
  const metadata = list['metadata'] as { resourceVersion: string; continue?: string; remainingItemCount?: number }
  const apiVersion = apiVersionOf(resource)
  return {
    items: (list['items'] as KubeObject[]).map((item) => ({ ...item, apiVersion, kind: resource.kind })),
    resourceVersion: metadata.resourceVersion,
    continue: metadata.continue || undefined,
    remainingItemCount: metadata.remainingItemCount,
  }
}
