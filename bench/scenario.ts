/** What a load is, to the runner: a name, a line about it, the server it wants, and what it does to that server. */
import type { Client } from './client.ts'
import type { Row } from './figures.ts'
import type { ServerProcess, ServerSettings } from './process.ts'

export interface World {
  readonly server: ServerProcess
  /** Sends up to `CONNECTIONS` requests at once. */
  readonly client: Client
  print(row: Row): void
}

export interface Scenario {
  readonly name: string
  /** One line for `--help`. */
  readonly about: string
  /** Part of what `npm run bench` runs without a name; those share one server. */
  readonly isQuick?: boolean
  /** What its server is started with, where that is not `serve`'s own choice. */
  readonly server?: ServerSettings
  run(world: World): Promise<void>
}

/** As many clients as wait for an answer at once. */
export const CONNECTIONS = 32
