/**
 * Create or update, as `kubectl apply` does on the client's side: what was applied is kept in kubectl's annotation, so
 * that the next apply, ours or kubectl's, takes out what its manifest no longer says.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-apply-calculates-differences-and-merges-changes
 */
import { StatusError } from '../kube/errors.ts'
import { isRecord, parseJson, stringify } from '../kube/json.ts'
import type { KubeObject } from '../kube/object.ts'
import type { Client } from './client.ts'
import type { Manifest } from './manifest.ts'
import { threeWayPatch } from './three-way.ts'

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

export interface Applied {
  readonly operation: 'CREATED' | 'CONFIGURED' | 'UNCHANGED'
  readonly object: KubeObject
}

export async function apply(client: Client, manifest: Manifest): Promise<Applied> {
  const { resource, key } = manifest
  const existing = await client.find(resource, key)
  if (existing) return update(client, manifest, existing)
  try {
    return { operation: 'CREATED', object: await client.create(resource, key.namespace, annotated(manifest)) }
  } catch (error) {
    // Another created it in between: then it is there to be updated.
    if (!(error instanceof StatusError) || error.reason !== 'AlreadyExists') throw error
    return update(client, manifest, await client.get(resource, key))
  }
}

async function update(client: Client, manifest: Manifest, existing: KubeObject): Promise<Applied> {
  const { resource, key } = manifest
  const change = threeWayPatch(resource.schema, {
    former: lastApplied(existing),
    next: annotated(manifest),
    live: existing,
  })
  if (change === undefined) return { operation: 'UNCHANGED', object: existing }
  const object = await client.patch(resource, key, 'strategic', change)
  const isSame = object.metadata.resourceVersion === existing.metadata.resourceVersion
  return { operation: isSame ? 'UNCHANGED' : 'CONFIGURED', object }
}

/** The manifest with itself in its annotation, as kubectl writes it: without that annotation, newline ended. */
function annotated({ object, key, resource }: Manifest): Record<string, unknown> {
  const { [LAST_APPLIED]: _, ...annotations } = recordOf(recordOf(object['metadata'])['annotations'])
  // A status is not the manifest's to say where the kind has one of its own.
  const { status, ...rest } = object
  const plain = {
    ...rest,
    ...(status === undefined || resource.hasStatus ? {} : { status }),
    metadata: {
      ...recordOf(object['metadata']),
      annotations,
      ...(key.namespace === '' ? {} : { namespace: key.namespace }),
    },
  }
  const metadata = { ...plain.metadata, annotations: { ...annotations, [LAST_APPLIED]: `${stringify(plain)}\n` } }
  return { ...plain, metadata }
}

function lastApplied({ metadata }: KubeObject): Record<string, unknown> {
  const text = metadata.annotations?.[LAST_APPLIED]
  if (text === undefined) return {}
  try {
    return recordOf(parseJson(text))
  } catch {
    // Somebody has written something else there: nothing is known of what was applied.
    return {}
  }
}

const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})
