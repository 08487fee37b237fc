/** The agent of this machine, as a process of its own: built if need be, joined with a token, started and stopped. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EmbeddedServer } from '../embedded/server.ts'

export interface AgentOptions {
  readonly root: string
  readonly state: string
  readonly server: EmbeddedServer
  readonly cluster: string
  readonly nodeName: string
  readonly dockerSocket: string
}

export async function startAgent({
  root,
  state,
  server,
  cluster,
  nodeName,
  dockerSocket,
}: AgentOptions): Promise<ChildProcess> {
  const built = spawnSync(process.execPath, [join(root, 'agent', 'build.mjs')], { cwd: root, encoding: 'utf8' })
  if (built.status !== 0) throw new Error(`the agent could not be built: ${built.stderr}`)
  const joined = await server.request(`/platform/v1/clusters/${cluster}/join-tokens`, {
    method: 'POST',
    token: server.token,
    body: {},
  })
  const { token } = (joined.body ?? {}) as { token?: string }
  if (!token) throw new Error(`no join token: ${joined.text}`)
  await endPredecessor(join(state, 'agent'))
  const log = openSync(join(state, 'agent.log'), 'a')
  return spawn(
    process.execPath,
    [
      join(root, 'agent', 'dist', 'agent.mjs'),
      '--server',
      server.url,
      '--ca-file',
      server.caFile,
      '--node-name',
      nodeName,
      '--data-dir',
      join(state, 'agent'),
      '--docker-socket',
      dockerSocket,
    ],
    // Not on the command line, where every user of the machine could read it.
    { stdio: ['ignore', log, log], detached: true, env: { ...process.env, SKYCRANE_TOKEN: token } },
  )
}

/** An `npm start` that was killed leaves its agent running; the new one takes its place. */
async function endPredecessor(dataDir: string): Promise<void> {
  const pid = lockedBy(join(dataDir, 'agent.lock'))
  const isAgent = () => pid !== undefined && commandOf(pid).includes(dataDir)
  if (pid === undefined || !isAgent()) return
  process.kill(pid, 'SIGTERM')
  for (const until = Date.now() + END_MS; isAgent() && Date.now() < until; ) await sleep(50)
  if (isAgent()) process.kill(pid, 'SIGKILL')
}

/** The agent lets go of everything within five seconds. */
const END_MS = 8000

function lockedBy(path: string): number | undefined {
  try {
    // The agent writes it.
    return (JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid
  } catch {
    return undefined
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
