/**
 * Nodes in different subnets: two namespaces that only a router joins, which knows no Pod. What reaches a Pod behind it
 * has gone through the tunnel.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attempt } from './support/host.ts'
import type { NodeOptions } from './support/node-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'skycrane-tunnel-'))
const id = folder.slice(-6)
const router = `sktun-${id}-r`
const NODES = {
  a: { netns: `sktun-${id}-a`, ip: '198.51.100.10', routerIp: '198.51.100.1', podCidr: '10.244.1.0/24' },
  b: { netns: `sktun-${id}-b`, ip: '203.0.113.10', routerIp: '203.0.113.1', podCidr: '10.244.2.0/24' },
} as const
type Name = keyof typeof NODES
const GATEWAY_OF_A = '10.244.1.1'
const POD_A = '10.244.1.2'
const POD_B = '10.244.2.2'
const NODE_PORT = 30090

const processes: ChildProcess[] = []
const pods = new Map<Name, number>()
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })

/** Starts a program somewhere, and settles with its first line. */
async function start(where: readonly string[], program: string, ...args: string[]): Promise<string> {
  const child = spawn('nsenter', [...where, program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  processes.push(child)
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`${program} ${args[0]} ended with ${code}`)))
  })
}

const inNode = (name: Name) => [`--net=/run/netns/${NODES[name].netns}`]
const inPod = (name: Name) => ['-t', `${pods.get(name)}`, '-n']

function wire(name: Name): void {
  const { netns, ip: address, routerIp } = NODES[name]
  ip('netns', 'add', netns)
  ip('-n', netns, 'link', 'set', 'lo', 'up')
  ip('-n', netns, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', `to-${name}`, 'netns', router)
  ip('-n', netns, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
  ip('-n', netns, 'link', 'set', 'eth0', 'up')
  ip('-n', router, 'addr', 'add', `${routerIp}/24`, 'dev', `to-${name}`)
  ip('-n', router, 'link', 'set', `to-${name}`, 'up')
  ip('-n', netns, 'route', 'add', 'default', 'via', routerIp)
}

/** A namespace for a Pod, held by a process in it. */
async function holdPod(name: Name): Promise<void> {
  const child = spawn('unshare', ['-n', 'sh', '-c', 'echo held; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  processes.push(child)
  await new Promise((resolve) => child.stdout.once('data', resolve))
  pods.set(name, child.pid ?? 0)
}

async function startNode(name: Name, other: Name): Promise<string> {
  await holdPod(name)
  const options: NodeOptions = {
    dataDir: join(folder, name),
    ip: NODES[name].ip,
    podCidr: NODES[name].podCidr,
    peers: [{ name: other, podCIDR: NODES[other].podCidr, internalIP: NODES[other].ip }],
    pid: pods.get(name) ?? 0,
    endpoint: other === 'b' ? POD_B : POD_A,
    nodePort: NODE_PORT,
  }
  return start(
    inNode(name),
    process.execPath,
    join(import.meta.dirname, 'support/node-process.ts'),
    JSON.stringify(options),
  )
}

beforeAll(async () => {
  ip('netns', 'add', router)
  execFileSync('nsenter', [`--net=/run/netns/${router}`, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
  wire('a')
  wire('b')
  expect(await startNode('a', 'b')).toBe(`ready ${POD_A}`)
  expect(await startNode('b', 'a')).toBe(`ready ${POD_B}`)
  for (const name of ['a', 'b'] as const)
    await start(inPod(name), process.execPath, join(import.meta.dirname, 'support/who.ts'), '8080')
})

afterAll(() => {
  for (const each of processes) each.kill('SIGKILL')
  for (const netns of [router, NODES.a.netns, NODES.b.netns]) attempt('ip', ['netns', 'del', netns])
  rmSync(folder, { recursive: true, force: true })
})

function whoAmI(where: readonly string[], url: string): string {
  const { code, output } = attempt('nsenter', [...where, 'curl', '-sS', '-m', '5', url])
  return code === 0 ? output.trim() : `curl ends with ${code}: ${output}`
}

describe('Pods on nodes in different subnets', () => {
  it('reach each other with their own addresses', () => {
    expect(whoAmI(inPod('a'), `http://${POD_B}:8080/`)).toBe(POD_A)
    expect(whoAmI(inPod('b'), `http://${POD_A}:8080/`)).toBe(POD_B)
  })

  it('reach each other through a Service', () => {
    expect(whoAmI(inPod('a'), 'http://10.96.0.9/')).toBe(POD_A)
  })

  it('are reached by the other node, which is known by its bridge’s address', () => {
    expect(whoAmI(inNode('a'), `http://${POD_B}:8080/`)).toBe(GATEWAY_OF_A)
    expect(whoAmI(inNode('a'), 'http://10.96.0.9/')).toBe(GATEWAY_OF_A)
  })

  it('are reached from outside by a node port, and answer through the tunnel', () => {
    expect(whoAmI([`--net=/run/netns/${router}`], `http://${NODES.a.ip}:${NODE_PORT}/`)).toBe(GATEWAY_OF_A)
  })

  it('are not reached past the tunnel', () => {
    expect(whoAmI([`--net=/run/netns/${router}`], `http://${POD_B}:8080/`)).toMatch(/^curl ends with 7/)
  })
})
