/** What the agent leaves behind on a machine, and what it finds there when it comes back. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Machine } from './support/machine.ts'
import { container, FOREVER, pod } from './support/objects.ts'
import { until } from './support/until.ts'

let machine: Machine

beforeAll(async () => {
  machine = await Machine.create()
})

afterAll(() => machine?.stop())

/** Says so in a file of the machine's when it is asked to end. */
function polite(name: string) {
  const command = ['/bin/sh', '-c', `trap 'echo asked >> /out/${name}; exit 0' TERM; ${FOREVER}`]
  return pod(name, {
    volumes: [{ name: 'out', hostPath: { path: join(machine.host.folder, 'out'), type: 'DirectoryOrCreate' } }],
    containers: [container('main', { command, volumeMounts: [{ name: 'out', mountPath: '/out' }] })],
  })
}

const said = (name: string) => readFileSync(join(machine.host.folder, 'out', name), 'utf8')
const running = async () => (await machine.host.docker.listContainers()).length
const ip = (...args: string[]) => machine.host.run('ip', ...args)

describe('a Pod whose object went while the agent was away', () => {
  it('is asked to end, and cleared away', async () => {
    const { cluster, agent } = machine
    cluster.put('pods', polite('orphan'))
    await machine.runs('orphan')
    await agent.stop('SIGKILL')
    cluster.remove('pods', { namespace: 'default', name: 'orphan' })
    await cluster.stop()
    await cluster.start()
    agent.start()
    await until('it is gone', 20_000, async () => (await machine.idsOf('orphan')).length === 0)
    expect(said('orphan')).toBe('asked\n')
  })
})

describe('skycrane-agent reset', () => {
  const expectQuiet = async () => {
    expect(await running()).toBe(0)
    expect(ip('link', 'show', 'skycrane0').code).not.toBe(0)
    expect(ip('-4', 'route', 'show', 'proto', '83').output).toBe('')
    expect(machine.host.run('nft', 'list', 'table', 'ip', 'skycrane0').code).not.toBe(0)
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(join(machine.host.folder, 'agent'))
  }

  it('--keep-state puts the machine to rest, and the next start brings the Pods back', async () => {
    const { cluster, agent } = machine
    cluster.put('pods', polite('stays'))
    await machine.runs('stays')
    await agent.stop('SIGTERM')
    expect(agent.reset('--keep-state')).toMatchObject({ code: 0 })
    await expectQuiet()
    expect(said('stays')).toBe('asked\n')
    agent.start()
    await until('it runs again', 30_000, () => cluster.ready('stays') && machine.statusOf('stays')?.restartCount === 1)
  })

  it('leaves nothing', async () => {
    const { agent, host } = machine
    await agent.stop('SIGTERM')
    expect(agent.reset('--grace-seconds', '1')).toMatchObject({ code: 0 })
    await expectQuiet()
    expect(await host.docker.listContainers({ all: true })).toEqual([])
    for (const name of ['credential.json', 'desired.json', 'addresses.json', 'pods'])
      expect(existsSync(join(host.folder, 'agent', name)), name).toBe(false)
    expect(agent.reset()).toMatchObject({ code: 0 })
  })
})
