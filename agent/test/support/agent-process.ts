/** The shipped agent, as a process on the test's machine. */
import { type ChildProcess, execFileSync } from 'node:child_process'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { PORT } from './cluster.ts'
import { ended, type Host, NODE_IP } from './host.ts'

const AGENT = join(import.meta.dirname, '../..')

export function buildAgent(): void {
  execFileSync(process.execPath, [join(AGENT, 'build.mjs')], { stdio: 'inherit' })
}

export class AgentProcess {
  readonly #host: Host
  #child: ChildProcess | undefined

  constructor(host: Host) {
    this.#host = host
  }

  start(): void {
    const data = join(this.#host.folder, 'agent')
    mkdirSync(data, { recursive: true })
    const log = openSync(join(this.#host.folder, 'agent.log'), 'a')
    const options = {
      server: `http://127.0.0.1:${PORT}`,
      token: 'join-secret',
      'node-name': 'node-a',
      'node-ip': NODE_IP,
      'data-dir': data,
      'docker-socket': this.#host.socket,
      'log-level': 'debug',
    }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    this.#child = this.#host.start(process.execPath, [join(AGENT, 'dist/agent.mjs'), ...args], {
      stdio: ['ignore', log, log],
    })
  }

  /** `skycrane-agent reset` for this agent's machine. */
  reset(...more: string[]): { code: number; output: string } {
    const place = ['--data-dir', join(this.#host.folder, 'agent'), '--docker-socket', this.#host.socket]
    return this.#host.run(process.execPath, join(AGENT, 'dist/agent.mjs'), 'reset', ...place, ...more)
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    if (this.#child) await ended(this.#child, signal)
  }
}
