/** A tenant with a cluster, in workerd: what every test of this layer begins with. */
import { applyD1Migrations, type D1Migration } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import type { Cluster } from '../../src/index.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      DB: D1Database
      CLUSTERS: DurableObjectNamespace<Cluster>
      TENANCY_MIGRATIONS: D1Migration[]
    }
    interface GlobalProps {
      mainModule: typeof import('../../src/index.ts')
    }
  }
}

export interface World {
  readonly token: string
  readonly cluster: string
  readonly stub: DurableObjectStub<Cluster>
  /** A request to the Worker, as the organization. */
  request(
    path: string,
    init?: { method?: string; body?: unknown; token?: string; headers?: Record<string, string> },
  ): Promise<Response>
  /** A request under the cluster's path; its JSON. */
  api<T = Record<string, unknown>>(path: string, init?: { method?: string; body?: unknown; type?: string }): Promise<T>
}

const ORIGIN = 'https://skycrane.test'

async function organization(): Promise<string> {
  await applyD1Migrations(env.DB, env.TENANCY_MIGRATIONS)
  const response = await exports.default.fetch(`${ORIGIN}/platform/v1/bootstrap`, {
    method: 'POST',
    headers: { authorization: 'Bearer bootstrap-for-tests', 'content-type': 'application/json' },
    body: JSON.stringify({ organization: 'first' }),
  })
  const { token } = (await response.json()) as { token: string }
  return token
}

let first: Promise<string> | undefined

/** The one organization of a test file; each call makes a new cluster in it. */
export async function newWorld(name: string, options: { readonly compat?: string } = {}): Promise<World> {
  first ??= organization()
  const token = await first
  const request: World['request'] = (path, { method = 'GET', body, token: given = token, headers = {} } = {}) =>
    exports.default.fetch(`${ORIGIN}${path}`, {
      method,
      // A redirection is an answer like others.
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${given}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const made = await request('/platform/v1/clusters', { method: 'POST', body: { name, ...options } })
  const { id } = (await made.json()) as { id: string }
  return {
    token,
    cluster: id,
    stub: env.CLUSTERS.get(env.CLUSTERS.idFromName(id)),
    request,
    async api(path, { method, body, type } = {}) {
      const response = await request(`/clusters/${id}${path}`, {
        method,
        body,
        ...(type ? { headers: { 'content-type': type } } : {}),
      })
      return response.json()
    },
  }
}

/** Asks until `check` answers something, with a deadline. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await check()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
