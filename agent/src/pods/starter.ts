/** Starts one container: image, environment, mounts, create, start, postStart hook. Throws StartError. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { graceSecondsOf } from '../../../src/kube/pod/grace.ts'
import type { Pod } from '../../../src/kube/types.ts'
import { messageOf } from '../log.ts'
import { perform } from '../probes/actions.ts'
import type { ContainerSpec, ImageFacts, Mount } from '../runtime/runtime.ts'
import { mountsOf, type VolumePaths } from '../volumes/volumes.ts'
import { checkNonRoot, resourcesOf, securityOf, withProfile } from './container-spec.ts'
import { type Container, hashOf, identityOf } from './containers.ts'
import { commandOf, environmentOf } from './env.ts'
import { type EventType, podEvent } from './events.ts'
import { ensureImage, type PullFailures } from './images.ts'
import { MAX_TIMEOUT_MS } from './signal.ts'
import { StartError } from './start-error.ts'
import type { World } from './world.ts'

export interface StartContext {
  readonly world: World
  readonly sandboxId: string
  readonly attempt: number
  readonly podIp: string
  readonly volumes: VolumePaths
  readonly podFiles: readonly Mount[]
  readonly failures: PullFailures
  /** Aborts when the Pod is told to end. */
  readonly signal: AbortSignal
  /** A hook failed: the container just started has to go. */
  kill(container: Container, id: string): Promise<void>
}

export async function startContainer(pod: Pod, container: Container, context: StartContext): Promise<void> {
  const { world } = context
  const say = (type: EventType, reason: string, message: string) =>
    world.event(podEvent(pod, { type, reason, message }, container))
  const image = await ensureImage(pod, container, context)
  const spec = await specOf(pod, container, { ...context, image }).catch((error: unknown) => {
    throw failure('CreateContainerConfigError', error)
  })
  const id = await world.runtime.createContainer(spec).catch((error: unknown) => {
    throw failure('CreateContainerError', error)
  })
  say('Normal', 'Created', `Created container: ${container.name}`)
  await world.runtime.start(id).catch((error: unknown) => {
    throw failure('RunContainerError', error)
  })
  say('Normal', 'Started', `Started container ${container.name}`)
  await runPostStart(pod, container, { ...context, id })
}

function failure(reason: string, error: unknown): StartError {
  const message = messageOf(error)
  return new StartError({ reason, message, event: message })
}

async function runPostStart(pod: Pod, container: Container, context: StartContext & { readonly id: string }) {
  const hook = container.lifecycle?.postStart
  if (!hook) return
  const { world, id, podIp } = context
  const target = { runtime: world.runtime, containerId: id, container, podIp, timeoutMs: MAX_TIMEOUT_MS }
  const result = await Promise.race([perform(hook, target), aborted(context.signal)])
  if (result === undefined || result.isSuccess) return
  const event = { type: 'Warning', reason: 'FailedPostStartHook', message: 'PostStartHook failed' } as const
  world.event(podEvent(pod, event, container))
  await context.kill(container, id)
  throw new StartError({ reason: 'PostStartHookError', message: result.message })
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

async function specOf(
  pod: Pod,
  container: Container,
  context: StartContext & { readonly image: ImageFacts },
): Promise<ContainerSpec> {
  const { world, image, podIp } = context
  const node = world.node()
  const env = environmentOf(pod, container, { sources: world.sources, place: { ...node, podIp } })
  checkNonRoot(pod, container, image)
  const { entrypoint, args } = commandOf(container, env)
  const terminationLog = await terminationLogFor(pod, container, world)
  const mounts = await mountsOf(container, context.volumes, env)
  const taken = new Set(mounts.map(({ target }) => target))
  return {
    identity: identityOf(pod),
    name: container.name,
    attempt: context.attempt,
    hash: hashOf(container),
    sandboxId: context.sandboxId,
    image: container.image ?? '',
    entrypoint,
    args,
    env,
    workingDir: container.workingDir,
    mounts: [
      ...mounts,
      ...context.podFiles.filter(({ target }) => !taken.has(target)),
      {
        source: terminationLog,
        target: container.terminationMessagePath ?? '/dev/termination-log',
        isReadOnly: false,
        propagation: 'private',
      },
    ],
    devices: [],
    terminationLog,
    graceSeconds: graceSecondsOf(pod.spec),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    isHostPid: pod.spec.hostPID ?? false,
    isSharingProcesses: pod.spec.shareProcessNamespace ?? false,
    security: await withProfile(securityOf(pod, container), (name) => world.seccompProfile(name)),
    resources: resourcesOf(pod, container, node.machineMemoryBytes),
    labels: pod.metadata.labels ?? {},
  }
}

/** An empty file of its own for each attempt, writable by whatever user the container runs as. */
async function terminationLogFor(pod: Pod, container: Container, { volumes }: World): Promise<string> {
  const directory = join(volumes.podDir(pod.metadata.uid), 'termination', container.name)
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const path = join(directory, randomBytes(4).toString('hex'))
  await writeFile(path, '')
  await chmod(path, 0o666)
  return path
}
