/** What `npm start` runs: a Deployment of three web servers behind a Service. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { EmbeddedServer } from '../embedded/server.ts'
import { WEB_IMAGE } from './web-image.ts'

export const REPLICAS = 3
const PORT = 80

const labels = { app: 'web' }

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 5,
        containers: [
          {
            name: 'web',
            image: WEB_IMAGE,
            ports: [{ containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
}

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', labels },
  spec: { selector: labels, ports: [{ port: PORT, targetPort: 8080 }] },
}

export interface Api {
  get(path: string): Promise<Record<string, unknown> | undefined>
  post(path: string, body: unknown): Promise<void>
}

export function apiOf(server: EmbeddedServer, cluster: string): Api {
  const prefix = `/clusters/${cluster}`
  return {
    async get(path) {
      const { status, body } = await server.request(prefix + path, { token: server.token })
      // Every answer of the API is a JSON object.
      return status === 200 ? (body as Record<string, unknown>) : undefined
    },
    async post(path, body) {
      const { status, text } = await server.request(prefix + path, { method: 'POST', token: server.token, body })
      if (status !== 201) throw new Error(`POST ${path}: ${text}`)
    },
  }
}

/** Makes what is missing: what a user has changed since the last start stays as it is. */
export async function applyWorkload(api: Api): Promise<void> {
  if (!(await api.get('/apis/apps/v1/namespaces/default/deployments/web')))
    await api.post('/apis/apps/v1/namespaces/default/deployments', deployment)
  if (!(await api.get('/api/v1/namespaces/default/services/web')))
    await api.post('/api/v1/namespaces/default/services', service)
}

interface DeploymentState {
  readonly spec?: { readonly replicas?: number }
  readonly status?: { readonly readyReplicas?: number; readonly updatedReplicas?: number }
}

/** Answers the number of replicas once all are ready; throws with the Pods' own reasons if they don't get there. */
export async function waitUntilReady(
  api: Api,
  { timeoutMs, say }: { timeoutMs: number; say: (text: string) => void },
): Promise<number> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const { spec, status } = ((await api.get('/apis/apps/v1/namespaces/default/deployments/web')) ??
      {}) as DeploymentState
    const wanted = spec?.replicas ?? 0
    const ready = status?.readyReplicas ?? 0
    say(`${ready} of ${wanted} replicas are ready`)
    if (wanted > 0 && ready === wanted && status?.updatedReplicas === wanted) return wanted
    if (Date.now() > deadline)
      throw new Error(`only ${ready} of ${wanted} replicas became ready: ${await reasons(api)}`)
    await sleep(250)
  }
}

interface PodState {
  readonly metadata: { readonly name: string }
  readonly status?: {
    readonly phase?: string
    readonly conditions?: readonly { readonly message?: string }[]
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
    }[]
  }
}

async function reasons(api: Api): Promise<string> {
  const { items = [] } = ((await api.get('/api/v1/namespaces/default/pods?labelSelector=app%3Dweb')) ?? {}) as {
    items?: PodState[]
  }
  return items
    .map(({ metadata, status }) => {
      const waiting = status?.containerStatuses?.[0]?.state?.waiting
      const condition = status?.conditions?.find((entry) => entry.message)?.message
      return `${metadata.name} ${status?.phase ?? ''} ${waiting?.reason ?? ''} ${waiting?.message ?? condition ?? ''}`.trim()
    })
    .join('; ')
}

/** Asks the Service's cluster IP until every replica has answered; answers who did. */
export async function visitAll(
  api: Api,
  replicas: number,
  { timeoutMs, say }: { timeoutMs: number; say: (text: string) => void },
): Promise<string[]> {
  const { spec } = ((await api.get('/api/v1/namespaces/default/services/web')) ?? {}) as {
    spec?: { clusterIP?: string }
  }
  const url = `http://${spec?.clusterIP}:${PORT}/`
  const seen = new Set<string>()
  const deadline = Date.now() + timeoutMs
  let problem = ''
  while (seen.size < replicas) {
    try {
      const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(2000) })
      seen.add((await response.text()).trim())
    } catch (error) {
      problem = String(error instanceof Error ? (error.cause ?? error) : error)
      await sleep(200)
    }
    say(`${url}: ${seen.size} of ${replicas} replicas have answered`)
    if (Date.now() > deadline) throw new Error(`${url}: only ${seen.size} of ${replicas} replicas answered ${problem}`)
  }
  return [...seen].sort()
}
