/** Runs an operation many times against the server, and says what one took: of time, of CPU, of rows. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Client } from './client.ts'
import { percentile } from './figures.ts'
import { CONNECTIONS, type World } from './scenario.ts'

export interface PlatformFigures {
  readonly rowsWritten: number
  readonly databaseBytes: number
  /** Up to which version the log has been compacted, and the version that was written last. */
  readonly horizon: number
  readonly resourceVersion: number
}

export async function figuresOf(client: Client): Promise<PlatformFigures> {
  const { text } = await client.send('GET', `/platform/v1/clusters/${client.cluster}/figures`, undefined, { raw: true })
  return JSON.parse(text) as PlatformFigures
}

export interface Measured {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly cpuMs: number
  readonly rows: number
}

export interface Load {
  readonly count: number
  /**
   * As many are begun each second, whether those before are answered or not, and the time of each counts from when it
   * should have begun: so a stall is seen by all that it would have kept waiting. Without it the next begins when one
   * is answered.
   */
  readonly perSecond?: number
}

export async function measure(
  { client, server }: World,
  load: Load,
  operation: (index: number) => Promise<Answer>,
): Promise<Measured> {
  const { rowsWritten } = await figuresOf(client)
  const cpu = server.cpuMs()
  const started = performance.now()
  const latencies = load.perSecond === undefined ? await inTurn(load.count, operation) : await paced(load, operation)
  const seconds = (performance.now() - started) / 1000
  const used = server.cpuMs() - cpu
  return {
    perSecond: load.count / seconds,
    ...spread(latencies),
    cpuMs: used / load.count,
    rows: ((await figuresOf(client)).rowsWritten - rowsWritten) / load.count,
  }
}

export function spread(times: readonly number[]): { p50: number; p99: number } {
  const sorted = times.toSorted((a, b) => a - b)
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
}

/** `CONNECTIONS` at once. */
async function inTurn(count: number, operation: (index: number) => Promise<Answer>): Promise<number[]> {
  const latencies: number[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (next < count) {
        const index = next++
        latencies.push(await timed(() => operation(index)))
      }
    }),
  )
  return latencies
}

async function paced({ count, perSecond = 1 }: Load, operation: (index: number) => Promise<Answer>): Promise<number[]> {
  const started = performance.now()
  const running: Promise<number>[] = []
  for (let index = 0; index < count; index++) {
    const due = started + (index * 1000) / perSecond
    const ahead = due - performance.now()
    if (ahead > 0) await sleep(ahead)
    running.push(timed(() => operation(index), due))
  }
  return Promise.all(running)
}

/** Milliseconds. Throws where the answer is no success: a figure of refusals would be none. */
export async function timed(operation: () => Promise<Answer>, begun = performance.now()): Promise<number> {
  const { status, text } = await operation()
  if (status >= 300) throw new Error(`${status}: ${text}`)
  return performance.now() - begun
}
