/** Keeps the kernel's Service rules as the model says; writes only what has changed, and tries again what failed. */
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { run } from '../shell.ts'
import { printRules } from './nftables.ts'
import { type RuleInput, servicePorts } from './rules.ts'

export interface ProxyInput extends RuleInput {
  readonly serviceCidr: string
  readonly podCidr: string
  readonly localPods: readonly string[]
}

export class ServiceProxy {
  readonly #table: string
  readonly #log: Log
  #written = ''
  #turn: Promise<void> = Promise.resolve()

  constructor(table: string, log: Log) {
    this.#table = table
    this.#log = log
  }

  /** One after another; a text that stands already is not written again. */
  program(input: ProxyInput): Promise<void> {
    this.#turn = this.#turn.then(() => this.#write(input))
    return this.#turn
  }

  async #write(input: ProxyInput): Promise<void> {
    const text = printRules(servicePorts(input), { table: this.#table, ...input })
    if (text === this.#written) return
    try {
      await run('nft', ['-f', '-'], text)
      this.#written = text
    } catch (error) {
      this.#log.error({ error: messageOf(error) }, 'the service rules could not be written')
    }
  }
}
