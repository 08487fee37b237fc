/** The Service rules in a real kernel: what only it can show, beside the traces of `src/proxy/packets.test.ts`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NODE_IP } from './support/host.ts'
import { Machine } from './support/machine.ts'
import { container, endpointSlice, pod, service } from './support/objects.ts'
import { until } from './support/until.ts'

let machine: Machine
const processes: ChildProcess[] = []

/** curl's words for a refusal, and for silence. */
const REFUSED = 7
const SILENCE = 28

beforeAll(async () => {
  machine = await Machine.create()
  for (const name of ['one', 'two', 'client']) {
    machine.cluster.put('pods', pod(name, { containers: [container('web')] }))
  }
  for (const name of ['one', 'two', 'client']) await machine.runs(name)
})

afterAll(async () => {
  for (const each of processes) each.kill('SIGKILL')
  await machine?.stop()
})

const ipOf = (name: string): string => machine.cluster.status(name)?.podIP ?? ''

const URL_PATH = '/etc/hostname'

const reaches = (url: string) => until(`${url} answers`, 10_000, () => machine.fetch(`${url}${URL_PATH}`).code === 0)

/** A client of the wire, which is neither the node's own nor a Pod's: a namespace beside it. */
function outsider(...command: string[]) {
  return machine.host.outside(...command)
}

