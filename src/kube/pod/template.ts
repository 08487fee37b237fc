/** Pod templates: their hashes, which name ReplicaSets and label their Pods (`pod-template-hash`), and Pods made of them. */
import { clone } from '../json.ts'
import type { KubeObject, OwnerReference } from '../object.ts'
import type { Pod } from '../types.ts'

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/**
 * FNV-1a over the template's canonical JSON (keys in order) and the collision count, written with letters that make no
 * words. Equal templates have equal hashes whatever the order of their keys.
 */
export function templateHash(template: unknown, collisionCount?: number): string {
  let hash = FNV_OFFSET
  const text = canonical(template) + (collisionCount === undefined ? '' : String(collisionCount))
  for (let at = 0; at < text.length; at++) {
    hash ^= text.charCodeAt(at) & 0xff
    hash = Math.imul(hash, FNV_PRIME)
  }
  return Array.from(String(hash >>> 0), (digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('')
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const record = value as Record<string, unknown>
  const keys = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`).join(',')}}`
}

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Record<string, string>
    readonly annotations?: Record<string, string>
    readonly finalizers?: string[]
  }
  readonly spec?: unknown
}

/** A Pod as yet without uid and status. */
export interface NewPod {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace: string
    labels: Record<string, string>
    annotations: Record<string, string>
    finalizers?: string[]
    ownerReferences: OwnerReference[]
  }
  spec: Pod['spec']
  [field: string]: unknown
}

/** The Pod that a controller makes of its template (pkg/controller GetPodFromTemplate). */
export function podFromTemplate(owner: KubeObject, template: PodTemplate, name: string): NewPod {
  const { labels = {}, annotations = {}, finalizers } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: owner.metadata.namespace ?? '',
      labels: { ...labels },
      annotations: { ...annotations },
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [
        {
          apiVersion: owner.apiVersion,
          kind: owner.kind,
          name: owner.metadata.name,
          uid: owner.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    // A template's spec is a Pod's: it was decoded as one.
    spec: clone(template.spec) as Pod['spec'],
  }
}
