/** What the machine says of itself. */
import { readdir, readFile, statfs } from 'node:fs/promises'
import { availableParallelism, networkInterfaces, release, totalmem } from 'node:os'
import type { Runtime } from '../runtime/runtime.ts'
import { tryRun } from '../shell.ts'
import type { HostFacts } from './node-status.ts'

export interface HostIdentity {
  readonly nodeName: string
  readonly nodeIp: string
  readonly dataDir: string
}

/** The engine gets this long to say that it lives. */
const ENGINE_TIMEOUT_MS = 5000

export async function hostFacts(
  identity: HostIdentity,
  { runtime, networkProblem }: { runtime: Runtime; networkProblem: string | undefined },
): Promise<HostFacts> {
  const engine = await within(runtime.version(), ENGINE_TIMEOUT_MS)
  const storage = await statfs(engine?.rootDir ?? identity.dataDir).catch(() => statfs(identity.dataDir))
  const network = `container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${networkProblem}`
  return {
    nodeName: identity.nodeName,
    nodeIp: identity.nodeIp,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    availableMemoryBytes: await availableMemory(),
    storageBytes: storage.blocks * storage.bsize,
    availableStorageBytes: storage.bavail * storage.bsize,
    availablePidsPercent: await availablePidsPercent(),
    machineId: await text('/etc/machine-id'),
    systemUuid: (await text('/sys/class/dmi/id/product_uuid')) || (await text('/etc/machine-id')),
    bootId: await text('/proc/sys/kernel/random/boot_id'),
    kernel: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(await text('/etc/os-release'))?.[1] ?? 'Linux',
    architecture: goArchitecture(),
    ...(engine ? { engineVersion: engine.version } : {}),
    problems: [...(engine ? [] : ['container runtime is down']), ...(networkProblem ? [network] : [])],
  }
}

export const goArchitecture = (): string => (process.arch === 'x64' ? 'amd64' : process.arch)

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise.catch(() => undefined), late])
  } finally {
    clearTimeout(timer)
  }
}

async function text(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim()
}

async function availableMemory(): Promise<number> {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(await text('/proc/meminfo'))?.[1]
  return kibibytes ? Number(kibibytes) * 1024 : totalmem()
}

async function availablePidsPercent(): Promise<number> {
  const limit = Number(await text('/proc/sys/kernel/pid_max'))
  const used = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).length
  return limit > 0 ? ((limit - used) / limit) * 100 : 100
}

/** The address of the interface that the default route leaves by; else the first that is not internal. */
export async function findNodeIp(bridge: string): Promise<string> {
  const route = await tryRun('ip', ['-j', '-4', 'route', 'show', 'default'])
  const [first]: { dev?: string; prefsrc?: string }[] = JSON.parse(route.stdout || '[]')
  const interfaces = networkInterfaces()
  const names = [...(first?.dev ? [first.dev] : []), ...Object.keys(interfaces).filter((name) => name !== bridge)]
  for (const name of names) {
    const found = interfaces[name]?.find(({ family, internal }) => family === 'IPv4' && !internal)
    if (found) return found.address
  }
  throw new Error('no address of this machine found; give --node-ip')
}
