/** The server under the bench, and what the kernel says of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Target } from './client.ts'

export interface ServerProcess {
  readonly target: Target
  readonly startedInMs: number
  /** CPU milliseconds of workerd and of the Node process that holds it. */
  cpuMs(): number
  /** Resident bytes of workerd, and of the Node process that started it and looks after it. */
  residentBytes(): { readonly workerd: number; readonly holder: number }
  stop(): Promise<void>
}

const root = resolve(import.meta.dirname, '..')

export async function startServer(): Promise<ServerProcess> {
  const state = mkdtempSync(join(tmpdir(), 'skycrane-bench-'))
  const started = performance.now()
  const child = spawn(process.execPath, [join(root, 'cli/src/serve.ts'), '--state', state, '--port', '0'], {
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
  const pids = [child.pid ?? 0, ...descendants(child.pid ?? 0)]
  return {
    target: { url, token, cluster, ca: join(dirname(kubeconfig), 'ca.crt') },
    startedInMs,
    cpuMs: () => pids.reduce((sum, pid) => sum + cpuOf(pid), 0),
    residentBytes: () => ({
      workerd: Math.max(...descendants(child.pid ?? 0).map(residentOf)),
      holder: residentOf(child.pid ?? 0),
    }),
    async stop() {
      const exit = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      await exit
      rmSync(state, { recursive: true, force: true })
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
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) * 1024
}
