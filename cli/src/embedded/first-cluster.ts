/** The cluster that `serve` and `start` work with: made at the first start, found again at the next. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Compat } from '../../../src/kube/compat.ts'
import { writePrivately } from './files.ts'
import type { EmbeddedServer } from './server.ts'

export interface FirstCluster {
  readonly id: string
  readonly kubeconfig: string
  /** `https://host:port/clusters/<id>`. */
  readonly server: string
}

/** `compat`: what the cluster is to be made for; one that is there already must have been. */
export async function firstCluster(server: EmbeddedServer, state: string, compat?: Compat): Promise<FirstCluster> {
  const path = join(state, 'cluster')
  const id = existsSync(path) ? await known(server, path, compat) : await create(server, path, compat)
  const { status, text } = await server.request(`/platform/v1/clusters/${id}/kubeconfig`, { token: server.token })
  if (status !== 200) throw new Error(`no kubeconfig for cluster ${id}: ${text}`)
  const kubeconfig = join(state, 'kubeconfig')
  writePrivately(kubeconfig, text)
  return { id, kubeconfig, server: `${server.url}/clusters/${id}` }
}

async function known(server: EmbeddedServer, path: string, compat: Compat | undefined): Promise<string> {
  const id = readFileSync(path, 'utf8')
  if (compat === undefined) return id
  const { body } = await server.request(`/platform/v1/clusters/${id}`, { token: server.token })
  if (((body ?? {}) as { compat?: string }).compat !== compat)
    throw new Error(`the cluster kept there was made without --compat ${compat}, and stays so: name another --state`)
  return id
}

async function create(server: EmbeddedServer, path: string, compat: Compat | undefined): Promise<string> {
  const { status, body, text } = await server.request('/platform/v1/clusters', {
    method: 'POST',
    token: server.token,
    body: { name: 'local', ...(compat === undefined ? {} : { compat }) },
  })
  const { id } = (body ?? {}) as { id?: string }
  if (status !== 201 || !id) throw new Error(`the cluster could not be made: ${text}`)
  writePrivately(path, id)
  return id
}
