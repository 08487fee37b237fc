/** The kernel's side of the Service proxy, through the program `nft`. */
import { run, tryRun } from '../shell.ts'
import type { Clients } from './nftables.ts'

export interface Nft {
  readonly table: string
  /** One transaction: all of it or none. Throws with what nft says. */
  run(script: string): Promise<void>
  /** Whether the table stands as it was written; a look at one chain tells whether it was flushed or deleted. */
  stands(): Promise<boolean>
  /** The clients that endpoints are known to, for a table that is about to be replaced. */
  clients(): Promise<Clients>
}

export function createNft(table: string): Nft {
  return {
    table,
    async run(script) {
      await run('nft', ['-f', '-'], script)
    },
    async stands() {
      const { code, stdout } = await tryRun('nft', ['list', 'chain', 'ip', table, 'services'])
      return code === 0 && stdout.includes('vmap @service_ips')
    },
    async clients() {
      const { code, stdout } = await tryRun('nft', ['-j', 'list', 'table', 'ip', table])
      return code === 0 ? clientsIn(stdout) : new Map()
    },
  }
}

interface Listed {
  readonly nftables: readonly { readonly set?: { readonly name: string; readonly elem?: readonly unknown[] } }[]
}

/** From `nft -j list table`: an element with a time-out is `{"elem": {"val": "10.0.0.1", "timeout": 60, "expires": 42}}`. */
export function clientsIn(json: string): Clients {
  const { nftables } = JSON.parse(json) as Listed
  const sets = nftables.flatMap(({ set }) => (set?.name.startsWith('affinity-') ? [set] : []))
  return new Map(
    sets.map(({ name, elem = [] }) => [
      name,
      elem.flatMap((each) => {
        const { val, expires } = (each as { elem?: { val?: unknown; expires?: unknown } }).elem ?? {}
        return typeof val === 'string' && typeof expires === 'number' ? [{ ip: val, seconds: expires }] : []
      }),
    ]),
  )
}
