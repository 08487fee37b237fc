/** Keeps the kernel's rules equal to what Services and EndpointSlices ask for; touches it only when they differ. */
import { type Log, messageOf } from '../log.ts'
import { run, tryRun } from '../shell.ts'
import { deltaTransaction, fullTransaction, type TableContext } from './nftables.ts'
import { type Pool, type RuleInputs, type Rules, rulesFor } from './rules.ts'
import { type Ruleset, rulesetOf } from './ruleset.ts'

export class ServiceProxy {
  readonly #log: Log
  #applied: { readonly ruleset: Ruleset; readonly rules: Rules; readonly contextText: string } | undefined

  constructor(log: Log) {
    this.#log = log
  }

  /** One after another: the caller awaits. Throws when the kernel refuses even the whole table. */
  async apply(inputs: RuleInputs, context: TableContext): Promise<void> {
    const rules = rulesFor(inputs)
    const ruleset = rulesetOf(rules, context)
    const contextText = JSON.stringify(context)
    const before = this.#applied
    const isDelta = before?.contextText === contextText && (await this.#applyDelta(before.ruleset, ruleset))
    if (!isDelta) await run('nft', ['-f', '-'], fullTransaction(ruleset, context))
    this.#applied = { ruleset, rules, contextText }
    if (before) await this.#forgetFlows(before.rules, rules)
    await this.#passDockerFirewall(context.bridge)
  }

  async #applyDelta(before: Ruleset, after: Ruleset): Promise<boolean> {
    const transaction = deltaTransaction(before, after)
    if (transaction === '') return true
    try {
      await run('nft', ['-f', '-'], transaction)
      return true
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, 'the kernel refused a change of rules; replacing all')
      return false
    }
  }

  /** UDP has no end: a client that keeps sending would keep going to an endpoint that is gone. */
  async #forgetFlows(before: Rules, after: Rules): Promise<void> {
    const kept = new Set(after.pools.flatMap(udpBackends))
    const gone = new Set(before.pools.flatMap(udpBackends).filter((backend) => !kept.has(backend)))
    for (const ip of gone) await tryRun('conntrack', ['-D', '-p', 'udp', '--dst-nat', ip]).catch(() => {})
  }

  /** A Docker engine that manages iptables drops what is forwarded, except through its user chain. */
  async #passDockerFirewall(bridge: string): Promise<void> {
    const chain = await tryRun('iptables', ['-w', '-n', '-L', 'DOCKER-USER']).catch(() => undefined)
    if (chain?.code !== 0) return
    for (const direction of ['-i', '-o']) {
      const rule = ['DOCKER-USER', direction, bridge, '-j', 'ACCEPT']
      const exists = await tryRun('iptables', ['-w', '-C', ...rule])
      if (exists.code !== 0) await tryRun('iptables', ['-w', '-I', ...rule])
    }
  }
}

const udpBackends = ({ protocol, backends }: Pool): string[] => (protocol === 'UDP' ? backends.map(({ ip }) => ip) : [])
