/**
 * A machine for the agent: a network namespace of the test's own with a Docker engine in it and no way out. `ip netns
 * exec` would hide the cgroups from the engine, so processes enter with nsenter.
 */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import Docker from 'dockerode'
import { pack } from 'tar-stream'
import { until } from './until.ts'

/** The namespace's own address; documentation range, and no route leads anywhere else. */
export const NODE_IP = '198.51.100.10'
/** Somebody on the same wire who is neither the node nor one of its Pods. */
export const OUTSIDER_IP = '198.51.100.99'
export const IMAGE = 'test/busybox:1'

export interface Host {
  readonly docker: Docker
  readonly socket: string
  readonly folder: string
  /** Starts a program in the machine's namespace. */
  start(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess
  /** Runs a program there; its output, or what it failed with. */
  run(command: string, ...args: string[]): { code: number; output: string }
  /** Runs a program beside the machine, on the same wire. */
  outside(command: string, ...args: string[]): { code: number; output: string }
  stop(): Promise<void>
}

export async function createHost(): Promise<Host> {
  const folder = mkdtempSync(join(tmpdir(), 'skycrane-agent-test-'))
  const name = folder.slice(folder.lastIndexOf('/') + 1).slice(-11)
  const socket = join(folder, 'docker.sock')
  makeNamespace(name)
  const enter = (command: string, args: readonly string[]) => [`--net=/run/netns/${name}`, command, ...args]
  const start: Host['start'] = (command, args, options = {}) => spawn('nsenter', enter(command, args), options)
  mkdirSync(join(folder, 'docker'))
  const log = openSync(join(folder, 'dockerd.log'), 'w')
  const engine = start('dockerd', engineArguments(folder, socket), { stdio: ['ignore', log, log] })
  const docker = new Docker({ socketPath: socket })
  await until('the engine answers', 30_000, () =>
    docker.ping().then(
      () => true,
      () => false,
    ),
  )
  await importBusybox(docker)
  return {
    docker,
    socket,
    folder,
    start,
    run: (command, ...args) => attempt('nsenter', enter(command, args)),
    outside: (command, ...args) => attempt('nsenter', [`--net=/run/netns/${name}-o`, command, ...args]),
    stop: async () => {
      for (const { Id: id } of await docker.listContainers({ all: true })) {
        await docker
          .getContainer(id)
          .remove({ force: true })
          .catch(() => {})
      }
      await ended(engine, 'SIGTERM')
      attempt('ip', ['netns', 'del', name])
      attempt('ip', ['netns', 'del', `${name}-o`])
      for (const mount of mountsBelow(folder)) attempt('umount', ['-l', mount])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const engineArguments = (folder: string, socket: string): string[] => [
  `--data-root=${join(folder, 'docker')}`,
  `--exec-root=${join(folder, 'exec')}`,
  `--pidfile=${join(folder, 'docker.pid')}`,
  '-H',
  `unix://${socket}`,
  '--bridge=none',
  '--iptables=false',
]

function makeNamespace(name: string): void {
  execFileSync('ip', ['netns', 'add', name])
  const ip = (...args: string[]) => execFileSync('ip', ['-n', name, ...args])
  ip('link', 'set', 'lo', 'up')
  // A bridge with nothing on it: an interface with the node's address and no wire.
  ip('link', 'add', 'wire0', 'type', 'bridge')
  ip('addr', 'add', `${NODE_IP}/24`, 'dev', 'wire0')
  ip('link', 'set', 'wire0', 'up')
  const beside = `${name}-o`
  execFileSync('ip', ['netns', 'add', beside])
  ip('link', 'add', 'wire1', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', beside)
  ip('link', 'set', 'wire1', 'master', 'wire0', 'up')
  execFileSync('ip', ['-n', beside, 'addr', 'add', `${OUTSIDER_IP}/24`, 'dev', 'eth0'])
  execFileSync('ip', ['-n', beside, 'link', 'set', 'eth0', 'up'])
}

async function importBusybox(docker: Docker): Promise<void> {
  const archive = pack()
  archive.entry({ name: 'bin/busybox', mode: 0o755 }, readFileSync('/bin/busybox'))
  for (const name of ['sh', 'cat', 'sleep', 'httpd', 'wget', 'nc', 'touch', 'rm', 'ls', 'id', 'env', 'tail', 'stat']) {
    archive.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' })
  }
  archive.entry({ name: 'tmp/', type: 'directory', mode: 0o777 })
  archive.finalize()
  const [repo, tag] = IMAGE.split(':')
  const stream = await docker.importImage(archive.pipe(new PassThrough()), { repo, tag })
  await new Promise<void>((resolve, reject) => docker.modem.followProgress(stream, (e) => (e ? reject(e) : resolve())))
}

export function attempt(command: string, args: readonly string[]): { code: number; output: string } {
  try {
    return { code: 0, output: execFileSync(command, [...args], { encoding: 'utf8', stdio: 'pipe', timeout: 30_000 }) }
  } catch (error) {
    const { status, stderr, stdout } = error as { status?: number; stderr?: string; stdout?: string }
    return { code: status ?? -1, output: `${stdout ?? ''}${stderr ?? ''}` }
  }
}

export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await exit
}

function mountsBelow(folder: string): string[] {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
  return points.filter((point) => point.startsWith(`${folder}/`)).reverse()
}
