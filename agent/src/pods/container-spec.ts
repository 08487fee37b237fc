/** Security and resources of a container, resolved from the Pod's and its own. Pure. */
import { bytesOf, cpuMillis } from '../../../src/kube/quantity.ts'
import type { Pod } from '../../../src/kube/types.ts'
import { messageOf } from '../log.ts'
import type { ContainerResources, ContainerSecurity, ImageFacts } from '../runtime/runtime.ts'
import { type Container, podText } from './containers.ts'
import { ConfigError } from './env.ts'

export function securityOf(pod: Pod, container: Container): ContainerSecurity {
  const ofPod = pod.spec.securityContext ?? {}
  const own = container.securityContext ?? {}
  const isPrivileged = own.privileged ?? false
  const groups = new Set([...(ofPod.supplementalGroups ?? []), ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup])])
  const gid = own.runAsGroup ?? ofPod.runAsGroup
  const apparmor = own.appArmorProfile ?? ofPod.appArmorProfile
  return {
    // Docker takes no group without a user; a group alone therefore means root with that group.
    uid: own.runAsUser ?? ofPod.runAsUser ?? (gid === undefined ? undefined : 0),
    gid,
    groups: [...groups],
    isPrivileged,
    mayEscalate: own.allowPrivilegeEscalation ?? true,
    isRootReadOnly: own.readOnlyRootFilesystem ?? false,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    seccomp: seccompOf(own.seccompProfile ?? ofPod.seccompProfile),
    isApparmorUnconfined: apparmor?.type === 'Unconfined',
  }
}

interface SeccompProfile {
  readonly type: string
  readonly localhostProfile?: string
}

/** The kubelet's default is no profile at all (SeccompDefault is off). */
function seccompOf(profile: SeccompProfile | undefined): string {
  if (profile?.type === 'Localhost') return `${LOCALHOST}${profile.localhostProfile ?? ''}`
  return profile?.type === 'RuntimeDefault' ? 'runtime/default' : 'unconfined'
}

const LOCALHOST = 'localhost/'

/** With the text of a profile of the machine's own in place of its name. Throws ConfigError: never runs without it. */
export async function withProfile(
  security: ContainerSecurity,
  read: (name: string) => Promise<string>,
): Promise<ContainerSecurity> {
  if (!security.seccomp.startsWith(LOCALHOST)) return security
  const name = security.seccomp.slice(LOCALHOST.length)
  if (name.startsWith('/') || name.split('/').includes('..')) throw new ConfigError(`invalid seccomp profile ${name}`)
  try {
    // Without line breaks and spaces: the engine takes it as one option.
    return { ...security, seccomp: JSON.stringify(JSON.parse(await read(name))) }
  } catch (error) {
    throw new ConfigError(`cannot load seccomp profile ${JSON.stringify(name)}: ${messageOf(error)}`)
  }
}

/** Refuses root where `runAsNonRoot` asks for another user (verifyRunAsNonRoot). */
export function checkNonRoot(pod: Pod, container: Container, image: ImageFacts): void {
  const nonRoot = container.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot
  if (!nonRoot) return
  const where = `(pod: "${podText(pod)}", container: ${container.name})`
  const uid = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser
  if (uid === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`)
  if (uid !== undefined) return
  const [user = ''] = image.user.split(':')
  if (user === '' || user === '0')
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`)
  if (!/^\d+$/.test(user)) {
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${where}`,
    )
  }
}

/** The kernel's least share; a container without a request gets it. */
const MIN_SHARES = 2
const MIN_QUOTA = 1000

/** cpu 500m: 512 shares of 1024; limit 250m: 25,000 µs of each 100,000. */
export function resourcesOf(pod: Pod, container: Container, nodeMemory: number): ContainerResources {
  const { requests = {}, limits = {} } = container.resources ?? {}
  const requested = cpuMillis(requests.cpu ?? limits.cpu)
  const limit = cpuMillis(limits.cpu)
  const memoryBytes = bytesOf(limits.memory)
  return {
    cpuShares: requested === 0 ? MIN_SHARES : Math.max(MIN_SHARES, Math.floor((requested * 1024) / 1000)),
    ...(limit > 0 ? { cpuQuota: Math.max(MIN_QUOTA, limit * 100) } : {}),
    ...(memoryBytes > 0 ? { memoryBytes } : {}),
    oomScoreAdj: oomScore(pod, container, nodeMemory),
  }
}

/** Who the kernel kills first: GetContainerOOMScoreAdjust of the kubelet. */
function oomScore(pod: Pod, container: Container, nodeMemory: number): number {
  const { qosClass } = pod.status
  if (pod.spec.priorityClassName === 'system-node-critical' || qosClass === 'Guaranteed') return -997
  if (qosClass === 'BestEffort') return 1000
  const request = bytesOf(container.resources?.requests?.['memory'])
  const score = 1000 - Math.floor((1000 * request) / Math.max(1, nodeMemory))
  return Math.min(999, Math.max(3, score))
}
