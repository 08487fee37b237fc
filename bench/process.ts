/** The server under the bench, and what the kernel says of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Target } from './client.ts'

export interface Resident {
  /** Bytes of workerd. */
  readonly workerd: number
  /** Bytes of the Node process that started it and looks after it. */
  readonly holder: number
}

export interface ServerProcess {
  readonly target: Target
  /** Until it took requests, the last time it was started. */
  readonly startedInMs: number
  /** CPU milliseconds of workerd and of the Node process that holds it. */
  cpuMs(): number
  resident(): Resident
  /** Ends it and starts it again on the same state and port. */
  restart(): Promise<void>
  /** Ends it, and its state with it. */
  stop(): Promise<void>
}

export interface ServerSettings {
  /** How long the log of changes is kept. */
  readonly historySeconds?: number
}

const root = resolve(import.meta.dirname, '..')

export async function startServer({ historySeconds }: ServerSettings = {}): Promise<ServerProcess> {
  const state = mkdtempSync(join(tmpdir(), 'skycrane-bench-'))
  const history = historySeconds === undefined ? [] : ['--history', String(historySeconds)]
  let running = await launch(['--state', state, '--port', '0', ...history])
  const { target } = running
  return {
    target,
    get startedInMs() {
      return running.startedInMs
    },
    cpuMs: () => running.pids.reduce((sum, pid) => sum + cpuOf(pid), 0),
    resident() {
      const [holder = 0, ...others] = running.pids.map(residentOf)
      return { workerd: Math.max(...others), holder }
    },
    async restart() {
      await running.end()
      running = await launch(['--state', state, '--port', new URL(target.url).port, ...history])
    },
    async stop() {
      await running.end()
      rmSync(state, { recursive: true, force: true })
    },
  }
}

interface Running {
  readonly target: Target
  readonly startedInMs: number
  /** The Node process's, then those of its descendants. */
  readonly pids: readonly number[]
  end(): Promise<void>
}

async function launch(parameters: readonly string[]): Promise<Running> {
  const started = performance.now()
  const child = spawn(process.execPath, [join(root, 'cli/src/serve.ts'), ...parameters], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ready = await firstLine(child)
  const startedInMs = performance.now() - started
  const { url, token, cluster, kubeconfig } = JSON.parse(ready) as {
    url: string
    token: string
    cluster: string
    kubeconfig: string
  }
  const pid = child.pid ?? 0
  return {
    target: { url, token, cluster, ca: join(dirname(kubeconfig), 'ca.crt') },
    startedInMs,
    pids: [pid, ...descendants(pid)],
    async end() {
      const exit = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      await exit
    },
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolveLine, reject) => {
    if (!child.stdout) throw new Error('the server has no standard output')
    createInterface({ input: child.stdout }).once('line', resolveLine)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
}

function descendants(pid: number): number[] {
  const children = readdirSync('/proc')
    .map(Number)
    .filter((candidate) => Number.isInteger(candidate) && candidate > 0 && statOf(candidate)?.[1] === String(pid))
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** Fields of /proc/<pid>/stat from the third on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** utime and stime, in clock ticks of 10 ms. */
function cpuOf(pid: number): number {
  const stat = statOf(pid)
  return stat ? (Number(stat[11]) + Number(stat[12])) * 10 : 0
}

function residentOf(pid: number): number {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
