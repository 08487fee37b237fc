/**
 * Says what the rules do to the first packet of a connection. It reads the rules as they were printed and throws on one
 * it cannot read, so that a new kind of rule is traced or the tests fail.
 */
import { isWithin } from '../../network/addresses.ts'
import { elementsIn, type Tables } from './fake-nft.ts'

export interface Packet {
  readonly from: string
  readonly to: string
  readonly port: number
  readonly protocol?: 'tcp' | 'udp' | 'sctp'
}

export type Fate =
  /** Goes to one of these; `masked`: the endpoint sees this node as its client. */
  | { readonly endpoints: readonly string[]; readonly masked: boolean }
  | 'DROP'
  | 'REJECT'
  /** Not ours: goes where it was going, with this node's address in place of its own where it is masked. */
  | 'ACCEPT'
  | 'MASKED'

/** What is this machine's. */
export interface Surroundings {
  readonly tables: Tables | undefined
  readonly addresses: readonly string[]
}

interface State {
  readonly source: string
  destination: string
  port: number
  readonly protocol: string
  mark: number
  isTranslated: boolean
  isMasked: boolean
}

type End = 'DROP' | 'REJECT' | 'ACCEPT'
type Verdict = { readonly kind: 'go' | 'return' } | { readonly kind: 'end'; readonly end: End }

const GO: Verdict = { kind: 'go' }
const ended = (end: End): Verdict => ({ kind: 'end', end })

/** Every choice among endpoints is followed; they must not differ in anything but the endpoint. */
export function trace(packet: Packet, surroundings: Surroundings): Fate {
  const fates = new Map<string, Fate>()
  const endpoints: string[] = []
  let choices = 1
  for (let choice = 0; choice < choices; choice++) {
    const walk = new Walk(packet, surroundings, choice)
    const fate = walk.fate()
    choices = Math.max(choices, walk.choices)
    if (typeof fate !== 'string') endpoints.push(...fate.endpoints)
    fates.set(typeof fate === 'string' ? fate : 'served', fate)
  }
  const [[, fate] = [], ...others] = [...fates]
  if (!fate || others.length > 0) throw new Error(`the choice of an endpoint decides on more: ${[...fates.keys()]}`)
  return typeof fate === 'string' ? fate : { ...fate, endpoints: [...new Set(endpoints)].sort() }
}

/** One connection: the endpoint chosen by `choice`, or by what is remembered of the client. */
export function connect(packet: Packet, surroundings: Surroundings, choice: number): Fate {
  return new Walk(packet, surroundings, choice, true).fate()
}

class Walk {
  choices = 1
  readonly #state: State
  readonly #tables: Tables
  readonly #addresses: readonly string[]
  readonly #choice: number
  readonly #remembers: boolean

