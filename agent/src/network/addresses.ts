/** Which Pod has which address of the node's range; on disk, so that a restarted agent gives no address twice. */
import { join } from 'node:path'
import { readJson, writeFileAtomic } from '../disk.ts'

export interface Held {
  readonly address: string
  readonly sandbox: string
}

export interface Range {
  readonly cidr: string
  /** The bridge's own address: the first of the range. */
  readonly gateway: string
}

const toNumber = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
const toText = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')

export function rangeOf(cidr: string): Range {
  const [base = ''] = cidr.split('/')
  return { cidr, gateway: toText(toNumber(base) + 1) }
}

const isHolding = (value: unknown): value is Record<string, Held> => typeof value === 'object' && value !== null

export class Addresses {
  readonly #path: string
  #held = new Map<string, Held>()
  #last = '0.0.0.0'

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'addresses.json')
  }

  async load(): Promise<void> {
    const kept = await readJson(this.#path, isHolding)
    this.#held = new Map(Object.entries(kept ?? {}))
  }

  of(uid: string): Held | undefined {
    return this.#held.get(uid)
  }

  entries(): [string, Held][] {
    return [...this.#held]
  }

  /** Every address that a Pod of this node has. */
  all(): string[] {
    return [...this.#held.values()].map((held) => held.address)
  }

  /** The Pod's address, the same for each of its sandboxes; the next free one where it has none in this range. */
  async take(uid: string, sandbox: string, cidr: string): Promise<string> {
    const known = this.#held.get(uid)
    const address = known && isWithin(known.address, cidr) ? known.address : this.#free(cidr)
    if (known?.address !== address || known.sandbox !== sandbox) {
      this.#held.set(uid, { address, sandbox })
      await this.#save()
    }
    return address
  }

  async giveBack(uid: string): Promise<string | undefined> {
    const address = this.#held.get(uid)?.address
    if (this.#held.delete(uid)) await this.#save()
    return address
  }

  #free(cidr: string): string {
    const [base = '', bits = '24'] = cidr.split('/')
    const taken = new Set(this.all())
    const first = toNumber(base) + 2
    const size = 2 ** (32 - Number(bits)) - 3
    // On from the last one given: an address that has just been given back rests as long as it can.
    const start = isWithin(this.#last, cidr) ? toNumber(this.#last) + 1 - first : 0
    for (let step = 0; step < size; step++) {
      const candidate = toText(first + ((start + step) % size))
      if (taken.has(candidate)) continue
      this.#last = candidate
      return candidate
    }
    throw new Error(`no free address in ${cidr}`)
  }

  async #save(): Promise<void> {
    await writeFileAtomic(this.#path, JSON.stringify(Object.fromEntries(this.#held)))
  }
}

export function isWithin(ip: string, cidr: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/')
  const size = 2 ** (32 - Number(bits))
  const start = toNumber(base)
  const value = toNumber(ip)
  return value >= start && value < start + size
}

export const isIpv4 = (text: string): boolean => {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)
}

export function isCidr(text: string): boolean {
  const [ip = '', bits = '', ...more] = text.split('/')
  return more.length === 0 && isIpv4(ip) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32
}
