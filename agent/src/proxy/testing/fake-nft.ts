/**
 * The kernel's nftables as far as the proxy uses it: takes the scripts that `nft -f` would take, all or nothing, and
 * refuses what the kernel refuses (a name that is not there, a chain still in use, an element missing). The tracer
 * beside it says what its rules do to a packet.
 */
import type { Nft } from '../nft.ts'
import type { Clients } from '../nftables.ts'

export interface Tables {
  readonly chains: Map<string, Chain>
  /** Maps and sets: elements by key; '' as a set's value. */
  readonly holders: Map<string, Map<string, string>>
}

export interface Chain {
  readonly hook: string | undefined
  readonly priority: number
  rules: string[]
}

export class FakeNft implements Nft {
  readonly table = 'skycrane0'
  tables: Tables | undefined
  readonly scripts: string[] = []
  /** The next script is refused. */
  isRefusing = false

  async run(script: string): Promise<void> {
    this.scripts.push(script)
    if (this.isRefusing) {
      this.isRefusing = false
      throw new Error('Could not process rule: Device or resource busy')
    }
    const draft: { tables: Tables | undefined } = { tables: structuredClone(this.tables) }
    for (const line of script.split('\n').filter((text) => text !== '')) perform(line, draft, this.table)
    checkReferences(draft.tables)
    this.tables = draft.tables
  }

  async stands(): Promise<boolean> {
    return (this.tables?.chains.get('services')?.rules.length ?? 0) > 0
  }

  async clients(): Promise<Clients> {
    const sets = [...(this.tables?.holders ?? [])].filter(([name]) => name.startsWith('affinity-'))
    return new Map(sets.map(([name, keys]) => [name, [...keys.keys()].map((ip) => ({ ip, seconds: 60 }))]))
  }
}

type Draft = { tables: Tables | undefined }

const COMMANDS: readonly (readonly [RegExp, (draft: Draft, ...words: string[]) => void])[] = [
  [
    /^add table ip (\S+)$/,
    (draft) => {
      draft.tables ??= { chains: new Map(), holders: new Map() }
    },
  ],
  [
    /^delete table ip (\S+)$/,
    (draft) => {
      tablesOf(draft)
      draft.tables = undefined
    },
  ],
  [
    /^add chain ip (\S+) (\S+)(?: \{ type (?:nat|filter) hook (\w+) priority (-?\d+); policy accept; \})?$/,
    (draft, _, name, hook, priority) => {
      const { chains } = tablesOf(draft)
      if (!chains.has(name)) chains.set(name, { hook, priority: Number(priority ?? 0), rules: [] })
    },
  ],
  [
    /^flush chain ip (\S+) (\S+)$/,
    (draft, _, name) => {
      chainOf(draft, name).rules = []
    },
  ],
  [
    /^delete chain ip (\S+) (\S+)$/,
    (draft, _, name) => {
      if (chainOf(draft, name).rules.length > 0) throw new Error(`chain ${name} is not empty`)
      tablesOf(draft).chains.delete(name)
    },
  ],
  [/^add rule ip (\S+) (\S+) (.+)$/, (draft, _, chain, rule) => void chainOf(draft, chain).rules.push(rule)],
  [
    /^add (?:map|set) ip (\S+) (\S+) \{ type [a-z0-9_ .]+(?: : verdict)?;(?: flags dynamic,timeout; timeout \d+s;)? \}$/,
    (draft, _, name) => {
      const { holders } = tablesOf(draft)
      if (!holders.has(name)) holders.set(name, new Map())
    },
  ],
  [
    /^delete set ip (\S+) (\S+)$/,
    (draft, _, name) => {
      holderOf(draft, name)
      tablesOf(draft).holders.delete(name)
    },
  ],
  [
    /^add element ip (\S+) (\S+) \{ (.+) \}$/,
    (draft, _, name, list) => {
      const elements = holderOf(draft, name)
      for (const [key, value] of elementsIn(list)) {
        if (elements.has(key) && elements.get(key) !== value) throw new Error(`${name}: ${key} is there already`)
        elements.set(key, value)
      }
    },
  ],
  [
    /^delete element ip (\S+) (\S+) \{ (.+) \}$/,
    (draft, _, name, list) => {
      const elements = holderOf(draft, name)
      for (const [key] of elementsIn(list)) if (!elements.delete(key)) throw new Error(`${name}: no ${key}`)
    },
  ],
]

function perform(line: string, draft: Draft, table: string): void {
  for (const [pattern, act] of COMMANDS) {
    const match = pattern.exec(line)
    if (!match) continue
    if (match[1] !== table) throw new Error(`another table: ${line}`)
    act(draft, ...match.slice(1))
    return
  }
  throw new Error(`not a command this fake knows: ${line}`)
}

function tablesOf({ tables }: Draft): Tables {
  if (!tables) throw new Error('no such table')
  return tables
}

function chainOf(draft: Draft, name: string): Chain {
  const chain = tablesOf(draft).chains.get(name)
  if (!chain) throw new Error(`no chain ${name}`)
  return chain
}

function holderOf(draft: Draft, name: string): Map<string, string> {
  const holder = tablesOf(draft).holders.get(name)
  if (!holder) throw new Error(`no map or set ${name}`)
  return holder
}

/** `a . b : goto c, ...` or `a . b, ...`, or with a client's time left. */
export function elementsIn(list: string): [string, string][] {
  return list.split(', ').map((text) => {
    const [key = '', value = ''] = text.replace(/ timeout \d+s expires \d+s$/, '').split(' : ')
    return [key, value]
  })
}

/** Whatever a rule or a verdict names is there at the end of the transaction. */
function checkReferences(tables: Tables | undefined): void {
  if (!tables) return
  const texts = [
    ...[...tables.chains.values()].flatMap(({ rules }) => rules),
    ...[...tables.holders.values()].flatMap((elements) => [...elements.values()]),
  ]
  for (const text of texts) {
    for (const [, name = ''] of text.matchAll(/\b(?:jump|goto) ([^\s,}]+)/g))
      if (!tables.chains.has(name)) throw new Error(`no chain ${name} for: ${text}`)
    for (const [, name = ''] of text.matchAll(/@(\S+)/g))
      if (!tables.holders.has(name)) throw new Error(`no map or set ${name} for: ${text}`)
  }
}
