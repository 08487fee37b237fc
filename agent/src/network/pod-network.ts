/**
 * Connects Pods: a veth pair from the sandbox to the bridge. A Pod has a /32 and sends everything to the gateway, also
 * to Pods next to it, so that the kernel sees both directions of every translated connection.
 */
import { createHash } from 'node:crypto'
import type { PodNetwork } from '../pods/world.ts'
import type { PodIdentity } from '../runtime/runtime.ts'
import { run, tryRun } from '../shell.ts'
import type { AddressBook } from './address-book.ts'
import { gatewayOf } from './cidr.ts'

export class BridgedPods implements PodNetwork {
  readonly #bridge: string
  #book: AddressBook | undefined
  #mtu = 1450
  #problem: string | undefined = 'no Pod range has been assigned to the node yet'

  constructor(bridge: string) {
    this.#bridge = bridge
  }

  /** The bridge stands. */
  ready(book: AddressBook, mtu: number): void {
    this.#book = book
    this.#mtu = mtu
    this.#problem = undefined
  }

  notReady(problem: string): void {
    this.#problem = problem
  }

  unreadiness(): string | undefined {
    return this.#problem
  }

  addressOf(uid: string, sandboxId: string): string | undefined {
    const assignment = this.#book?.of(uid)
    return assignment?.sandboxId === sandboxId ? assignment.ip : undefined
  }

  async connect({ uid }: PodIdentity, sandbox: { readonly id: string; readonly pid: number }): Promise<string> {
    const book = this.#book
    if (!book) throw new Error(this.#problem)
    const ip = await book.assign(uid)
    await this.#plug(vethOf(uid), sandbox.pid, { ip, gateway: gatewayOf(book.podCidr) })
    await book.connected(uid, sandbox.id)
    return ip
  }

  /** The veth goes with the sandbox's namespace; its host end only if the sandbox was left running. */
  async disconnect(uid: string): Promise<void> {
    await tryRun('ip', ['link', 'del', vethOf(uid)])
    await this.#book?.release(uid)
  }

  async #plug(veth: string, pid: number, { ip, gateway }: { ip: string; gateway: string }): Promise<void> {
    await tryRun('ip', ['link', 'del', veth])
    const mtu = String(this.#mtu)
    const peer = ['peer', 'name', 'eth0', 'mtu', mtu, 'netns', String(pid)]
    await run('ip', ['link', 'add', veth, 'mtu', mtu, 'type', 'veth', ...peer])
    // Hairpin: with br_netfilter a Pod's connection to itself through a Service turns round inside the bridge.
    await run(
      'ip',
      ['-batch', '-'],
      `link set dev ${veth} master ${this.#bridge} up\nlink set dev ${veth} type bridge_slave hairpin on\n`,
    )
    const inside = [
      'link set dev lo up',
      `addr add ${ip}/32 dev eth0`,
      'link set dev eth0 up',
      `route add ${gateway} dev eth0 scope link src ${ip}`,
      `route add default via ${gateway} dev eth0 onlink src ${ip}`,
    ]
    await run('nsenter', ['--target', String(pid), '--net', '--', 'ip', '-batch', '-'], `${inside.join('\n')}\n`)
  }
}

/** At most 15 characters for the kernel; 44 bits of the uid's hash. */
function vethOf(uid: string): string {
  return `sky${createHash('sha256').update(uid).digest('hex').slice(0, 11)}`
}
