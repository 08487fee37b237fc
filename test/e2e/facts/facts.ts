/** What the facts' tests share: a control plane of the file's own, and requests under its cluster as clients send them. */
import { afterAll, beforeAll } from 'vitest'
import { type ControlPlane, startControlPlane } from '../control-plane.ts'

type Init = NonNullable<Parameters<ControlPlane['request']>[1]>
export type Answer = Awaited<ReturnType<ControlPlane['request']>>

export interface Facts {
  readonly plane: ControlPlane
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  put(path: string, body: unknown): Promise<Answer>
  patch(path: string, type: PatchType, body: unknown): Promise<Answer>
  remove(path: string, body?: unknown): Promise<Answer>
  send(method: string, path: string, init?: Omit<Init, 'method'>): Promise<Answer>
  /** The newest resource version: the same as before where nothing was written. */
  version(): Promise<string>
}

export type PatchType = 'json' | 'merge' | 'strategic-merge' | 'apply'

const MEDIA_TYPES: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  'strategic-merge': 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

export function facts(): Facts {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await startControlPlane()
  }, 60_000)
  afterAll(() => plane?.stop(), 30_000)
  const send: Facts['send'] = (method, path, init = {}) =>
    plane.request(`/clusters/${plane.ready.cluster}${path}`, { ...init, method })
  return {
    get plane() {
      return plane
    },
    send,
    get: (path, headers = {}) => send('GET', path, { headers }),
    post: (path, body, headers = {}) => send('POST', path, { body, headers }),
    put: (path, body) => send('PUT', path, { body }),
    patch: (path, type, body) => send('PATCH', path, { body, headers: { 'content-type': MEDIA_TYPES[type] } }),
    remove: (path, body) => send('DELETE', path, body === undefined ? {} : { body }),
    async version() {
      const { body } = await send('GET', '/api/v1/configmaps?limit=1')
      return (body['metadata'] as { resourceVersion: string }).resourceVersion
    },
  }
}

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
export const PODS = '/api/v1/namespaces/default/pods'
export const SERVICES = '/api/v1/namespaces/default/services'
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases'

export const configMap = (name: string, data: Record<string, string> = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
})

/** Of no scheduler's concern, so that nothing but the test changes it. */
export const pod = (name: string, container: object = {}, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'i', ...container }], ...spec },
})

export const deployment = (name: string, container: object = {}, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'i', ...container }] },
    },
    ...spec,
  },
})

/** A value deep in an answer, by its path. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value)
}
