/**
 * Which Pod has which address, kept in a file: a Pod keeps its address through restarts of the agent, and no two get
 * the same one. An address is given again as late as possible, for clients may still hold it.
 */
import { readJson, writeFileAtomic } from '../disk.ts'
import { formatIp, parseCidr, parseIp, sizeOf } from './cidr.ts'

export interface Assignment {
  readonly ip: string
  /** The sandbox that is connected with it; absent until it is. */
  readonly sandboxId?: string
}

interface Book {
  podCidr: string
  /** Where the search for a free address goes on. */
  next: number
  assignments: Record<string, Assignment>
}

/** .0 is the network, .1 the gateway, the last is the broadcast address. */
const RESERVED_FIRST = 2

export class AddressBook {
  readonly #path: string
  #book: Book
  #saving: Promise<void> = Promise.resolve()

  private constructor(path: string, book: Book) {
    this.#path = path
    this.#book = book
  }

  /** A book of another range is of no use: its Pods have to be connected anew. */
  static async open(path: string, podCidr: string): Promise<AddressBook> {
    const stored = await readJson(path, isBook)
    return new AddressBook(
      path,
      stored?.podCidr === podCidr ? stored : { podCidr, next: RESERVED_FIRST, assignments: {} },
    )
  }

  get podCidr(): string {
    return this.#book.podCidr
  }

  of(uid: string): Assignment | undefined {
    return this.#book.assignments[uid]
  }

  uids(): string[] {
    return Object.keys(this.#book.assignments)
  }

  /** The Pod's address, which is on the disk before anyone uses it. */
  async assign(uid: string): Promise<string> {
    const known = this.of(uid)
    if (known) return known.ip
    const ip = this.#findFree()
    this.#book.assignments[uid] = { ip }
    await this.#save()
    return ip
  }

  async connected(uid: string, sandboxId: string): Promise<void> {
    const known = this.of(uid)
    if (!known) throw new Error(`no address of pod ${uid}`)
    this.#book.assignments[uid] = { ...known, sandboxId }
    await this.#save()
  }

  async release(uid: string): Promise<void> {
    if (!this.of(uid)) return
    delete this.#book.assignments[uid]
    await this.#save()
  }

  #findFree(): string {
    const range = parseCidr(this.#book.podCidr)
    const count = sizeOf(range) - RESERVED_FIRST - 1
    const taken = new Set(Object.values(this.#book.assignments).map(({ ip }) => parseIp(ip)))
    for (let step = 0; step < count; step++) {
      const offset = RESERVED_FIRST + ((this.#book.next - RESERVED_FIRST + step) % count)
      if (taken.has(range.base + offset)) continue
      this.#book.next = RESERVED_FIRST + ((offset - RESERVED_FIRST + 1) % count)
      return formatIp(range.base + offset)
    }
    throw new Error(`no IP addresses available in range set: ${this.#book.podCidr}`)
  }

  /** One write after another, so that the newest state is the one that stays. */
  #save(): Promise<void> {
    const text = JSON.stringify(this.#book)
    this.#saving = this.#saving.catch(() => {}).then(() => writeFileAtomic(this.#path, text))
    return this.#saving
  }
}

function isBook(value: unknown): value is Book {
  return typeof value === 'object' && value !== null && 'podCidr' in value && 'assignments' in value && 'next' in value
}
