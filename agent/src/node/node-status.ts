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
/** The kubelet's default eviction thresholds: free memory, and a tenth of the disk. */
const MEMORY_PRESSURE_BYTES = 100 * 1024 * 1024
const DISK_PRESSURE_PART = 0.1
/** How often a heartbeat time moves while nothing else does: the pings are the heartbeat. */
const HEARTBEAT_MS = 5 * 60_000

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

export interface NodeObservation {
  /** Undefined: the container engine does not answer. */
  readonly runtime: RuntimeVersion | undefined
  readonly networkProblem: string | undefined
  readonly freeMemory: number
  readonly disk: { readonly total: number; readonly free: number }
}

type Condition = NonNullable<Node['status']['conditions']>[number]

export const nodeArchitecture = (): string => ARCHITECTURES[arch()] ?? arch()

export async function observeNode(
  runtime: () => Promise<RuntimeVersion>,
  networkProblem: string | undefined,
  dataDir: string,
): Promise<NodeObservation> {
  const version = await runtime().catch(() => undefined)
  const disk = await statfs(dataDir)
  return {
    runtime: version,
    networkProblem,
    freeMemory: availableMemory(),
    disk: { total: disk.blocks * disk.bsize, free: disk.bavail * disk.bsize },
  }
}

/** Builds the report; keeps the times of conditions that have not changed. */
export class NodeStatus {
  readonly #nodeName: string
  readonly #nodeIp: string
  readonly #labels: Readonly<Record<string, string>>
  #conditions: Condition[] = []
  #sent = ''
  #sentAt = 0

  constructor({
    nodeName,
    nodeIp,
    labels,
  }: { nodeName: string; nodeIp: string; labels: Readonly<Record<string, string>> }) {
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
      // What may be given to Pods ends where the kubelet would begin to evict them.
      allocatable: {
        ...capacity,
        memory: `${Math.floor((totalmem() - MEMORY_PRESSURE_BYTES) / 1024)}Ki`,
        'ephemeral-storage': String(Math.floor(disk.total * (1 - DISK_PRESSURE_PART))),
      },
      conditions: this.#conditions,
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: machineId(),
        systemUUID: machineId(),
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
}: NodeObservation): Omit<Condition, 'lastHeartbeatTime' | 'lastTransitionTime'>[] {
  const isShort = freeMemory < MEMORY_PRESSURE_BYTES
  const isFull = disk.free < disk.total * DISK_PRESSURE_PART
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
      status: 'False',
      reason: 'KubeletHasSufficientPID',
      message: 'kubelet has sufficient PID available',
    },
    {
      type: 'Ready',
      status: problem === undefined ? 'True' : 'False',
      reason: problem === undefined ? 'KubeletReady' : 'KubeletNotReady',
      message: problem === undefined ? 'kubelet is posting ready status' : problem,
    },
  ]
}

/** What programs could still have: free memory and what the page cache would give back. */
const availableMemory = (): number => Number(/MemAvailable:\s+(\d+)/.exec(readText('/proc/meminfo'))?.[1] ?? 0) * 1024

const machineId = (): string => readText('/etc/machine-id')

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

export async function nodeFacts(hostIp: string, dataDir: string): Promise<NodeFacts> {
  const disk = await statfs(dataDir)
  return { hostIp, cpuMillis: cpus().length * 1000, memoryBytes: totalmem(), storageBytes: disk.blocks * disk.bsize }
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
