/** The Node as this machine is: capacity, conditions, addresses, what runs on it. As the kubelet reports it. */
import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { arch, cpus, networkInterfaces, release, totalmem } from 'node:os'
import type { Node } from '../../../src/kube/types.ts'
import { GIT_VERSION } from '../../../src/kube/version.ts'
import type { SyncRequest } from '../../../src/protocol/agent.ts'
import type { NodeFacts } from '../pods/world.ts'
import type { RuntimeVersion } from '../runtime/runtime.ts'

const MAX_PODS = 110
/** The kubelet's default eviction thresholds: free memory, a tenth of the disk, and so on (DefaultEvictionHard). */
const MEMORY_PRESSURE_BYTES = 100 * 1024 * 1024
const DISK_PRESSURE_PART = 0.1
const IMAGE_DISK_PRESSURE_PART = 0.15
const INODE_PRESSURE_PART = 0.05
/** The kubelet has no default for process ids; without any left a machine can't even be logged into. */
const PID_PRESSURE_PART = 0.05
/** How often a heartbeat time moves while nothing else does: the pings are the heartbeat. */
const HEARTBEAT_MS = 5 * 60_000

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

export interface NodeObservation {
  /** Undefined: the container engine does not answer. */
  readonly runtime: RuntimeVersion | undefined
  readonly networkProblem: string | undefined
  readonly freeMemory: number
  readonly disk: Disk
  /** Where the engine keeps images and containers; absent where it can't be seen. */
  readonly imageDisk?: Disk
  readonly pids: { readonly most: number; readonly used: number }
}

export interface Disk {
  readonly total: number
  readonly free: number
  /** Absent where the file system counts none. */
  readonly inodes?: { readonly total: number; readonly free: number }
}

/** Kept from Pods for the machine's own programs (--system-reserved and --kube-reserved). */
export interface Reserved {
  readonly cpuMillis: number
  readonly memoryBytes: number
  readonly storageBytes: number
}

type Condition = NonNullable<Node['status']['conditions']>[number]

export const nodeArchitecture = (): string => ARCHITECTURES[arch()] ?? arch()

export async function observeNode(
  runtime: () => Promise<RuntimeVersion>,
  networkProblem: string | undefined,
  dataDir: string,
): Promise<NodeObservation> {
  const version = await runtime().catch(() => undefined)
  const imageDisk = version && (await diskAt(version.rootDir).catch(() => undefined))
  return {
    runtime: version,
    networkProblem,
    freeMemory: availableMemory(),
    disk: await diskAt(dataDir),
    ...(imageDisk ? { imageDisk } : {}),
    pids: {
      most: Math.min(Number(readText('/proc/sys/kernel/pid_max')), Number(readText('/proc/sys/kernel/threads-max'))),
      // "0.88 1.34 2.76 1/154 29960": running and all.
      used: Number(/\/(\d+)/.exec(readText('/proc/loadavg'))?.[1] ?? 0),
    },
  }
}

async function diskAt(path: string): Promise<Disk> {
  const { blocks, bavail, bsize, files, ffree } = await statfs(path)
  return {
    total: blocks * bsize,
    free: bavail * bsize,
    ...(files > 0 ? { inodes: { total: files, free: ffree } } : {}),
  }
}

/** Builds the report; keeps the times of conditions that have not changed. */
export class NodeStatus {
  readonly #nodeName: string
  readonly #nodeIp: string
  readonly #labels: Readonly<Record<string, string>>
  readonly #reserved: Reserved
  #conditions: Condition[] = []
  #sent = ''
  #sentAt = 0

  constructor({
    nodeName,
    nodeIp,
    labels,
    reserved,
  }: { nodeName: string; nodeIp: string; labels: Readonly<Record<string, string>>; reserved: Reserved }) {
    this.#reserved = reserved
    this.#nodeName = nodeName
    this.#nodeIp = nodeIp
    this.#labels = labels
  }

  /** The report if it says something new, or if `isWanted`. */
  report(observed: NodeObservation, now: number, isWanted: boolean): NonNullable<SyncRequest['node']> | undefined {
    this.#conditions = conditionsOf(observed).map((condition) => this.#dated(condition, now))
    const node = { labels: this.#allLabels(), status: this.#status(observed) }
    const text = JSON.stringify({
      ...node,
      status: { ...node.status, conditions: node.status.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest) },
    })
    if (text === this.#sent && !isWanted && now - this.#sentAt < HEARTBEAT_MS) return undefined
    this.#sent = text
    this.#sentAt = now
    return node
  }

  #allLabels(): Record<string, string> {
    return {
      'kubernetes.io/hostname': this.#nodeName,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': nodeArchitecture(),
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': nodeArchitecture(),
      ...this.#labels,
    }
  }

