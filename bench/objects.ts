/** What the loads write. */
import { createHash } from 'node:crypto'
import type { Client } from './client.ts'

const KILOBYTE_TEXT = 'x'.repeat(900)

export const configMap = (name: string, labels: Readonly<Record<string, string>> = {}, text = KILOBYTE_TEXT) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data: { text },
})

/** Text that compresses no better than keys and certificates do; the same for the same seed. */
export const noise = (seed: string, bytes: number): string =>
  createHash('shake256', { outputLength: Math.ceil(bytes * 0.75) })
    .update(seed)
    .digest('base64')
    .slice(0, bytes)

export const configMapsOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`

export async function createNamespace(client: Client, name: string): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  const { status, text } = await client.send('POST', '/api/v1/namespaces', namespace)
  if (status !== 201) throw new Error(text)
}

/** What a list says of the version it is of. */
export const versionOf = (list: string): string =>
  (JSON.parse(list) as { metadata: { resourceVersion: string } }).metadata.resourceVersion
