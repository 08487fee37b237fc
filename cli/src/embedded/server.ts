/**
 * The embedded control plane: the very Worker that is deployed, in workerd, started through miniflare's API, over HTTPS
 * with its state in a folder. For one machine, for development and for tests.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Miniflare, type Request, Response } from 'miniflare'
import { passOn } from '../../../agent/src/control/tunnel.ts'
import type { TunnelRequest } from '../../../src/protocol/agent.ts'
import { serverCertificate } from './certificates.ts'
import { writePrivately } from './files.ts'
import { lockState } from './state-lock.ts'
import { bundleWorker } from './worker-bundle.ts'

export interface ServerOptions {
  /** The folder that holds src and migrations. */
  readonly root: string
  readonly state: string
  readonly port: number
  /** Address listened on. */
  readonly host: string
  /** Further names and addresses that the certificate is for. */
  readonly names?: readonly string[]
  /** How long the log of changes, and Events, are kept; an hour if undefined. */
  readonly historySeconds?: number | undefined
}

export interface EmbeddedServer {
  readonly url: string
  /** PEM. */
  readonly ca: string
  readonly caFile: string
  /** The organization's token. */
  readonly token: string
  request(
    path: string,
    init?: { method?: string; token?: string; body?: unknown },
  ): Promise<{ status: number; body: unknown; text: string }>
  stop(): Promise<void>
}

interface Secrets {
  readonly sealingKey: string
  readonly bootstrapSecret: string
  readonly token?: string
}

/**
 * A small young generation keeps each collection short: gets at 32 clients with p99 of 16 to 31 ms, and 27 to 60 with
 * twice the size. An old one that may grow to 32 MB at first is collected less often, which is the tail of watches; each
 * 16 MB more cost some 60 MB resident, over all isolates.
 */
const V8_FLAGS = '--max-semi-space-size=1 --initial-heap-size=32'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export async function startServer(options: ServerOptions): Promise<EmbeddedServer> {
  const { root, state, port, host, names = [], historySeconds } = options
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const lock = await lockState(state)
  const secrets = readSecrets(state)
  const tls = await serverCertificate(state, [
    ...new Set(['localhost', '127.0.0.1', ...(host === '0.0.0.0' ? [] : [host]), ...names]),
  ])
  const { contents } = await bundleWorker(root)
  process.env['MINIFLARE_WORKERD_V8_FLAGS'] ??= V8_FLAGS
  // Not left to miniflare: beside another address it listens on loopback too, and names that port.
  const chosen = await freePort(host, port)
  const listeners = SIGNALS.map((signal) => ({ signal, known: process.listeners(signal) }))
  const miniflare = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.js', contents }],
    compatibilityDate: '2026-07-30',
    compatibilityFlags: ['nodejs_compat', 'enable_request_signal'],
    durableObjects: { CLUSTERS: { className: 'Cluster', useSQLite: true } },
    d1Databases: { DB: 'skycrane' },
    bindings: {
      SEALING_KEY: secrets.sealingKey,
      BOOTSTRAP_SECRET: secrets.bootstrapSecret,
      SERVER_CA: tls.ca,
      ...(historySeconds === undefined ? {} : { HISTORY_SECONDS: String(historySeconds) }),
    },
    // workerd trusts public authorities only; Node trusts whom a webhook's caBundle names.
    serviceBindings: {
      RELAY: async (request: Request) => Response.json(await passOn((await request.json()) as TunnelRequest)),
    },
    durableObjectsPersist: join(state, 'objects'),
    d1Persist: join(state, 'd1'),
    // What the hosted edge would tell of a request's origin: nothing here, and so nothing to be encoded for each request.
    cf: {},
    host,
    port: chosen,
    httpsKey: tls.key,
    httpsCert: tls.certificate,
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      // Standard output is the caller's: serve's one line stands there.
      stdout.pipe(process.stderr)
      stderr.pipe(process.stderr)
    },
  })
  await miniflare.ready
  // miniflare ends the process at a signal, before anything could be put in order; whoever started the server stops it.
  for (const { signal, known } of listeners)
    for (const listener of process.listeners(signal))
      if (!known.includes(listener)) process.removeListener(signal, listener)
  await migrateTenancy(await miniflare.getD1Database('DB'), join(root, 'migrations', 'tenancy'))
  const url = `https://${host === '0.0.0.0' ? '127.0.0.1' : host}:${chosen}`

  const request: EmbeddedServer['request'] = async (path, { method = 'GET', token, body } = {}) => {
    const response = await miniflare.dispatchFetch(`${url}${path}`, {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, text, body: parse(text) }
  }

  const token = secrets.token ?? (await bootstrap(state, secrets, request))
  return {
    url,
    ca: tls.ca,
    caFile: join(state, 'ca.crt'),
    token,
    request,
    async stop() {
      await miniflare.dispose()
      lock.release()
    },
  }
}

/** The port asked for, or any with 0. Tried before workerd is started, which has only a stack trace to say. */
function freePort(host: string, port: number): Promise<number> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${port} is not a port`)
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${port} of ${host} is in use`) : error),
    )
    probe.listen(port, host, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const secretsPath = (state: string): string => join(state, 'secrets.json')

function readSecrets(state: string): Secrets {
  const path = secretsPath(state)
  // Written below.
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Secrets
  const secrets = {
    sealingKey: randomBytes(32).toString('base64'),
    bootstrapSecret: randomBytes(32).toString('base64url'),
  }
  writePrivately(path, JSON.stringify(secrets))
  return secrets
}

async function bootstrap(state: string, secrets: Secrets, request: EmbeddedServer['request']): Promise<string> {
  const { status, body, text } = await request('/platform/v1/bootstrap', {
    method: 'POST',
    token: secrets.bootstrapSecret,
    body: { organization: 'local' },
  })
  const { token } = (body ?? {}) as { token?: string }
  if (status !== 201 || !token) throw new Error(`the first organization could not be made: ${text}`)
  writePrivately(secretsPath(state), JSON.stringify({ ...secrets, token }))
  return token
}

interface Database {
  exec(sql: string): Promise<unknown>
  prepare(sql: string): {
    all(): Promise<{ results: unknown[] }>
    bind(...values: unknown[]): { run(): Promise<unknown> }
  }
}

/** As `wrangler d1 migrations apply` does for a hosted deployment. */
async function migrateTenancy(db: Database, folder: string): Promise<void> {
  await db.exec('CREATE TABLE IF NOT EXISTS d1_migrations (name TEXT PRIMARY KEY)')
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all()
  const applied = new Set(results.map((row) => (row as { name: string }).name))
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()) {
    if (applied.has(file)) continue
    for (const statement of readFileSync(join(folder, file), 'utf8').split('--> statement-breakpoint'))
      await db.exec(statement.replaceAll(/\s+/g, ' ').trim())
    await db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(file).run()
  }
}
