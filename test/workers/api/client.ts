/** Requests as clients send them, and answers with all that clients look at; builders of the objects they send. */
import { expect } from 'vitest'
import type { StatusCause } from '../../../src/kube/errors.ts'
import { eventually, newWorld, type World } from '../world.ts'

export interface Asked {
  readonly method?: string | undefined
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown
  readonly type?: string | undefined
  readonly token?: string | undefined
  readonly headers?: Record<string, string> | undefined
}

// Tests know the shape of what they asked for.
// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by assertions only.
export type Json = any

export interface Answer {
  readonly code: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; undefined where it is not JSON. */
  readonly body: Json
}

export interface Client {
  readonly world: World
  /** Under the cluster's path. */
  ask(path: string, asked?: Asked): Promise<Answer>
  /** What must succeed; its JSON. */
  get(path: string): Promise<Json>
  post(path: string, body: unknown): Promise<Json>
  put(path: string, body: unknown): Promise<Json>
  patch(path: string, body: unknown, type?: string): Promise<Json>
  delete(path: string, body?: unknown): Promise<Json>
  /** The cluster's resource version now. */
  version(): Promise<string>
}

export const MERGE = 'application/merge-patch+json'
export const STRATEGIC = 'application/strategic-merge-patch+json'
export const JSON_PATCH = 'application/json-patch+json'

export const APPLY = 'application/apply-patch+yaml'

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
export const PODS = '/api/v1/namespaces/default/pods'
export const SERVICES = '/api/v1/namespaces/default/services'
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
export const REPLICA_SETS = '/apis/apps/v1/namespaces/default/replicasets'
export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases'

/** A client of a new cluster. */
export const newClient = async (name: string, options: { readonly compat?: string } = {}): Promise<Client> =>
  clientOf(await newWorld(name, options))

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  return { code: response.status, headers: response.headers, text, body: jsonOf(text) }
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function clientOf(world: World): Client {
  const ask: Client['ask'] = async (path, { method, body, type, token, headers = {} } = {}) =>
    answerOf(
      await world.request(`/clusters/${world.cluster}${path}`, {
        method: method ?? 'GET',
        body,
        ...(token === undefined ? {} : { token }),
        headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
      }),
    )
  const must = async (path: string, asked: Asked): Promise<Json> => {
    const { code, text, body } = await ask(path, asked)
    expect(code, `${asked.method} ${path}: ${text}`).toBeLessThan(300)
    return body
  }
  return {
    world,
    ask,
    get: (path) => must(path, { method: 'GET' }),
    post: (path, body) => must(path, { method: 'POST', body }),
    put: (path, body) => must(path, { method: 'PUT', body }),
    patch: (path, body, type = MERGE) => must(path, { method: 'PATCH', body, type }),
    delete: (path, body) => must(path, { method: 'DELETE', body }),
    version: async () => (await must(CONFIG_MAPS, {})).metadata.resourceVersion,
  }
}

/** Waits until the controllers have nothing left to write; the version at which they rested. */
export async function settled(client: Client): Promise<string> {
  return eventually('no more writes', async () => {
    const before = await client.version()
    await new Promise((done) => setTimeout(done, 150))
    return (await client.version()) === before && before
  })
}

export interface Refusal {
  readonly code: number
  readonly reason: string
  /** All of it, or what it must match. */
  readonly message?: string | RegExp
  readonly causes?: readonly StatusCause[]
}

/** That an answer is a Status, complete and as expected. */
export function expectRefusal(answer: Answer, { code, reason, message, causes }: Refusal): void {
  expect(answer.body ?? answer.text).toMatchObject({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: expect.any(String),
    reason,
    code,
  })
  expect(answer.code).toBe(code)
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  if (typeof message === 'string') expect(answer.body.message).toBe(message)
  else if (message) expect(answer.body.message).toMatch(message)
  if (causes) expect(answer.body.details.causes).toEqual(causes)
}

/** Lets ServiceAccounts of the default namespace read what is in it. */
export const letAccountsView = (client: Client): Promise<Json> =>
  client.post('/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'accounts-view' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'Group', name: 'system:serviceaccounts:default' }],
  })

export const configMap = (name: string, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...rest,
})

export const pod = (name: string, { metadata = {}, spec = {} }: { metadata?: object; spec?: object } = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'main', image: 'main:1' }], ...spec },
})

export const deployment = (name: string, { metadata = {}, spec = {} }: { metadata?: object; spec?: object } = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, ...metadata },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'main:1' }] },
    },
    ...spec,
  },
})

export const service = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
})

export const lease = (name: string, { metadata = {}, spec = {} }: { metadata?: object; spec?: object } = {}) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, ...metadata },
  spec: { holderIdentity: 'me', leaseDurationSeconds: 15, ...spec },
})
