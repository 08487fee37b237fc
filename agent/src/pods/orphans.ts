/** Stops what runs of a Pod whose object is gone: by what its containers' labels say, without hooks or events. */
import type { ObservedPod, Runtime } from '../runtime/runtime.ts'
import { isRunning } from './containers.ts'
import { MAX_TIMEOUT_MS } from './signal.ts'

/** What a Pod gets that does not say. */
const DEFAULT_GRACE_SECONDS = 30

/** Asks each container to end, and kills those that have not when their time is up. */
export async function stopOrphan(
  { containers }: ObservedPod,
  runtime: Pick<Runtime, 'kill' | 'exited'>,
  mostSeconds = Number.POSITIVE_INFINITY,
): Promise<void> {
  await Promise.all(
    containers.filter(isRunning).map(async ({ id, stopSignal, graceSeconds = DEFAULT_GRACE_SECONDS }) => {
      await runtime.kill(id, stopSignal)
      const graceMs = Math.min(graceSeconds, mostSeconds) * 1000
      await runtime.exited(id, AbortSignal.timeout(Math.min(graceMs, MAX_TIMEOUT_MS)))
      // One that has ended does not mind.
      await runtime.kill(id, 'SIGKILL')
      await runtime.exited(id, new AbortController().signal)
    }),
  )
}
