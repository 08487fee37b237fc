/**
 * From our specs to the Docker Engine's create requests: names, labels, limits. Pure. Names and labels are those
 * dockershim gave, so that tools which know them (cAdvisor, log shippers) find their way.
 */

import type { ContainerCreateOptions } from 'dockerode'
import { allowedOomScore } from './oom-floor.ts'
import type { ContainerSecurity, ContainerSpec, Mount, PodIdentity, SandboxSpec } from './runtime.ts'

export const LABEL = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  container: 'io.kubernetes.container.name',
  type: 'io.kubernetes.docker.type',
  sandboxId: 'io.kubernetes.sandbox.id',
  hash: 'annotation.io.kubernetes.container.hash',
  attempt: 'annotation.io.kubernetes.container.restartCount',
  terminationLog: 'skycrane.io/termination-log',
  grace: 'io.kubernetes.pod.terminationGracePeriod',
  /** Whose it is: other agents and kubelets may use the same engine, and the labels of Kubernetes. */
  agent: 'skycrane.io/agent',
} as const

/** What dockershim calls the sandbox's container. */
const SANDBOX = 'POD'

/** As the kubelet's containerLogMaxSize and containerLogMaxFiles. */
const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } }

/** The kubelet's own figure for pause containers (PodInfraOOMAdj). */
const SANDBOX_OOM_SCORE = -998

/** One CPU quota period, 100 ms: cpu 250m may run 25,000 of every 100,000 µs. */
export const CPU_PERIOD = 100_000

export function sandboxOptions(spec: SandboxSpec, image: string): ContainerCreateOptions {
  return {
    name: dockerName(SANDBOX, spec.identity, spec.attempt),
    Image: image,
    Entrypoint: ['/pause'],
    ...(spec.isHostNetwork ? {} : { Hostname: spec.hostname }),
    Labels: {
      ...spec.labels,
      ...identityLabels(spec.identity),
      [LABEL.container]: SANDBOX,
      [LABEL.type]: 'podsandbox',
      [LABEL.attempt]: String(spec.attempt),
    },
    HostConfig: {
      NetworkMode: spec.isHostNetwork ? 'host' : 'none',
      IpcMode: spec.isHostIpc ? 'host' : 'shareable',
      PidMode: spec.isHostPid ? 'host' : '',
      Sysctls: { ...spec.sysctls },
      CpuShares: 2,
      OomScoreAdj: allowedOomScore(SANDBOX_OOM_SCORE),
      LogConfig: LOG_CONFIG,
    },
  }
}

export function containerOptions(spec: ContainerSpec): ContainerCreateOptions {
  const { security, resources } = spec
  return {
    name: dockerName(spec.name, spec.identity, spec.attempt),
    Image: spec.image,
    ...(spec.entrypoint.length > 0 ? { Entrypoint: [...spec.entrypoint] } : {}),
    ...(spec.args.length > 0 ? { Cmd: [...spec.args] } : {}),
    Env: [...spec.env].map(([name, value]) => `${name}=${value}`),
    ...(spec.workingDir ? { WorkingDir: spec.workingDir } : {}),
    ...(security.uid === undefined ? {} : { User: userOf(security.uid, security.gid) }),
    OpenStdin: spec.stdin,
    StdinOnce: spec.stdinOnce,
    Tty: spec.tty,
    // The probes are ours; an image's own health check would only cost.
    Healthcheck: { Test: ['NONE'] },
    Labels: {
      ...spec.labels,
      ...identityLabels(spec.identity),
      [LABEL.container]: spec.name,
      [LABEL.type]: 'container',
      [LABEL.attempt]: String(spec.attempt),
      [LABEL.sandboxId]: spec.sandboxId,
      [LABEL.hash]: spec.hash,
      [LABEL.terminationLog]: spec.terminationLog,
      [LABEL.grace]: String(spec.graceSeconds),
    },
    HostConfig: {
      NetworkMode: `container:${spec.sandboxId}`,
      IpcMode: `container:${spec.sandboxId}`,
      PidMode: spec.isHostPid ? 'host' : spec.isSharingProcesses ? `container:${spec.sandboxId}` : '',
      Mounts: spec.mounts.map(mountOption),
      Devices: spec.devices.map(({ path }) => ({ PathOnHost: path, PathInContainer: path, CgroupPermissions: 'rwm' })),
      ReadonlyRootfs: security.isRootReadOnly,
      Privileged: security.isPrivileged,
      CapAdd: [...security.addCapabilities],
      CapDrop: [...security.dropCapabilities],
      GroupAdd: security.groups.map(String),
      SecurityOpt: securityOptions(security),
      CpuShares: resources.cpuShares,
      ...(resources.cpuQuota === undefined ? {} : { CpuPeriod: CPU_PERIOD, CpuQuota: resources.cpuQuota }),
      // Equal to the memory limit: no swap, as the kubelet has it.
      ...(resources.memoryBytes ? { Memory: resources.memoryBytes, MemorySwap: resources.memoryBytes } : {}),
      OomScoreAdj: allowedOomScore(resources.oomScoreAdj),
      LogConfig: LOG_CONFIG,
    },
  }
}

/** Docker's default user is the image's; a group alone needs a user beside it, and without one that is root. */
function userOf(uid: number, gid: number | undefined): string {
  return gid === undefined ? String(uid) : `${uid}:${gid}`
}

function dockerName(container: string, pod: PodIdentity, attempt: number): string {
  return `k8s_${container}_${pod.name}_${pod.namespace}_${pod.uid}_${attempt}`
}

function identityLabels(pod: PodIdentity): Record<string, string> {
  return { [LABEL.podName]: pod.name, [LABEL.podNamespace]: pod.namespace, [LABEL.podUid]: pod.uid }
}

function mountOption(mount: Mount) {
  return {
    Type: 'bind' as const,
    Source: mount.source,
    Target: mount.target,
    ReadOnly: mount.isReadOnly,
    // Left out where it is private, which is what the engine does then anyway: said, it refuses folders that hold its own.
    ...(mount.propagation === 'private' ? {} : { BindOptions: { Propagation: mount.propagation } }),
  }
}

function securityOptions(security: ContainerSecurity): string[] {
  if (security.isPrivileged) return []
  return [
    ...(security.mayEscalate ? [] : ['no-new-privileges']),
    ...(security.seccomp === 'runtime/default' ? [] : [`seccomp=${security.seccomp}`]),
    ...(security.isApparmorUnconfined ? ['apparmor=unconfined'] : []),
  ]
}

/** `nginx` means `nginx:latest`; asked for without a tag, Docker would pull every tag there is. */
export function withTag(reference: string): string {
  const last = reference.slice(reference.lastIndexOf('/') + 1)
  return last.includes(':') || last.includes('@') ? reference : `${reference}:latest`
}
