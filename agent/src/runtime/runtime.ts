/**
 * What the Pod workers need of a container engine, and no more. Docker is one; the tests have another. Must not know
 * how Pods are decided on: specs come in as what to run, observations go out as what is there.
 */
export interface PodIdentity {
  readonly uid: string
  readonly namespace: string
  readonly name: string
}

export type ContainerState =
  | { readonly kind: 'created' }
  | { readonly kind: 'running'; readonly startedAt: string }
  | {
      readonly kind: 'exited'
      readonly exitCode: number
      readonly reason: 'Completed' | 'Error' | 'OOMKilled' | 'ContainerCannotRun'
      readonly message?: string
      /** Absent when it never ran. */
      readonly startedAt?: string
      readonly finishedAt: string
    }

export interface ObservedContainer {
  readonly id: string
  readonly sandboxId: string
  readonly name: string
  /** Counts from 0: the newest attempt is the restart count. */
  readonly attempt: number
  readonly hash: string
  readonly createdAt: string
  readonly image: string
  readonly imageId: string
  readonly state: ContainerState
  readonly stopSignal: string
  /** What its Pod gives it to end, for when the Pod's object is gone. */
  readonly graceSeconds?: number
  /** Where on the host its termination message is. */
  readonly terminationLog?: string
}

export interface ObservedSandbox {
  readonly id: string
  readonly attempt: number
  readonly createdAt: string
  readonly isRunning: boolean
  readonly pid: number
}

/** Everything the engine holds of one Pod, newest first. */
export interface ObservedPod {
  readonly identity: PodIdentity
  readonly sandboxes: readonly ObservedSandbox[]
  readonly containers: readonly ObservedContainer[]
}

export interface SandboxSpec {
  readonly identity: PodIdentity
  readonly attempt: number
  readonly hostname: string
  readonly isHostNetwork: boolean
  readonly isHostPid: boolean
  readonly isHostIpc: boolean
  readonly sysctls: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

export interface Mount {
  readonly source: string
  readonly target: string
  readonly isReadOnly: boolean
  readonly propagation: 'private' | 'rslave' | 'rshared'
}

export interface ContainerSpec {
  readonly identity: PodIdentity
  readonly name: string
  readonly attempt: number
  readonly hash: string
  readonly sandboxId: string
  readonly image: string
  readonly entrypoint: readonly string[]
  readonly args: readonly string[]
  readonly env: ReadonlyMap<string, string>
  readonly workingDir?: string
  readonly mounts: readonly Mount[]
  readonly devices: readonly { readonly path: string }[]
  readonly terminationLog: string
  readonly graceSeconds: number
  readonly stdin: boolean
  readonly stdinOnce: boolean
  readonly tty: boolean
  readonly isHostPid: boolean
  readonly isSharingProcesses: boolean
  readonly security: ContainerSecurity
  readonly resources: ContainerResources
  readonly labels: Readonly<Record<string, string>>
}

export interface ContainerSecurity {
  readonly uid?: number
  readonly gid?: number
  readonly groups: readonly number[]
  readonly isPrivileged: boolean
  readonly mayEscalate: boolean
  readonly isRootReadOnly: boolean
  readonly addCapabilities: readonly string[]
  readonly dropCapabilities: readonly string[]
  /** `unconfined`, `runtime/default`, or the JSON text of a profile. */
  readonly seccomp: string
  readonly isApparmorUnconfined: boolean
}

export interface ContainerResources {
  readonly cpuShares: number
  /** Microseconds of CPU per 100 ms; absent: unlimited. */
  readonly cpuQuota?: number
  readonly memoryBytes?: number
  readonly oomScoreAdj: number
}

export interface ImageFacts {
  readonly id: string
  /** The user its containers run as by default: '', a name or a number. */
  readonly user: string
  readonly sizeBytes: number
}

export interface RegistryAuth {
  readonly username: string
  readonly password: string
  readonly server: string
}

export interface ExecResult {
  readonly exitCode: number
  readonly output: string
}

export interface RuntimeEvent {
  readonly podUid: string
}

export interface RuntimeVersion {
  readonly version: string
  readonly kernel: string
  readonly os: string
  readonly osType: string
  readonly rootDir: string
}

export interface Runtime {
  version(): Promise<RuntimeVersion>
  /** Uids of every Pod of which the engine holds anything, with what their labels say. */
  pods(): Promise<readonly PodIdentity[]>
  observe(identity: PodIdentity): Promise<ObservedPod>
  /** Creates and starts a sandbox without any network of its own plugged in. */
  createSandbox(spec: SandboxSpec): Promise<ObservedSandbox>
  createContainer(spec: ContainerSpec): Promise<string>
  start(id: string): Promise<void>
  /** Sends the signal; one that reaches a dead container is no error. */
  kill(id: string, signal: string): Promise<void>
  /** Settles when the container no longer runs, or when the signal aborts. */
  exited(id: string, signal: AbortSignal): Promise<void>
  remove(id: string): Promise<void>
  /** Runs a command inside; `undefined` when the time was up. */
  exec(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult | undefined>
  image(reference: string): Promise<ImageFacts | undefined>
  pull(reference: string, auths: readonly RegistryAuth[], signal: AbortSignal): Promise<void>
  /** The last lines the container wrote, at most `bytes` of them. */
  tail(id: string, limits: { lines: number; bytes: number }): Promise<string>
  /** Calls back when something happened to a Pod's container; returns when the stream ended. */
  watch(onEvent: (event: RuntimeEvent) => void, signal: AbortSignal): Promise<void>
}