describe('a Service', () => {
  it('keeps a client with its endpoint, through changes of the others, until that endpoint goes', async () => {
    const { cluster } = machine
    cluster.put('services', service('sticky', { clusterIP: '10.96.1.1', spec: { sessionAffinity: 'ClientIP' } }))
    cluster.put('endpointSlices', endpointSlice('sticky', [ipOf('one'), ipOf('two')]))
    await reaches('http://10.96.1.1:80')
    const ask = async () => (await machine.fetchInside('client', `http://10.96.1.1${URL_PATH}`)).output.trim()
    const first = await ask()
    expect(['one', 'two']).toContain(first)
    for (let visit = 0; visit < 10; visit++) expect(await ask()).toBe(first)
    cluster.put('endpointSlices', endpointSlice('sticky', [ipOf('one'), ipOf('two'), ipOf('client')]))
    const clients = () => machine.host.run('nft', 'list', 'table', 'ip', 'skycrane0').output
    await until('the third endpoint', 10_000, () => clients().includes(`dnat to ${ipOf('client')}:8080`))
    for (let visit = 0; visit < 10; visit++) expect(await ask()).toBe(first)
    const other = first === 'one' ? 'two' : 'one'
    cluster.put('endpointSlices', endpointSlice('sticky', [ipOf(other)]))
    await until('the client is moved', 10_000, async () => (await ask()) === other)
  })

  it('is dropped from outside where only local endpoints count and none is here, yet serves Pods', async () => {
    const { cluster } = machine
    const spec = { externalTrafficPolicy: 'Local' }
    cluster.put('services', service('far', { clusterIP: '10.96.1.2', nodePort: 30082, spec }))
    cluster.put('endpointSlices', endpointSlice('far', [ipOf('one')], { nodeName: 'elsewhere' }))
    await reaches('http://10.96.1.2')
    expect(outsider('curl', '-sS', '-m', '1', `http://${NODE_IP}:30082/`).code).toBe(SILENCE)
    expect((await machine.fetchInside('client', `http://${NODE_IP}:30082${URL_PATH}`)).output.trim()).toBe('one')
    expect(machine.fetch(`http://${NODE_IP}:30082${URL_PATH}`).output.trim()).toBe('one')
    cluster.put('endpointSlices', endpointSlice('far', [ipOf('one')]))
    const ask = () => outsider('curl', '-sS', '-m', '1', `http://${NODE_IP}:30082${URL_PATH}`)
    await until('it is served', 10_000, () => ask().output.trim() === 'one')
    cluster.put('endpointSlices', endpointSlice('far', []))
    await until('it is refused', 10_000, () => ask().code === REFUSED)
  })

  it('lets in by the balancer’s address who is in its ranges', async () => {
    const { cluster } = machine
    const balanced = (ranges: string[]) => ({
      ...service('vip', {
        clusterIP: '10.96.1.3',
        nodePort: 30083,
        spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ranges },
      }),
      status: { loadBalancer: { ingress: [{ ip: NODE_IP }] } },
    })
    // Overlapping ranges, which a set of the kernel would refuse.
    cluster.put('services', balanced(['198.51.100.0/24', '198.51.0.0/16']))
    cluster.put('endpointSlices', endpointSlice('vip', [ipOf('one')]))
    await reaches('http://10.96.1.3')
    const ask = () => outsider('curl', '-sS', '-m', '1', `http://${NODE_IP}${URL_PATH}`)
    expect(ask().output.trim()).toBe('one')
    cluster.put('services', balanced(['203.0.113.0/24']))
    await until('it is dropped', 10_000, () => ask().code === SILENCE)
    expect(outsider('curl', '-sS', '-m', '1', `http://${NODE_IP}:30083${URL_PATH}`).output.trim()).toBe('one')
  })

  it('of UDP is left by a client that never pauses when its endpoint goes, and found when the first one comes', async () => {
    const { cluster, host } = machine
    const script = join(import.meta.dirname, 'support/udp.ts')
    for (const [ip, word] of [
      ['198.51.100.21', 'a'],
      ['198.51.100.22', 'b'],
    ] as const) {
      host.run('ip', 'addr', 'add', `${ip}/32`, 'dev', 'wire0')
      const server = host.start(process.execPath, [script, 'serve', ip, '5353', word])
      processes.push(server)
      await new Promise((resolve) => server.stdout?.once('data', resolve))
    }
    const udp = service('udp', { clusterIP: '10.96.1.4' })
    const port = { name: 'http', port: 53, targetPort: 5353, protocol: 'UDP' }
    cluster.put('services', { ...udp, spec: { ...udp.spec, ports: [port] } })
    const network = await machine.networkOf('client')
    const client = spawn('nsenter', [...network, process.execPath, script, 'ask', '10.96.1.4', '53'])
    processes.push(client)
    let heard = ''
    client.stdout.on('data', (data) => {
      heard = String(data).trim().split('\n').at(-1) ?? ''
    })
    await until('it is refused', 10_000, () => heard === 'refused')
    const at = (ip: string) =>
      cluster.put('endpointSlices', endpointSlice('udp', [ip], { port: 5353, protocol: 'UDP' }))
    at('198.51.100.21')
    await until('it hears the first', 10_000, () => heard === 'a')
    at('198.51.100.22')
    await until('it hears the second', 10_000, () => heard === 'b')
  })

  it('tells a balancer at its health check port whether an endpoint is here', async () => {
    const { cluster } = machine
    const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30999 }
    cluster.put('services', service('checked', { clusterIP: '10.96.1.5', nodePort: 30085, spec }))
    cluster.put('endpointSlices', endpointSlice('checked', [ipOf('one')]))
    const ask = () =>
      outsider('curl', '-s', '-m', '1', '-w', '%{http_code}', '-o', '/dev/null', `http://${NODE_IP}:30999/`)
    await until('it is here', 10_000, () => ask().output === '200')
    cluster.put('endpointSlices', endpointSlice('checked', [ipOf('one')], { nodeName: 'elsewhere' }))
    await until('it is elsewhere', 10_000, () => ask().output === '503')
  })

  it('stands again after somebody has cleared the kernel’s rules', async () => {
    const { host } = machine
    expect(host.run('nft', 'flush', 'ruleset').code).toBe(0)
    expect(machine.fetch('http://10.96.1.2/').code).not.toBe(0)
    await until('the rules stand', 40_000, () => machine.fetch(`http://10.96.1.3${URL_PATH}`).code === 0)
  })
})
