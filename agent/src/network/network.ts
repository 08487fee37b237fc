/** The Pods' network on this node: made when the control plane has given the node its range, and kept as told. */
import type { Peer, SyncResponse } from '../../../src/protocol/agent.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { PodNetwork } from '../pods/world.ts'
import type { PodIdentity } from '../runtime/runtime.ts'
import { Addresses, type Range, rangeOf } from './addresses.ts'
import { isPlugged, makeBridge, plug, unroute, vxlanOf } from './bridge.ts'
import { refuseUnserved, routePeers } from './routes.ts'

export interface NetworkOptions {
  readonly dataDir: string
  readonly bridge: string
  readonly localIp: string
  readonly log: Log
}

export class NodeNetwork implements PodNetwork {
  readonly #options: NetworkOptions
  readonly #addresses: Addresses
  readonly #plugged = new Map<string, string>()
  #range: Range | undefined
  #told = ''
  #failure: string | undefined

  constructor(options: NetworkOptions) {
    this.#options = options
    this.#addresses = new Addresses(options.dataDir)
  }

  /** What an earlier run connected stays connected: its Pods are adopted as they are. */
  async load(): Promise<void> {
    await this.#addresses.load()
    for (const [uid, { sandbox }] of this.#addresses.entries())
      if (await isPlugged(sandbox)) this.#plugged.set(uid, sandbox)
  }

  get range(): Range | undefined {
    return this.#range
  }

  unreadiness(): string | undefined {
    if (this.#range) return undefined
    return this.#failure ?? 'network is not ready: the node has no Pod range yet'
  }

  /** Idempotent; does something only when what it is told has changed. */
  async configure(
    podCidr: string | undefined,
    cluster: SyncResponse['cluster'],
    peers: readonly Peer[],
  ): Promise<void> {
    if (podCidr === undefined) return
    const told = JSON.stringify([podCidr, cluster, peers])
    if (told === this.#told) return
    try {
      const range = rangeOf(podCidr)
      const { bridge, localIp } = this.#options
      await makeBridge({
        name: bridge,
        gateway: range.gateway,
        serviceCidr: cluster.serviceCIDR,
        podCidr: cluster.podCIDR,
      })
      await refuseUnserved(cluster.podCIDR)
      const failures = await routePeers(peers, { vxlan: vxlanOf(bridge), localIp, gateway: range.gateway })
      for (const [peer, { message }] of failures) this.#options.log.warn({ peer, error: message }, 'no route to a peer')
      this.#range = range
      // A peer that failed is tried again with the next change of anything.
      this.#told = failures.size === 0 ? told : ''
      this.#failure = undefined
    } catch (error) {
      this.#failure = `network is not ready: ${messageOf(error)}`
      this.#options.log.error({ error: messageOf(error) }, 'the pod network could not be set up')
    }
  }

  addressOf(uid: string, sandboxId: string): string | undefined {
    return this.#plugged.get(uid) === sandboxId ? this.#addresses.of(uid)?.address : undefined
  }

  async connect(identity: PodIdentity, sandbox: { readonly id: string; readonly pid: number }): Promise<string> {
    const range = this.#range
    if (!range) throw new Error(this.unreadiness())
    const known = this.#addresses.of(identity.uid)
    const address = await this.#addresses.take(identity.uid, sandbox.id, range.cidr)
    const stands = known?.sandbox === sandbox.id && known.address === address && (await isPlugged(sandbox.id))
    if (!stands)
      await plug({
        sandboxId: sandbox.id,
        pid: sandbox.pid,
        address,
        bridge: this.#options.bridge,
        gateway: range.gateway,
      })
    this.#plugged.set(identity.uid, sandbox.id)
    return address
  }

  async disconnect(uid: string): Promise<void> {
    this.#plugged.delete(uid)
    const address = await this.#addresses.giveBack(uid)
    if (address) await unroute(address, this.#options.bridge)
  }
}
