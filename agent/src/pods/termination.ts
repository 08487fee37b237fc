/** The last words of containers: from their termination message file, or from their log when asked so. */
import { open } from 'node:fs/promises'
import type { Pod } from '../../../src/kube/types.ts'
import type { ObservedContainer, ObservedPod, Runtime } from '../runtime/runtime.ts'
import { type Container, containersOf, initContainersOf } from './containers.ts'
import type { PodStatus } from './status.ts'

/** The kubelet's MaxContainerTerminationMessageLength, and what it takes from the log instead. */
const FILE_LIMIT = 4096
const LOG_LIMITS = { lines: 80, bytes: 2048 }

interface Context {
  readonly runtime: Runtime
  /** By container id; read once, for the file may go before the container. */
  readonly known: Map<string, string>
  readonly old: PodStatus
}

export async function terminationMessages(pod: Pod, observed: ObservedPod, context: Context): Promise<void> {
  const all = [...initContainersOf(pod), ...containersOf(pod)]
  for (const seen of observed.containers) {
    if (seen.state.kind !== 'exited' || context.known.has(seen.id)) continue
    const container = all.find(({ name }) => name === seen.name)
    if (container) context.known.set(seen.id, await messageFor(container, seen, context))
  }
}

async function messageFor(container: Container, seen: ObservedContainer, { runtime, old }: Context): Promise<string> {
  const text = seen.terminationLog ? await readTail(seen.terminationLog) : ''
  if (text) return text
  const said = [...(old.initContainerStatuses ?? []), ...(old.containerStatuses ?? [])]
    .flatMap(({ state, lastState }) => [state?.terminated, lastState?.terminated])
    .find((end) => end?.containerID === `docker://${seen.id}`)?.message
  if (said) return said
  const hasFailed = seen.state.kind === 'exited' && seen.state.exitCode !== 0
  const wantsLog = container.terminationMessagePolicy === 'FallbackToLogsOnError'
  return hasFailed && wantsLog ? runtime.tail(seen.id, LOG_LIMITS) : ''
}

async function readTail(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return ''
  try {
    const { size } = await file.stat()
    const length = Math.min(size, FILE_LIMIT)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString()
  } finally {
    await file.close()
  }
}