  constructor(packet: Packet, { tables, addresses }: Surroundings, choice: number, remembers = false) {
    if (!tables) throw new Error('there is no table')
    this.#tables = tables
    this.#addresses = addresses
    this.#choice = choice
    this.#remembers = remembers
    this.#state = {
      source: packet.from,
      destination: packet.to,
      port: packet.port,
      protocol: packet.protocol ?? 'tcp',
      mark: 0,
      isTranslated: false,
      isMasked: false,
    }
  }

  fate(): Fate {
    for (const hook of this.#hooks()) {
      const verdict = this.#hook(hook)
      if (verdict !== 'ACCEPT') return verdict
    }
    const { destination, port, isTranslated, isMasked } = this.#state
    if (isTranslated) return { endpoints: [`${destination}:${port}`], masked: isMasked }
    return isMasked ? 'MASKED' : 'ACCEPT'
  }

  *#hooks(): Generator<string> {
    const isOwn = this.#addresses.includes(this.#state.source)
    yield isOwn ? 'output' : 'prerouting'
    // Where it goes is known once it is translated.
    if (isOwn) yield 'filter output'
    const isForUs = this.#addresses.includes(this.#state.destination)
    if (!isOwn) yield isForUs ? 'input' : 'forward'
    if (!isForUs) yield 'postrouting'
  }

  #hook(name: string): End {
    const isFilter = name.startsWith('filter ')
    const hook = name.replace('filter ', '')
    const chains = [...this.#tables.chains]
      .filter(([, chain]) => chain.hook === hook && (hook !== 'output' || chain.priority >= 0 === isFilter))
      .sort(([, a], [, b]) => a.priority - b.priority)
    for (const [chain] of chains) {
      const verdict = this.#chain(chain)
      if (verdict.kind === 'end' && verdict.end !== 'ACCEPT') return verdict.end
    }
    return 'ACCEPT'
  }

  #chain(name: string): Verdict {
    const chain = this.#tables.chains.get(name)
    if (!chain) throw new Error(`no chain ${name}`)
    for (const rule of chain.rules) {
      const verdict = this.#rule(rule)
      if (verdict.kind !== 'go') return verdict
    }
    return GO
  }

  /** A rule is a row of statements; the first that does not hold ends it. */
  #rule(rule: string): Verdict {
    let rest = rule
    while (rest !== '') {
      const found = STATEMENTS.map(([pattern, act]) => ({ match: pattern.exec(rest), act })).find(({ match }) => match)
      if (!found?.match) throw new Error(`a rule the tracer cannot read: ${rest}`)
      const [text, ...words] = found.match
      rest = rest.slice(text.length).trimStart()
      const verdict = found.act(this, words)
      if (verdict === false) return GO
      if (verdict !== true) return verdict
    }
    return GO
  }

  get state(): State {
    return this.#state
  }

  isLocal(ip: string): boolean {
    return this.#addresses.includes(ip) || ip.startsWith('127.')
  }

  has(holder: string, key: string): boolean {
    return this.#holder(holder).has(key)
  }

  remember(holder: string, key: string): void {
    if (this.#remembers) this.#holder(holder).set(key, '')
  }

  #holder(name: string): Map<string, string> {
    const holder = this.#tables.holders.get(name)
    if (!holder) throw new Error(`no map or set ${name}`)
    return holder
  }

  verdictOf(holder: string, key: string): Verdict {
    const text = this.#holder(holder).get(key)
    return text === undefined ? GO : this.go(text)
  }

  choose(count: number, list: string): string {
    this.choices = Math.max(this.choices, count)
    const elements = new Map(elementsIn(list))
    if (elements.size !== count) throw new Error(`${count} choices, but: ${list}`)
    return elements.get(String(this.#choice % count)) ?? ''
  }

  /** `goto` leaves the chain for good; `jump` comes back. */
  go(text: string): Verdict {
    const [word, chain = ''] = text.split(' ')
    if (word === 'drop') return ended('DROP')
    const verdict = this.#chain(chain)
    if (verdict.kind === 'end') return verdict
    return word === 'goto' ? { kind: 'return' } : GO
  }

  /** A translation ends the hook's rules. */
  translate(ip: string, port: string): Verdict {
    Object.assign(this.#state, { destination: ip, port: Number(port), isTranslated: true })
    return ended('ACCEPT')
  }

  mask(): Verdict {
    this.#state.isMasked = true
    return ended('ACCEPT')
  }
}

type Words = readonly string[]
type Act = (walk: Walk, words: Words) => Verdict | boolean

const addressKey = ({ state }: Walk): string => `${state.destination} . ${state.protocol} . ${state.port}`
const within = (ip: string, range: string): boolean => (range.includes('/') ? isWithin(ip, range) : ip === range)
const negated = (not: string | undefined, holds: boolean): boolean => (not ? !holds : holds)

/** A return from a chain that was jumped to goes on after the jump. */
const jumped = (verdict: Verdict): Verdict | true => (verdict.kind === 'end' ? verdict : true)

const STATEMENTS: readonly (readonly [RegExp, Act])[] = [
  [
    /^ip daddr \. meta l4proto \. th dport vmap @(\S+)/,
    (walk, [map = '']) => onMap(walk.verdictOf(map, addressKey(walk))),
  ],
  [
    /^meta l4proto \. th dport vmap @(\S+)/,
    (walk, [map = '']) => onMap(walk.verdictOf(map, `${walk.state.protocol} . ${walk.state.port}`)),
  ],
  [
    /^ip saddr \. ip daddr @(\S+)/,
    (walk, [set = '']) => walk.has(set, `${walk.state.source} . ${walk.state.destination}`),
  ],
  [/^ip saddr @(\S+)/, (walk, [set = '']) => walk.has(set, walk.state.source)],
  [/^ip saddr (!= )?([\d./]+)/, (walk, [not, range = '']) => negated(not, within(walk.state.source, range))],
  [/^ip daddr (!= )?([\d./]+)/, (walk, [not, range = '']) => negated(not, within(walk.state.destination, range))],
  [/^fib saddr type (!= )?local/, (walk, [not]) => negated(not, walk.isLocal(walk.state.source))],
  [/^fib daddr type (!= )?local/, (walk, [not]) => negated(not, walk.isLocal(walk.state.destination))],
  [/^meta l4proto (tcp|udp|sctp)/, (walk, [protocol]) => walk.state.protocol === protocol],
  [/^th dport (\d+)/, (walk, [port]) => walk.state.port === Number(port)],
  [
    /^meta mark set meta mark ([|^]) (0x\w+)/,
    ({ state }, [operator, bits]) => {
      state.mark = operator === '|' ? state.mark | Number(bits) : state.mark ^ Number(bits)
      return true
    },
  ],
  [/^meta mark & (0x\w+) == (0x\w+)/, ({ state }, [bits, wanted]) => (state.mark & Number(bits)) === Number(wanted)],
  [
    /^update @(\S+) \{ ip saddr \}/,
    (walk, [set = '']) => {
      walk.remember(set, walk.state.source)
      return true
    },
  ],
  [
    /^numgen random mod (\d+) vmap \{ ([^}]+) \}/,
    (walk, [count, list = '']) => onMap(walk.go(walk.choose(Number(count), list))),
  ],
  [
    /^dnat ip to numgen random mod (\d+) map \{ ([^}]+) \}/,
    (walk, [count, list = '']) => {
      const [ip = '', port = ''] = walk.choose(Number(count), list).split(' . ')
      return walk.translate(ip, port)
    },
  ],
  [/^dnat to ([\d.]+):(\d+)/, (walk, [ip = '', port = '']) => walk.translate(ip, port)],
  [/^masquerade fully-random/, (walk) => walk.mask()],
  [/^reject with (?:tcp reset|icmp type port-unreachable)/, () => ended('REJECT')],
  [/^drop/, () => ended('DROP')],
  [/^jump (\S+)/, (walk, [chain]) => jumped(walk.go(`jump ${chain}`))],
  [/^goto (\S+)/, (walk, [chain]) => walk.go(`goto ${chain}`)],
]

/** A map without the key lets the rule, and the chain, go on. */
const onMap = (verdict: Verdict): Verdict | true => (verdict.kind === 'go' ? true : verdict)
