/** The embedded control plane as a process of its own, as `npm run serve` starts it; can be killed and started again. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const root = resolve(import.meta.dirname, '..', '..')
const exec = promisify(execFile)

export interface Ready {
  readonly url: string
  readonly kubeconfig: string
  readonly token: string
  readonly cluster: string
  readonly pid: number
}

export interface ControlPlane {
  readonly ready: Ready
  readonly state: string
  readonly caFile: string
  kubectl(...args: string[]): Promise<string>
  /** As kubectl, with its input. */
  apply(manifest: unknown, ...args: string[]): Promise<string>
  /** kubectl that is expected to fail: its standard error. */
  refused(...args: string[]): Promise<string>
  request(
    path: string,
    init?: { method?: string; body?: unknown; token?: string; headers?: Record<string, string> },
  ): Promise<{ status: number; body: Record<string, unknown>; text: string; headers: Headers }>
  joinToken(): Promise<string>
  /** SIGKILL: nothing is written, closed or told. */
  kill(): Promise<void>
  /** After kill(): the same state, the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface ControlPlaneOptions {
  readonly host?: string
  readonly names?: readonly string[]
  /** How long the log of changes is kept. */
  readonly historySeconds?: number
  /** What the first cluster is made for. */
  readonly compat?: string
}

export async function startControlPlane({
  host = '127.0.0.1',
  names = [],
  compat,
  historySeconds,
}: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const state = mkdtempSync(join(tmpdir(), 'skycrane-e2e-'))
  const options = [
    ...['--host', host],
    ...names.flatMap((name) => ['--name', name]),
    ...(compat === undefined ? [] : ['--compat', compat]),
    ...(historySeconds === undefined ? [] : ['--history', String(historySeconds)]),
  ]
  let { child, ready } = await launch(state, options, 0)
  const kubectl = async (...args: string[]) =>
    (await exec('kubectl', ['--kubeconfig', ready.kubeconfig, ...args], { maxBuffer: 64 * 1024 * 1024 })).stdout

  const request: ControlPlane['request'] = async (
    path,
    { method = 'GET', body, token = ready.token, headers = {} } = {},
  ) => {
    const { Agent, fetch } = await import('undici')
    const { readFileSync } = await import('node:fs')
    const dispatcher = new Agent({ connect: { ca: readFileSync(join(state, 'ca.crt')) } })
    const response = await fetch(`${ready.url}${path}`, {
      method,
      dispatcher,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    await dispatcher.close()
    return { status: response.status, text, body: parse(text), headers: response.headers as unknown as Headers }
  }

  return {
    get ready() {
      return ready
    },
    state,
    caFile: join(state, 'ca.crt'),
    kubectl,
    apply(manifest, ...args) {
      return new Promise((done, fail) => {
        const process_ = execFile(
          'kubectl',
          ['--kubeconfig', ready.kubeconfig, 'apply', ...args, '-f', '-'],
          (error, stdout, stderr) => (error ? fail(new Error(stderr)) : done(stdout)),
        )
        process_.stdin?.end(typeof manifest === 'string' ? manifest : JSON.stringify(manifest))
      })
    },
    async refused(...args) {
      try {
        await kubectl(...args)
      } catch (error) {
        return String((error as { stderr?: string }).stderr ?? error)
      }
      throw new Error(`kubectl ${args.join(' ')} succeeded`)
    },
    request,
    async joinToken() {
      const { body } = await request(`/platform/v1/clusters/${ready.cluster}/join-tokens`, { method: 'POST', body: {} })
      return String(body['token'])
    },
    async kill() {
      const exit = new Promise((done) => child.once('exit', done))
      child.kill('SIGKILL')
      await exit
    },
    async restart() {
      ;({ child, ready } = await launch(state, options, Number(new URL(ready.url).port)))
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const exit = new Promise((done) => child.once('exit', done))
        child.kill('SIGTERM')
        await exit
      }
      rmSync(state, { recursive: true, force: true })
    },
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

async function launch(
  state: string,
  options: readonly string[],
  port: number,
): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = spawn(
    process.execPath,
    [join(root, 'cli/src/serve.ts'), '--state', state, '--port', String(port), ...options],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors = (errors + chunk).slice(-20_000)
    if (process.env['SKYCRANE_TEST_LOG']) process.stderr.write(chunk)
  })
  const line = await new Promise<string>((done, fail) => {
    if (child.stdout) createInterface({ input: child.stdout }).once('line', done)
    child.once('exit', (code) => fail(new Error(`serve ended with ${code}: ${errors}`)))
  })
  return { child, ready: JSON.parse(line) as Ready }
}

/** Polls until `check` answers something; the promise of a test, with a deadline instead of a sleep. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const found = await check()
      if (found !== undefined && found !== false) return found
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms${last ? `: ${String(last)}` : ''}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}
