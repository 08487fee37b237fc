/** The Node's status, in the kubelet's words. Pure: facts in, status out. */
import type { INodeCondition } from 'kubernetes-models/v1'
import type { Node } from '../../../src/kube/types.ts'
import { GIT_VERSION } from '../../../src/kube/version.ts'

export interface HostFacts {
  readonly nodeName: string
  readonly nodeIp: string
  readonly cpus: number
  readonly memoryBytes: number
  readonly availableMemoryBytes: number
  readonly storageBytes: number
  readonly availableStorageBytes: number
  readonly availablePidsPercent: number
  readonly machineId: string
  readonly systemUuid: string
  readonly bootId: string
  readonly kernel: string
  readonly osImage: string
  readonly architecture: string
  /** Absent while the engine is down. */
  readonly engineVersion?: string
  /** What keeps the node from being ready. */
  readonly problems: readonly string[]
}

export const MAX_PODS = 110
const MIB = 1024 * 1024

/** The kubelet's default hard eviction thresholds: what it keeps back from Pods, and when it speaks of pressure. */
const RESERVED_MEMORY = 100 * MIB
const RESERVED_STORAGE = 0.1
const RESERVED_PIDS_PERCENT = 10

export function nodeStatusOf(facts: HostFacts, old: readonly INodeCondition[], now: string): Node['status'] {
  return {
    addresses: [
      { type: 'InternalIP', address: facts.nodeIp },
      { type: 'Hostname', address: facts.nodeName },
    ],
    capacity: resources(facts, 0, 0),
    allocatable: resources(facts, RESERVED_MEMORY, RESERVED_STORAGE),
    conditions: conditions(facts).map((condition) => stamped(condition, old, now)),
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.systemUuid,
      bootID: facts.bootId,
      kernelVersion: facts.kernel,
      osImage: facts.osImage,
      containerRuntimeVersion: `docker://${facts.engineVersion ?? 'Unknown'}`,
      kubeletVersion: GIT_VERSION,
      kubeProxyVersion: GIT_VERSION,
      operatingSystem: 'linux',
      architecture: facts.architecture,
    },
  }
}

function resources(facts: HostFacts, memoryHeld: number, storageHeld: number): Record<string, string> {
  return {
    cpu: String(facts.cpus),
    'ephemeral-storage': `${Math.floor((facts.storageBytes * (1 - storageHeld)) / 1024)}Ki`,
    memory: `${Math.floor((facts.memoryBytes - memoryHeld) / 1024)}Ki`,
    pods: String(MAX_PODS),
  }
}

type Verdict = Pick<INodeCondition, 'type' | 'status' | 'reason' | 'message'>

function conditions(facts: HostFacts): Verdict[] {
  const isMemoryLow = facts.availableMemoryBytes < RESERVED_MEMORY
  const isDiskLow = facts.availableStorageBytes < facts.storageBytes * RESERVED_STORAGE
  const arePidsLow = facts.availablePidsPercent < RESERVED_PIDS_PERCENT
  return [
    pressure('MemoryPressure', isMemoryLow, {
      low: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
      fine: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    }),
    pressure('DiskPressure', isDiskLow, {
      low: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
      fine: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    }),
    pressure('PIDPressure', arePidsLow, {
      low: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
      fine: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    }),
    facts.problems.length === 0
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: problemText(facts.problems) },
  ]
}

/** One problem stands alone, several in brackets (Go's aggregate error). */
const problemText = (problems: readonly string[]): string =>
  problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`

type Words = readonly [reason: string, message: string]

function pressure(type: string, isLow: boolean, { low, fine }: { low: Words; fine: Words }): Verdict {
  const [reason, message] = isLow ? low : fine
  return { type, status: isLow ? 'True' : 'False', reason, message }
}

/** The heartbeat is the doorbell's ping: `lastHeartbeatTime` moves only when something else did. */
function stamped(condition: Verdict, old: readonly INodeCondition[], now: string): INodeCondition {
  const before = old.find(({ type }) => type === condition.type)
  const isSame = before?.reason === condition.reason && before.message === condition.message
  return {
    ...condition,
    lastHeartbeatTime: isSame ? before.lastHeartbeatTime : now,
    lastTransitionTime: before?.status === condition.status ? before.lastTransitionTime : now,
  }
}

export function nodeLabelsOf({ nodeName, architecture }: HostFacts, extra: Readonly<Record<string, string>>) {
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    ...extra,
  }
}
