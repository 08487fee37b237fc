/** A machine with the agent on it and a stand-in for its control plane: what every test of the real thing begins with. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AgentProcess, buildAgent } from './agent-process.ts'
import { FakeCluster } from './cluster.ts'
import { attempt, createHost, type Host } from './host.ts'
import { until } from './until.ts'

export interface Answer {
  /** curl's: 7 is a refusal (reset, or ICMP unreachable), 28 is silence. */
  readonly code: number
  readonly output: string
}

export class Machine {
  readonly host: Host
  readonly cluster: FakeCluster
  readonly agent: AgentProcess

  private constructor(host: Host) {
    this.host = host
    this.cluster = new FakeCluster(host)
    this.agent = new AgentProcess(host)
  }

  static async create(): Promise<Machine> {
    buildAgent()
    const machine = new Machine(await createHost())
    await machine.cluster.start()
    machine.agent.start()
    await until('the node is ready', 20_000, () => machine.condition('Ready')?.status === 'True')
    return machine
  }

  async stop(): Promise<void> {
    await this.agent.stop('SIGTERM')
    await this.cluster.stop()
    if (process.env['KEEP_LOG']) console.log(readFileSync(join(this.host.folder, 'agent.log'), 'utf8'))
    await this.host.stop()
  }

  condition(type: string) {
    return this.cluster.node?.status.conditions?.find((condition) => condition.type === type)
  }

  runs(name: string) {
    return until(`${name} is ready`, 20_000, () => this.cluster.ready(name))
  }

  statusOf(name: string, at = 0) {
    return this.cluster.status(name)?.containerStatuses?.[at]
  }

  /** The sandbox and the containers of a Pod. */
  async idsOf(name: string): Promise<string[]> {
    const found = await this.host.docker.listContainers({ filters: { label: [`io.kubernetes.pod.name=${name}`] } })
    return found.map(({ Id }) => Id).sort()
  }

  async inside(name: string, ...command: string[]): Promise<string> {
    const [found] = await this.host.docker.listContainers({
      filters: { label: [`io.kubernetes.pod.name=${name}`, 'io.kubernetes.docker.type=container'] },
    })
    if (!found) throw new Error(`no container of ${name} runs`)
    return this.host.run('docker', '-H', `unix://${this.host.socket}`, 'exec', found.Id, ...command).output
  }

  /** What a program needs to run in the Pod's network: the image has few that work. */
  async networkOf(name: string): Promise<string[]> {
    const [id = ''] = await this.idsOf(name)
    const { State: state } = await this.host.docker.getContainer(id).inspect()
    return ['-t', `${state.Pid}`, '-n']
  }

  fetch(url: string, ...more: string[]): Answer {
    return this.host.run('curl', '-sS', '-m', '5', ...more, url)
  }

  async fetchInside(name: string, url: string, ...more: string[]): Promise<Answer> {
    return attempt('nsenter', [...(await this.networkOf(name)), 'curl', '-sS', '-m', '5', ...more, url])
  }
}