  #dated(condition: Omit<Condition, 'lastHeartbeatTime' | 'lastTransitionTime'>, now: number): Condition {
    const time = `${new Date(now).toISOString().slice(0, 19)}Z`
    const former = this.#conditions.find((other) => other.type === condition.type)
    const isSame = former?.status === condition.status
    return {
      ...condition,
      lastHeartbeatTime: time,
      lastTransitionTime: isSame && former.lastTransitionTime ? former.lastTransitionTime : time,
    }
  }

  #allocatable(storage: number) {
    const { cpuMillis, memoryBytes, storageBytes } = allocatable(this.#reserved, storage)
    return {
      cpu: cpuMillis % 1000 === 0 ? String(cpuMillis / 1000) : `${cpuMillis}m`,
      memory: `${Math.floor(memoryBytes / 1024)}Ki`,
      'ephemeral-storage': String(storageBytes),
    }
  }

  #status({ runtime, disk }: NodeObservation): Node['status'] {
    const capacity = {
      cpu: String(cpus().length),
      memory: `${Math.floor(totalmem() / 1024)}Ki`,
      pods: String(MAX_PODS),
      'ephemeral-storage': `${Math.floor(disk.total / 1024)}Ki`,
    }
    return {
      addresses: [
        { type: 'InternalIP', address: this.#nodeIp },
        { type: 'Hostname', address: this.#nodeName },
      ],
      capacity,
      allocatable: { ...capacity, ...this.#allocatable(disk.total) },
      conditions: this.#conditions,
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: machineId(),
        systemUUID: systemUuid(),
        bootID: readText('/proc/sys/kernel/random/boot_id'),
        kernelVersion: release(),
        osImage: runtime?.os ?? '',
        containerRuntimeVersion: runtime ? `docker://${runtime.version}` : 'docker://',
        kubeletVersion: GIT_VERSION,
        kubeProxyVersion: GIT_VERSION,
        operatingSystem: 'linux',
        architecture: nodeArchitecture(),
      },
    }
  }
}

function conditionsOf({
  runtime,
  networkProblem,
  freeMemory,
  disk,
  imageDisk,
  pids,
}: NodeObservation): Omit<Condition, 'lastHeartbeatTime' | 'lastTransitionTime'>[] {
  const isShort = freeMemory < MEMORY_PRESSURE_BYTES
  const isFull =
    isLow(disk, DISK_PRESSURE_PART) || (imageDisk !== undefined && isLow(imageDisk, IMAGE_DISK_PRESSURE_PART))
  const isCrowded = pids.most - pids.used < pids.most * PID_PRESSURE_PART
  const problem = runtime === undefined ? 'container runtime is down' : networkProblem
  return [
    {
      type: 'MemoryPressure',
      status: isShort ? 'True' : 'False',
      reason: isShort ? 'KubeletHasInsufficientMemory' : 'KubeletHasSufficientMemory',
      message: isShort ? 'kubelet has insufficient memory available' : 'kubelet has sufficient memory available',
    },
    {
      type: 'DiskPressure',
      status: isFull ? 'True' : 'False',
      reason: isFull ? 'KubeletHasDiskPressure' : 'KubeletHasNoDiskPressure',
      message: isFull ? 'kubelet has disk pressure' : 'kubelet has no disk pressure',
    },
    {
      type: 'PIDPressure',
      status: isCrowded ? 'True' : 'False',
      reason: isCrowded ? 'KubeletHasInsufficientPID' : 'KubeletHasSufficientPID',
      message: isCrowded ? 'kubelet has insufficient PID available' : 'kubelet has sufficient PID available',
    },
    {
      type: 'Ready',
      status: problem === undefined ? 'True' : 'False',
      reason: problem === undefined ? 'KubeletReady' : 'KubeletNotReady',
      message: problem === undefined ? 'kubelet is posting ready status' : problem,
    },
  ]
}

const isLow = ({ free, total, inodes }: Disk, part: number): boolean =>
  free < total * part || (inodes !== undefined && inodes.free < inodes.total * INODE_PRESSURE_PART)

/** What programs could still have: free memory and what the page cache would give back. */
const availableMemory = (): number => Number(/MemAvailable:\s+(\d+)/.exec(readText('/proc/meminfo'))?.[1] ?? 0) * 1024

const machineId = (): string => readText('/etc/machine-id')

/** The board's own, as the kubelet has it; a virtual machine may have none. */
const systemUuid = (): string => readText('/sys/class/dmi/id/product_uuid') || machineId()

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

/** What may be given to Pods: not what is reserved, and not what the kubelet would begin to evict them for. */
const allocatable = (reserved: Reserved, storageBytes: number) => ({
  cpuMillis: Math.max(0, cpus().length * 1000 - reserved.cpuMillis),
  memoryBytes: Math.max(0, totalmem() - reserved.memoryBytes - MEMORY_PRESSURE_BYTES),
  storageBytes: Math.max(0, Math.floor(storageBytes * (1 - DISK_PRESSURE_PART) - reserved.storageBytes)),
})

export async function nodeFacts(hostIp: string, dataDir: string, reserved: Reserved): Promise<NodeFacts> {
  const { total } = await diskAt(dataDir)
  return { hostIp, machineMemoryBytes: totalmem(), ...allocatable(reserved, total) }
}

/** The machine's own IPv4 address: the first that is neither loopback nor one of the container bridges. */
export function defaultIp(bridge: string): string {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (name === bridge || name.startsWith('docker') || name.startsWith('br-')) continue
    const address = addresses?.find((candidate) => candidate.family === 'IPv4' && !candidate.internal)
    if (address) return address.address
  }
  return '127.0.0.1'
}
