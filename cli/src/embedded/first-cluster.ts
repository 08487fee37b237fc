/** The cluster that `serve` and `start` work with: made at the first start, found again at the next. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivately } from './files.ts'
import type { EmbeddedServer } from './server.ts'

export interface FirstCluster {
  readonly id: string
  readonly kubeconfig: string
  /** `https://host:port/clusters/<id>`. */
  readonly server: string
}

export async function firstCluster(server: EmbeddedServer, state: string): Promise<FirstCluster> {
  const path = join(state, 'cluster')
  const id = existsSync(path) ? readFileSync(path, 'utf8') : await create(server, path)
  const { status, text } = await server.request(`/platform/v1/clusters/${id}/kubeconfig`, { token: server.token })
  if (status !== 200) throw new Error(`no kubeconfig for cluster ${id}: ${text}`)
  const kubeconfig = join(state, 'kubeconfig')
  writePrivately(kubeconfig, text)
  return { id, kubeconfig, server: `${server.url}/clusters/${id}` }
}

async function create(server: EmbeddedServer, path: string): Promise<string> {
  const { status, body, text } = await server.request('/platform/v1/clusters', {
    method: 'POST',
    token: server.token,
    body: { name: 'local' },
  })
  const { id } = (body ?? {}) as { id?: string }
  if (status !== 201 || !id) throw new Error(`the cluster could not be made: ${text}`)
  writePrivately(path, id)
  return id
}
