/**
 * Nodes on one machine: each a network namespace with a Docker engine and an agent of its own, joined by a bridge that
 * the test makes. Nothing leaves the bridge: the namespaces have no route beyond it.
 */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type ControlPlane, eventually } from './control-plane.ts'

const root = resolve(import.meta.dirname, '..', '..')
const exec = promisify(execFile)

export const WEB_IMAGE = 'lab/web'

export interface LabNode {
  readonly name: string
  readonly ip: string
  docker(...args: string[]): Promise<string>
  /** Runs a program in the node's network. */
  run(program: string, ...args: string[]): Promise<string>
  /** GET from the node; the body, or undefined where nobody answered in time. */
  get(url: string): Promise<string | undefined>
  startAgent(): Promise<void>
  /** SIGKILL. */
  killAgent(): Promise<void>
  log(): string
}

export interface Lab {
  /** The control plane's address on the bridge. */
  readonly host: string
  addNode(plane: ControlPlane, name: string): Promise<LabNode>
  stop(): Promise<void>
}

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
const tryIp = (...args: string[]) => spawnSync('ip', args, { stdio: 'ignore' })

export function createLab(): Lab {
  execFileSync(process.execPath, [join(root, 'agent', 'build.mjs')], { cwd: root })
  const folder = mkdtempSync(join(tmpdir(), 'skycrane-lab-'))
  const stops: (() => Promise<void>)[] = []
  const { id, subnet } = freeLab()
  const bridge = `sklab-${id}`
  ip('link', 'add', bridge, 'type', 'bridge')
  ip('addr', 'add', `${subnet}.1/24`, 'dev', bridge)
  ip('link', 'set', bridge, 'up')
  // A Docker engine of this machine's own may drop what a bridge forwards.
  const forward = ['FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT']
  spawnSync('iptables', ['-w', '-I', ...forward], { stdio: 'ignore' })
  let count = 0
  return {
    host: `${subnet}.1`,
    async addNode(plane, name) {
      count += 1
      const { node, stop } = await bootNode({
        plane,
        name,
        lab: id,
        folder: join(folder, name),
        address: `${subnet}.${10 + count}`,
        stopFirst: (undo) => void stops.push(undo),
      })
      stops.push(stop)
      return node
    },
    async stop() {
      for (const stop of stops.reverse()) await stop()
      spawnSync('iptables', ['-w', '-D', ...forward], { stdio: 'ignore' })
      tryIp('link', 'del', bridge)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Names and a subnet that nothing on this machine has: another run may be under way, or one that was killed may have
 * left its engines, and their namespaces go only with them.
 */
function freeLab(): { readonly id: string; readonly subnet: string } {
  const taken = execFileSync('ip', ['-4', 'route', 'show', 'table', 'all'], { encoding: 'utf8' })
  for (let third = 1; third < 255; third += 1) {
    const subnet = `10.213.${third}`
    if (!taken.includes(`${subnet}.`)) return { id: `${third}`, subnet }
  }
  throw new Error('every subnet of 10.213.0.0/16 is taken')
}

interface Boot {
  readonly plane: ControlPlane
  readonly lab: string
  readonly name: string
  readonly folder: string
  readonly address: string
  /** Takes what must be undone as soon as it is done, so that a node that never came up leaves nothing. */
  readonly stopFirst: (stop: () => Promise<void>) => void
}

async function bootNode({
  plane,
  lab,
  name,
  folder,
  address,
  stopFirst,
}: Boot): Promise<{ node: LabNode; stop: () => Promise<void> }> {
  mkdirSync(folder, { recursive: true })
  const netns = `sklab-${lab}-${name}`
  const link = `skl-${lab}-${name}`.slice(0, 15)
  ip('netns', 'add', netns)
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns)
  ip('link', 'set', link, 'master', `sklab-${lab}`, 'up')
  // Not `ip netns exec`: it hides the cgroups, which Docker needs.
  const inside = [`--net=/run/netns/${netns}`]
  const run = async (program: string, ...args: string[]) =>
    (await exec('nsenter', [...inside, program, ...args])).stdout
  await run('ip', 'link', 'set', 'lo', 'up')
  await run('ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0')
  await run('ip', 'link', 'set', 'eth0', 'up')
  const socket = join(folder, 'docker.sock')
  const engine = await startEngine(inside, folder, socket)
  stopFirst(async () => {
    const exit = new Promise((done) => engine.once('exit', done))
    engine.kill('SIGTERM')
    await exit
    await exec('sh', ['-c', `grep -o ' ${folder}[^ ]*' /proc/mounts | sort -r | xargs -r -n1 umount -l`]).catch(
      () => undefined,
    )
    tryIp('netns', 'del', netns)
  })
  const docker = async (...args: string[]) => (await exec('docker', ['-H', `unix://${socket}`, ...args])).stdout
  await buildImages(docker, folder)
  const token = await plane.joinToken()
  const logFile = join(folder, 'agent.log')
  let agent: ChildProcess | undefined
  const node: LabNode = {
    name,
    ip: address,
    docker,
    run,
    async get(url) {
      try {
        return (await run('curl', '-s', '-f', '-m', '2', url)).trim()
      } catch {
        return undefined
      }
    },
    async startAgent() {
      const log = openSync(logFile, 'a')
      const program = [
        process.execPath,
        join(root, 'agent', 'dist', 'agent.mjs'),
        '--server',
        plane.ready.url,
        '--ca-file',
        plane.caFile,
      ]
      const own = [
        '--node-name',
        name,
        '--data-dir',
        join(folder, 'agent'),
        '--docker-socket',
        socket,
        '--node-ip',
        address,
      ]
      agent = spawn('nsenter', [...inside, ...program, ...own], {
        stdio: ['ignore', log, log],
        env: { ...process.env, SKYCRANE_TOKEN: token },
      })
    },
    async killAgent() {
      const killed = agent
      if (!killed) return
      const exit = new Promise((done) => killed.once('exit', done))
      // nsenter has become the agent: it executes in place.
      killed.kill('SIGKILL')
      await exit
      agent = undefined
    },
    log: () => readFileSync(logFile, 'utf8'),
  }
  return {
    node,
    async stop() {
      await node.killAgent()
      const ids = (await docker('ps', '-aq')).split('\n').filter((id) => id !== '')
      if (ids.length > 0) await docker('rm', '-f', ...ids)
    },
  }
}

async function startEngine(inside: readonly string[], folder: string, socket: string): Promise<ChildProcess> {
  const log = openSync(join(folder, 'dockerd.log'), 'a')
  const roots = [
    '--data-root',
    join(folder, 'docker'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'docker.pid'),
  ]
  const engine = spawn(
    'nsenter',
    [...inside, 'dockerd', ...roots, '-H', `unix://${socket}`, '--bridge=none', '--iptables=false'],
    {
      stdio: ['ignore', log, log],
    },
  )
  await eventually(
    'dockerd',
    async () => spawnSync('docker', ['-H', `unix://${socket}`, 'version'], { stdio: 'ignore' }).status === 0,
    60_000,
  )
  return engine
}

const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
COPY start /start
ENV PATH=/bin
ENTRYPOINT ["/bin/busybox", "sh", "/start"]
`

/** Two versions of a web server whose page names the version and the Pod. */
async function buildImages(docker: (...args: string[]) => Promise<string>, folder: string): Promise<void> {
  const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim()
  for (const version of ['1', '2']) {
    const context = join(folder, `image-${version}`)
    mkdirSync(context, { recursive: true })
    copyFileSync(realpathSync(busybox), join(context, 'busybox'))
    writeFileSync(
      join(context, 'start'),
      `/bin/busybox --install -s /bin\nmkdir -p /www\necho "v${version} $(hostname)" > /www/index.html\nhttpd -f -p 8080 -h /www &\ntrap 'kill $!; exit 0' TERM\nwait\n`,
    )
    writeFileSync(join(context, 'Dockerfile'), DOCKERFILE)
    await docker('build', '-q', '-t', `${WEB_IMAGE}:${version}`, context)
  }
}
