/** Makes sure of a Docker engine: as root on Debian or Ubuntu it is installed and started, elsewhere it must be there. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Docker {
  readonly socket: string
  /** Set if this process started the engine. */
  readonly engine: ChildProcess | undefined
}

const SOCKET = '/var/run/docker.sock'
const START_TRIES = 150
const START_PAUSE_MS = 200

export async function ensureDocker(state: string, say: (text: string) => void): Promise<Docker> {
  if (process.platform !== 'linux') throw new Error('the agent runs on Linux only')
  if (process.getuid?.() !== 0)
    throw new Error('the agent needs root (network namespaces and nftables): run it as root')
  installMissing(say)
  if (answers()) return { socket: SOCKET, engine: undefined }
  say('starting dockerd')
  const log = openSync(join(state, 'dockerd.log'), 'a')
  // A group of its own: a terminal's Ctrl-C must not stop Docker under the agent's hands.
  const engine = spawn('dockerd', ['-H', `unix://${SOCKET}`], { stdio: ['ignore', log, log], detached: true })
  for (let tries = 0; tries < START_TRIES; tries++) {
    if (answers()) return { socket: SOCKET, engine }
    if (engine.exitCode !== null) break
    await sleep(START_PAUSE_MS)
  }
  throw new Error(`dockerd does not start; see ${join(state, 'dockerd.log')}`)
}

const PACKAGES = [
  { program: 'dockerd', package: 'docker.io' },
  { program: 'nft', package: 'nftables' },
  { program: 'conntrack', package: 'conntrack' },
  { program: 'ip', package: 'iproute2' },
  { program: 'busybox', package: 'busybox-static' },
]

function installMissing(say: (text: string) => void): void {
  const missing = PACKAGES.filter(({ program }) => !isInstalled(program)).map((entry) => entry.package)
  if (missing.length === 0) return
  if (!existsSync('/etc/debian_version')) throw new Error(`missing on this machine: ${missing.join(', ')}`)
  say(`installing ${missing.join(', ')}`)
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env: environment })
  const result = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
    encoding: 'utf8',
    env: environment,
  })
  if (result.status !== 0)
    throw new Error(`apt-get install ${missing.join(' ')} failed: ${result.stderr.trim().split('\n').at(-1) ?? ''}`)
}

const isInstalled = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  }).status === 0

const answers = (): boolean =>
  spawnSync('docker', ['-H', `unix://${SOCKET}`, 'version'], { stdio: 'ignore' }).status === 0
