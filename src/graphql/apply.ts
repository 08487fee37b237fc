/**
 * Create or update, as `kubectl apply` does on the client's side: what was applied is kept in kubectl's annotation, so
 * that the next apply, ours or kubectl's, takes out what its manifest no longer says.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-apply-calculates-differences-and-merges-changes
 */
import { StatusError } from '../kube/errors.ts'
import { isRecord, parseJson, setKey, stringify } from '../kube/json.ts'
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

/** The manifest with itself in its annotation, to the letter as kubectl writes it: else each would undo the other's. */
function annotated({ object, key }: Manifest): Record<string, unknown> {
  const given = recordOf(object['metadata'])
  const { [LAST_APPLIED]: _, ...annotations } = recordOf(given['annotations'])
  const metadata = { ...given, annotations, ...(key.namespace === '' ? {} : { namespace: key.namespace }) }
  const text = `${goText({ ...object, metadata })}\n`
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [LAST_APPLIED]: text } } }
}

/** JSON as Go prints it: keys in order, and what HTML would mind escaped. */
export const goText = (value: unknown): string =>
  stringify(ordered(value)).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isRecord(value)) return value
  const sorted: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) setKey(sorted, key, ordered(value[key]))
  return sorted
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
