/**
 * Keeps the kernel's Service rules as the model says. The whole table is written at the start, when the kernel refuses
 * a change and when somebody else has cleared the table; else only what differs, in one transaction.
 */
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Conntrack } from './conntrack.ts'
import { staleFlows } from './conntrack.ts'
import { type HealthChecks, localEndpoints } from './health-checks.ts'
import type { Nft } from './nft.ts'
import { printAll, printDelta, type TableContext } from './nftables.ts'
import { type RuleInput, type ServicePort, servicePorts } from './rules.ts'
import { type Ruleset, rulesetOf } from './ruleset.ts'

export interface ProxyInput extends RuleInput {
  readonly serviceCidr: string
  readonly podCidr: string
}

export interface ProxyOptions {
  readonly nft: Nft
  readonly conntrack: Conntrack
  readonly healthChecks: HealthChecks
  readonly log: Log
}

interface Applied {
  readonly ruleset: Ruleset
  readonly context: TableContext
  readonly udp: string
}

export class ServiceProxy {
  readonly #options: ProxyOptions
  #applied: Applied | undefined
  #wanted: ProxyInput | undefined
  #newest: ProxyInput | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(options: ProxyOptions) {
    this.#options = options
  }

  /** One after another, and of those that wait only the newest. */
  program(input: ProxyInput): Promise<void> {
    this.#wanted = input
    this.#newest = input
    this.#turn = this.#turn.then(() => this.#apply())
    return this.#turn
  }

  /** Makes good what failed before, or what somebody else has done to the table. */
  check(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (!this.#newest) return
      if (this.#applied && (await this.#options.nft.stands())) return
      if (this.#applied) this.#options.log.warn('somebody has cleared the service rules; they are written anew')
      this.#applied = undefined
      this.#wanted = this.#newest
      await this.#apply()
    })
    return this.#turn
  }

  async #apply(): Promise<void> {
    const input = this.#wanted
    if (!input) return
    this.#wanted = undefined
    const ports = servicePorts(input)
    const context = { table: this.#options.nft.table, serviceCidr: input.serviceCidr, podCidr: input.podCidr }
    const ruleset = rulesetOf(ports, context)
    try {
      if (!(await this.#writeDelta(ruleset, context))) await this.#writeAll(ruleset, context)
    } catch (error) {
      this.#applied = undefined
      this.#options.log.error({ error: messageOf(error) }, 'the service rules could not be written')
      return
    }
    const udp = await this.#forgetStale(ports, this.#applied?.udp)
    this.#applied = { ruleset, context, udp }
    await this.#options.healthChecks.follow(localEndpoints(input))
  }

  /** False: the whole table has to be written. */
  async #writeDelta(ruleset: Ruleset, context: TableContext): Promise<boolean> {
    const { nft, log } = this.#options
    if (!this.#applied || JSON.stringify(this.#applied.context) !== JSON.stringify(context)) return false
    const script = printDelta(this.#applied.ruleset, ruleset, context)
    if (script === '') return true
    try {
      await nft.run(script)
      return true
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the kernel refused a change of rules; all are written anew')
      return false
    }
  }

  async #writeAll(ruleset: Ruleset, context: TableContext): Promise<void> {
    const { nft } = this.#options
    const clients = ruleset.affinities.size === 0 ? new Map() : await nft.clients()
    await nft.run(printAll(ruleset, context, clients))
  }

  /** UDP has no end: a client that keeps sending would keep going to an endpoint that is gone. */
  async #forgetStale(ports: readonly ServicePort[], before: string | undefined): Promise<string> {
    const { conntrack, log } = this.#options
    const udp = ports.filter(({ protocol }) => protocol === 'udp')
    const text = JSON.stringify(udp)
    if (text === before || (before === undefined && udp.length === 0)) return text
    try {
      for (const flow of staleFlows(await conntrack.flows(), udp)) await conntrack.forget(flow)
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'stale UDP flows could not be cleared')
    }
    return text
  }
}
