/**
 * The files of a configMap, secret, downwardAPI or projected volume. Pure, but for the tokens, which are handed in.
 * Errors are worded as the kubelet's, for the FailedMount event.
 */
import type { ConfigMap, Pod, Secret } from '../../../src/kube/types.ts'
import type { Volume } from '../pods/containers.ts'
import { fieldOf, type PodPlace, resourceOf } from '../pods/downward.ts'
import type { Sources } from '../pods/env.ts'

export interface PayloadFile {
  readonly data: Buffer
  readonly mode: number
}

/** By path relative to the volume. */
export type Payload = Map<string, PayloadFile>

export interface PayloadContext {
  readonly sources: Sources
  readonly place: PodPlace
  token(audience: string | undefined, expirationSeconds: number): Promise<string>
}

type Items = readonly { readonly key: string; readonly path: string; readonly mode?: number }[] | undefined
type DownwardItems = NonNullable<Volume['downwardAPI']>['items']
type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number]

const DEFAULT_MODE = 0o644
const DEFAULT_TOKEN_SECONDS = 3600

/** `undefined`: a volume of another kind, which has no payload. */
export async function payloadOf(pod: Pod, volume: Volume, context: PayloadContext): Promise<Payload | undefined> {
  const namespace = pod.metadata.namespace ?? ''
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap) {
    const mode = configMap.defaultMode ?? DEFAULT_MODE
    const found = context.sources.configMap(namespace, configMap.name ?? '')
    return configMapFiles(found, { ...configMap, name: configMap.name ?? '', mode })
  }
  if (secret) {
    const mode = secret.defaultMode ?? DEFAULT_MODE
    const name = secret.secretName ?? ''
    return secretFiles(context.sources.secret(namespace, name), { ...secret, name, mode })
  }
  if (downwardAPI) return downwardFiles(pod, downwardAPI.items, { mode: downwardAPI.defaultMode, place: context.place })
  if (projected) {
    const mode = projected.defaultMode ?? DEFAULT_MODE
    const files: Payload = new Map()
    for (const source of projected.sources ?? []) {
      for (const [path, file] of await projectionFiles(pod, source, { ...context, mode })) files.set(path, file)
    }
    return files
  }
  return undefined
}

interface Reference {
  readonly name: string
  readonly items?: Items
  readonly optional?: boolean
  readonly mode: number
}

function configMapFiles(found: ConfigMap | undefined, reference: Reference): Payload {
  if (!found && !reference.optional) throw new Error(`configmap "${reference.name}" not found`)
  const text = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const)
  const binary = Object.entries(found?.binaryData ?? {}).map(([key, value]) => [key, fromBase64(value)] as const)
  return chosen(new Map([...text, ...binary]), reference, 'configmap references non-existent config key')
}

function secretFiles(found: Secret | undefined, reference: Reference): Payload {
  if (!found && !reference.optional) throw new Error(`secret "${reference.name}" not found`)
  const data = Object.entries(found?.data ?? {}).map(([key, value]) => [key, fromBase64(value)] as const)
  return chosen(new Map(data), reference, 'references non-existent secret key')
}

const fromBase64 = (text: string): Buffer => Buffer.from(text, 'base64')

function chosen(data: ReadonlyMap<string, Buffer>, { items, optional, mode }: Reference, complaint: string): Payload {
  if (!items?.length) return new Map([...data].map(([key, value]) => [key, { data: value, mode }]))
  const files: Payload = new Map()
  for (const item of items) {
    const value = data.get(item.key)
    if (value) files.set(safePath(item.path), { data: value, mode: item.mode ?? mode })
    else if (!optional) throw new Error(`${complaint}: ${item.key}`)
  }
  return files
}

function downwardFiles(
  pod: Pod,
  items: DownwardItems,
  { mode = DEFAULT_MODE, place }: { mode?: number; place: PodPlace },
): Payload {
  const files: Payload = new Map()
  for (const item of items ?? []) {
    const text = item.fieldRef
      ? fieldOf(pod, item.fieldRef.fieldPath, place)
      : item.resourceFieldRef
        ? resourceOf(pod, item.resourceFieldRef, { place })
        : ''
    files.set(safePath(item.path), { data: Buffer.from(text), mode: item.mode ?? mode })
  }
  return files
}

async function projectionFiles(
  pod: Pod,
  source: Projection,
  context: PayloadContext & { readonly mode: number },
): Promise<Payload> {
  const namespace = pod.metadata.namespace ?? ''
  const { mode } = context
  const { configMap, secret, downwardAPI, serviceAccountToken: token } = source
  if (configMap) {
    const name = configMap.name ?? ''
    return configMapFiles(context.sources.configMap(namespace, name), { ...configMap, name, mode })
  }
  if (secret) {
    const name = secret.name ?? ''
    return secretFiles(context.sources.secret(namespace, name), { ...secret, name, mode })
  }
  if (downwardAPI) return downwardFiles(pod, downwardAPI.items, { mode, place: context.place })
  if (token) {
    const text = await context.token(token.audience, token.expirationSeconds ?? DEFAULT_TOKEN_SECONDS)
    return new Map([[safePath(token.path), { data: Buffer.from(text), mode: tokenMode(pod, mode) }]])
  }
  return new Map()
}

/** With an fsGroup the group may read the token and nobody else (projected volume plugin). */
function tokenMode(pod: Pod, mode: number): number {
  return pod.spec.securityContext?.fsGroup === undefined ? mode : 0o600
}

/** The server validates paths; here they only must not leave the volume. */
function safePath(path: string): string {
  if (path.startsWith('/') || path.split('/').includes('..')) throw new Error(`invalid path ${path}`)
  return path
}
