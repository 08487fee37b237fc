/** What the stand-in wants of the node: objects with versions, answered as deltas from a cursor. */
import type { SyncRequest, SyncResponse } from '../../../src/protocol/agent.ts'

export const KINDS = ['pods', 'configMaps', 'secrets', 'services', 'endpointSlices'] as const
export type Kind = (typeof KINDS)[number]

export interface Wish {
  readonly kind: Kind
  /** Absent object: gone. */
  readonly object?: WishObject
  readonly key: { readonly namespace: string; readonly name: string }
}

export interface WishObject {
  metadata: { namespace?: string; name: string; uid: string; resourceVersion?: string }
  status?: unknown
}

interface Held {
  readonly key: Wish['key']
  readonly version: number
  readonly object: WishObject | undefined
}

export class Wishes {
  readonly #held = new Map<string, Held & { readonly kind: Kind }>()
  #version = 1

  change({ kind, key, object }: Wish): void {
    this.#version++
    const text = `${kind}/${key.namespace}/${key.name}`
    const versioned = object && {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    }
    this.#held.set(text, { kind, key, object: versioned, version: this.#version })
  }

  /** Takes statuses and ends in, as the real one does; answers whether that is news for the node. */
  take(request: SyncRequest): boolean {
    for (const { uid, namespace, name, status } of request.pods) {
      const held = this.#held.get(`pods/${namespace}/${name}`)
      if (held?.object?.metadata.uid !== uid) continue
      this.change({ kind: 'pods', key: { namespace, name }, object: { ...held.object, status } })
    }
    for (const { namespace, name } of request.ended) this.change({ kind: 'pods', key: { namespace, name } })
    return request.pods.length > 0 || request.ended.length > 0
  }

  answer(cursor: string | undefined): SyncResponse {
    const since = cursor === undefined ? 0 : Number(cursor)
    const delta = (kind: Kind) => {
      const news = [...this.#held.values()].filter((held) => held.kind === kind && held.version > since)
      return {
        changed: news.flatMap(({ object }) => (object ? [object] : [])),
        gone: cursor === undefined ? [] : news.filter(({ object }) => !object).map(({ key }) => key),
      }
    }
    const deltas = Object.fromEntries(KINDS.map((kind) => [kind, delta(kind)]))
    return {
      cursor: String(this.#version),
      full: cursor === undefined,
      ...(cursor === undefined ? { peers: [] } : {}),
      node: { podCIDR: '10.244.7.0/24' },
      cluster: { serviceCIDR: '10.96.0.0/12', podCIDR: '10.244.0.0/16', dnsDomain: 'cluster.local' },
      idleMs: 30_000,
      pollMs: 500,
      ...deltas,
      // The test's objects are whole enough for the agent; their types are the protocol's only at run time.
    } as unknown as SyncResponse
  }
}
