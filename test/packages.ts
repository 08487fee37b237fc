/** The system packages the tests need, installed on Debian and Ubuntu as root; elsewhere named in one line. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { ensureOldKubectl } from './old-kubectl.ts'

/** Each known by a program of it, or a file. */
const NEEDED: readonly { readonly package: string; readonly program?: string; readonly file?: string }[] = [
  { program: 'dockerd', package: 'docker.io' },
  { program: 'nft', package: 'nftables' },
  { program: 'conntrack', package: 'conntrack' },
  { program: 'iptables', package: 'iptables' },
  { program: 'ip', package: 'iproute2' },
  { program: 'nsenter', package: 'util-linux' },
  { program: 'busybox', package: 'busybox-static' },
  { file: '/usr/lib/python3/dist-packages/kubernetes/__init__.py', package: 'python3-kubernetes' },
]

export function ensurePackages(): void {
  ensureInstalled()
  ensureOldKubectl()
}

function ensureInstalled(): void {
  const missing = NEEDED.filter((one) => !isThere(one)).map((entry) => entry.package)
  if (missing.length === 0) return
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    console.error(`npm test needs these, and can install them only as root on Debian or Ubuntu: ${missing.join(', ')}`)
    process.exit(1)
  }
  console.log(`Installing ${missing.join(', ')} ...`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env })
  const result = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  })
  if (result.status !== 0) process.exit(1)
}

const isThere = ({ program, file }: (typeof NEEDED)[number]): boolean =>
  file === undefined ? program !== undefined && isInstalled(program) : existsSync(file)

const isInstalled = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  }).status === 0
