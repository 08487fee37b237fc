/** What the control plane wants of this node; kept on disk, so that a restart without the control plane loses nothing. */
import { join } from 'node:path'
import type { ConfigMap, EndpointSlice, Pod, Secret, Service } from '../../../src/kube/types.ts'
import type { Delta, Peer, SyncResponse } from '../../../src/protocol/agent.ts'
import { readJson, writeFileAtomic } from '../disk.ts'

interface Kept {
  readonly pods: Pod[]
  readonly configMaps: ConfigMap[]
  readonly secrets: Secret[]
  readonly services: Service[]
  readonly endpointSlices: EndpointSlice[]
  readonly peers: readonly Peer[]
  readonly podCIDR: string | undefined
  readonly cluster: SyncResponse['cluster'] | undefined
}

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' && value !== null && 'pods' in value && 'services' in value

type Keyed = { readonly metadata: { readonly namespace?: string; readonly name: string } }

const idOf = ({ namespace, name }: { namespace?: string; name: string }): string => `${namespace ?? ''}/${name}`

/** What an answer has changed. */
export interface Changes {
  readonly isAny: boolean
  /** `namespace/name` of those that are new, different or gone. */
  readonly configMaps: ReadonlySet<string>
  readonly secrets: ReadonlySet<string>
}

export class Desired {
  readonly #path: string
  readonly pods = new Map<string, Pod>()
  readonly configMaps = new Map<string, ConfigMap>()
  readonly secrets = new Map<string, Secret>()
  readonly services = new Map<string, Service>()
  readonly endpointSlices = new Map<string, EndpointSlice>()
  peers: readonly Peer[] = []
  podCidr: string | undefined
  cluster: SyncResponse['cluster'] | undefined

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'desired.json')
  }

  /** Answers whether there was anything: then Pods not in it may be cleared away even before the first sync. */
  async load(): Promise<boolean> {
    const kept = await readJson(this.#path, isKept)
    if (!kept) return false
    fill(this.pods, kept.pods)
    fill(this.configMaps, kept.configMaps)
    fill(this.secrets, kept.secrets)
    fill(this.services, kept.services)
    fill(this.endpointSlices, kept.endpointSlices)
    this.peers = kept.peers
    this.podCidr = kept.podCIDR
    this.cluster = kept.cluster
    return true
  }

  take(answer: SyncResponse): Changes {
    const { full } = answer
    const configMaps = apply(this.configMaps, answer.configMaps, full)
    const secrets = apply(this.secrets, answer.secrets, full)
    const others = [
      apply(this.pods, answer.pods, full),
      apply(this.services, answer.services, full),
      apply(this.endpointSlices, answer.endpointSlices, full),
    ]
    const isAny =
      full ||
      [configMaps, secrets, ...others].some(({ size }) => size > 0) ||
      answer.peers !== undefined ||
      answer.node.podCIDR !== this.podCidr
    if (answer.peers) this.peers = answer.peers
    if (answer.node.podCIDR) this.podCidr = answer.node.podCIDR
    this.cluster = answer.cluster
    return { isAny, configMaps, secrets }
  }

  async save(): Promise<void> {
    const kept: Kept = {
      pods: [...this.pods.values()],
      configMaps: [...this.configMaps.values()],
      secrets: [...this.secrets.values()],
      services: [...this.services.values()],
      endpointSlices: [...this.endpointSlices.values()],
      peers: this.peers,
      podCIDR: this.podCidr,
      cluster: this.cluster,
    }
    await writeFileAtomic(this.#path, JSON.stringify(kept), 0o600)
  }
}

function fill<T extends Keyed>(map: Map<string, T>, all: readonly T[]): void {
  for (const object of all) map.set(idOf(object.metadata), object)
}

/** Answers which are touched by it. */
function apply<T extends Keyed>(map: Map<string, T>, { changed, gone }: Delta<T>, full: boolean): Set<string> {
  const touched = new Set([...changed.map(({ metadata }) => idOf(metadata)), ...gone.map(idOf)])
  if (full) {
    for (const id of map.keys()) touched.add(id)
    map.clear()
  }
  fill(map, changed)
  for (const key of gone) map.delete(idOf(key))
  return touched
}
