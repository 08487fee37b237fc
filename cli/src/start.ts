/**
 * `npm start`: the whole of it on this machine. Control plane, agent, a Deployment behind a Service, a look at every
 * replica; then it stays up until Ctrl-C. `--once` ends after the look: 0 if all was seen, 1 with the reason if not.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Listr } from 'listr2'
import { startAgent } from './demo/agent-process.ts'
import { type Docker, ensureDocker } from './demo/docker.ts'
import { stopPods } from './demo/stop-pods.ts'
import { buildWebImage } from './demo/web-image.ts'
import { apiOf, applyWorkload, visitAll, waitUntilReady } from './demo/workload.ts'
import { type FirstCluster, firstCluster } from './embedded/first-cluster.ts'
import { type EmbeddedServer, startServer } from './embedded/server.ts'

const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    state: { type: 'string', default: '.skycrane' },
    port: { type: 'string', default: '6443' },
  },
})
const root = resolve(import.meta.dirname, '..', '..')
const state = resolve(root, values.state)
const nodeName = hostname()
  .toLowerCase()
  .replaceAll(/[^a-z0-9.-]/g, '-')
mkdirSync(state, { recursive: true, mode: 0o700 })

const READY_MS = 120_000
const VISIT_MS = 60_000

interface Running {
  docker?: Docker
  server?: EmbeddedServer
  cluster?: FirstCluster
  agent?: ChildProcess
  seen?: string[]
}

const running: Running = {}

/** What an earlier step has put there; a step runs only after those before it have succeeded. */
function have<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('a step before this one has not run')
  return thing
}

const tasks = new Listr(
  [
    {
      title: 'Docker',
      task: async (_, task) => {
        running.docker = await ensureDocker(state, (text) => {
          task.output = text
        })
      },
    },
    {
      title: 'Control plane',
      task: async (_, task) => {
        running.server = await startServer({ root, state, port: Number(values.port), host: '127.0.0.1' })
        task.title = `Control plane at ${running.server.url}`
      },
    },
    {
      title: 'Cluster',
      task: async (_, task) => {
        running.cluster = await firstCluster(have(running.server), state)
        task.title = `Cluster ${running.cluster.id}, kubeconfig ${running.cluster.kubeconfig}`
      },
    },
    {
      title: 'Agent',
      task: async (_, task) => {
        const server = have(running.server)
        const cluster = have(running.cluster)
        const dockerSocket = have(running.docker).socket
        const start = () => startAgent({ root, state, server, cluster: cluster.id, nodeName, dockerSocket })
        running.agent = await start()
        await waitForNode(server, cluster.id)
        keepAgent(start).catch((error: unknown) => {
          console.error(`npm start: ${error instanceof Error ? error.message : String(error)}`)
          return stopAll(1)
        })
        task.title = `Agent: node ${nodeName} is Ready`
      },
    },
    { title: 'Web image, built here', task: () => buildWebImage(have(running.docker).socket) },
    {
      title: 'Deployment and Service',
      task: async (_, task) => {
        const api = apiOf(have(running.server), have(running.cluster).id)
        let said = ''
        const say = (text: string) => {
          // Each state once: a plain log is not filled with the same line.
          if (text !== said) task.output = text
          said = text
        }
        await applyWorkload(api)
        const replicas = await waitUntilReady(api, { timeoutMs: READY_MS, say })
        running.seen = await visitAll(api, replicas, { timeoutMs: VISIT_MS, say })
        task.title = `Deployment web: all ${replicas} replicas answered through the Service: ${running.seen.join(', ')}`
      },
    },
  ],
  // Signals are ours: all that runs must be stopped.
  { registerSignalListeners: false, fallbackRenderer: 'simple', rendererOptions: { collapseSubtasks: false } },
)

async function waitForNode(server: EmbeddedServer, cluster: string): Promise<void> {
  const api = apiOf(server, cluster)
  const deadline = Date.now() + READY_MS
  for (;;) {
    const node = (await api.get(`/api/v1/nodes/${nodeName}`)) as
      | { status?: { conditions?: { type: string; status: string; message?: string }[] } }
      | undefined
    const ready = node?.status?.conditions?.find((condition) => condition.type === 'Ready')
    if (ready?.status === 'True') return
    if (running.agent?.exitCode !== null) throw new Error(`the agent has ended; see ${join(state, 'agent.log')}`)
    if (Date.now() > deadline)
      throw new Error(
        `node ${nodeName} did not become Ready: ${ready?.message ?? 'it never reported'}; see ${join(state, 'agent.log')}`,
      )
    await sleep(200)
  }
}

let stopping: Promise<never> | undefined

/** Once, however often it is asked for: a terminal's Ctrl-C comes from the terminal and from the process above. */
function stopAll(code: number): Promise<never> {
  stopping ??= stop(code)
  return stopping
}

async function stop(code: number): Promise<never> {
  console.log('Stopping ...')
  if (running.agent) {
    await ended(running.agent, 'SIGTERM')
    // Only after an agent of our own: another npm start may be what kept us from the state folder.
    stopPods({ root, socket: have(running.docker).socket, state })
  }
  await running.server?.stop()
  if (running.docker?.engine) await ended(running.docker.engine, 'SIGTERM')
  process.exit(code)
}

const AGENT_RETRY_MS = 2000

/** An agent that ends by itself is started again, as a machine's service manager would do. */
async function keepAgent(start: () => Promise<ChildProcess>): Promise<void> {
  for (;;) {
    const [code, signal] = (await once(have(running.agent), 'exit')) as [number | null, string | null]
    if (stopping) return
    console.error(`the agent has ended (${signal ?? code}) and is started again; see ${join(state, 'agent.log')}`)
    await sleep(AGENT_RETRY_MS)
    if (stopping) return
    running.agent = await start()
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await Promise.race([exit, sleep(20_000)])
}

process.on('SIGINT', () => void stopAll(130))
process.on('SIGTERM', () => void stopAll(143))
process.on('SIGHUP', () => void stopAll(129))

try {
  await tasks.run()
} catch (error) {
  console.error(`npm start: ${error instanceof Error ? error.message : String(error)}`)
  await stopAll(1)
}

if (values.once) await stopAll(0)
const cluster = have(running.cluster)
const server = have(running.server)
console.log(`
Try next:
  export KUBECONFIG=${cluster.kubeconfig}
  kubectl get pods,services -o wide
  kubectl scale deployment web --replicas 5
  kubectl rollout restart deployment web && kubectl rollout status deployment web
  GraphQL (GraphiQL in a browser): ${server.url}/graphql?cluster=${cluster.id}
  Token for it: in ${cluster.kubeconfig}
`)
console.log('Ctrl-C stops everything; the state stays in', state)
