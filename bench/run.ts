/**
 * `npm run bench`: figures of the local control plane, started with `serve`, over HTTPS, beside kube-apiserver's.
 * Loopback only, bounded in count. Machines are shared: CPU per operation is the steadier figure.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from './client.ts'
import { percentile, printHead, printRow } from './figures.ts'
import { startServer } from './process.ts'

const CONNECTIONS = 32
const CREATES = 6000
const GETS = 12_000
const LISTED = 2000
const LISTS = 20
const WATCHERS = 100
const WATCH_EVENTS = 100
const NODES = 100
const PODS = 1000
const IDLE_MS = 5000
const BIND_DEADLINE_MS = 60_000

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`

function resident(): string {
  const { workerd, holder } = server.residentBytes()
  return `${megabytes(workerd)} + ${megabytes(holder)} of the Node process that holds it`
}

const server = await startServer()
const client = new Client(server.target, CONNECTIONS)
// What starting up has left behind is given back within seconds.
await sleep(IDLE_MS)
console.log(
  `started in ${(server.startedInMs / 1000).toFixed(1)} s (kube-apiserver + etcd: 9 s), resident ${resident()} idle (506 MB)`,
)
printHead()
try {
  await creates()
  await gets()
  await lists()
  await watchDelay()
  await rowsPerVerb()
  await bigDeployment()
  console.log(`resident ${resident()} loaded (800 to 1,040 MB)`)
} finally {
  client.close()
  await server.stop()
}

async function rowsWritten(): Promise<number> {
  const { text } = await client.send('GET', `/platform/v1/clusters/${server.target.cluster}/figures`, undefined, {
    raw: true,
  })
  return (JSON.parse(text) as { rowsWritten: number }).rowsWritten
}

interface Measured {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly cpuMs: number
  readonly rows: number
}

/** Runs `operation` `count` times, `CONNECTIONS` at once. */
async function measure(
  count: number,
  operation: (index: number) => Promise<{ status: number; text: string }>,
): Promise<Measured> {
  const latencies: number[] = []
  let next = 0
  const rows = await rowsWritten()
  const cpu = server.cpuMs()
  const started = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (next < count) {
        const index = next++
        const begun = performance.now()
        const { status, text } = await operation(index)
        latencies.push(performance.now() - begun)
        if (status >= 300) throw new Error(`${status}: ${text}`)
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  const used = server.cpuMs() - cpu
  latencies.sort((a, b) => a - b)
  return {
    perSecond: count / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    cpuMs: used / count,
    rows: ((await rowsWritten()) - rows) / count,
  }
}

function configMap(index: number) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `bench-${index}`, labels: { app: 'bench', part: `p${index % 10}` } },
    data: { index: String(index), text: 'x'.repeat(900) },
  }
}

async function creates(): Promise<void> {
  const { perSecond, ...rest } = await measure(CREATES, (index) =>
    client.send('POST', '/api/v1/namespaces/default/configmaps', configMap(index)),
  )
  printRow({
    what: 'create ConfigMap 1 KB, 32 clients',
    figure: `${Math.round(perSecond)}/s`,
    ...rest,
    kubernetes: '1,200 to 1,650/s, p99 54 to 67, CPU 0.8 to 1.3',
  })
}

async function gets(): Promise<void> {
  const { perSecond, ...rest } = await measure(GETS, (index) =>
    client.send('GET', `/api/v1/namespaces/default/configmaps/bench-${index % CREATES}`),
  )
  printRow({
    what: 'get ConfigMap, 32 clients',
    figure: `${Math.round(perSecond)}/s`,
    ...rest,
    kubernetes: '3,100 to 4,400/s, CPU 0.28 to 0.46',
  })
}

async function lists(): Promise<void> {
  for (let index = 0; index < LISTED; index++) {
    // In a namespace of its own, so that the list is of exactly these.
    if (index === 0)
      await client.send('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'lists' },
      })
    await client.send('POST', '/api/v1/namespaces/lists/configmaps', configMap(index))
  }
  await timedList('list of 2,000 ConfigMaps', '/api/v1/namespaces/lists/configmaps', '33 ms')
  await timedList('list of one in ten by label', '/api/v1/namespaces/lists/configmaps?labelSelector=part%3Dp3', '21 ms')
}

async function timedList(what: string, path: string, kubernetes: string): Promise<void> {
  const times: number[] = []
  const cpu = server.cpuMs()
  for (let run = 0; run < LISTS; run++) {
    const begun = performance.now()
    const { status, text } = await client.send('GET', path)
    times.push(performance.now() - begun)
    if (status !== 200) throw new Error(text)
  }
  times.sort((a, b) => a - b)
  printRow({
    what,
    figure: `${percentile(times, 0.5).toFixed(1)} ms`,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    cpuMs: (server.cpuMs() - cpu) / LISTS,
    kubernetes,
  })
}

async function watchDelay(): Promise<void> {
  await client.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'watched' },
  })
  const { text } = await client.send('GET', '/api/v1/namespaces/watched/configmaps')
  const version = (JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion
  const sent = new Map<string, number>()
  const delays: number[] = []
  const ends = await Promise.all(
    Array.from({ length: WATCHERS }, () =>
      client.watch(
        `/api/v1/namespaces/watched/configmaps?watch=true&resourceVersion=${version}&allowWatchBookmarks=true`,
        (line) => {
          const name = /"name":"(w-\d+)"/.exec(line)?.[1]
          const at = name ? sent.get(name) : undefined
          if (at !== undefined && line.includes('"ADDED"')) delays.push(performance.now() - at)
        },
      ),
    ),
  )
  const cpu = server.cpuMs()
  for (let event = 0; event < WATCH_EVENTS; event++) {
    const name = `w-${event}`
    sent.set(name, performance.now())
    await client.send('POST', '/api/v1/namespaces/watched/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data: { text: 'x'.repeat(900) },
    })
    await sleep(20)
  }
  await sleep(500)
  for (const end of ends) end()
  delays.sort((a, b) => a - b)
  printRow({
    what: `watch delay, ${WATCHERS} watchers`,
    figure: `${delays.length} of ${WATCHERS * WATCH_EVENTS}`,
    p50: percentile(delays, 0.5),
    p99: percentile(delays, 0.99),
    cpuMs: (server.cpuMs() - cpu) / WATCH_EVENTS,
    kubernetes: 'p50 5, p99 10',
  })
}

/** Rows of single writes, controllers quiet; DESIGN's budgets beside them. */
async function rowsPerVerb(): Promise<void> {
  const rows = async (what: string, budget: string, write: () => Promise<unknown>) => {
    await sleep(300)
    const before = await rowsWritten()
    await write()
    printRow({ what, figure: '', rows: (await rowsWritten()) - before, kubernetes: `budget ${budget}` })
  }
  const pods = '/api/v1/namespaces/default/pods'
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'rows', labels: { a: '1', b: '2', c: '3' } },
    spec: { schedulerName: 'none', containers: [{ name: 'c', image: 'i' }] },
  }
  await rows('  rows: Pod with 3 labels, create', '9', () => client.send('POST', pods, pod))
  await rows('  rows: Pod status', '3', () =>
    client.send(
      'PATCH',
      `${pods}/rows/status`,
      { status: { phase: 'Running' } },
      { type: 'application/merge-patch+json' },
    ),
  )
  await rows('  rows: Pod delete', '8', () => client.send('DELETE', `${pods}/rows?gracePeriodSeconds=0`))
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'rows' },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'x' },
    reason: 'R',
    message: 'm',
    type: 'Normal',
  }
  await rows('  rows: Event', '3', () => client.send('POST', '/api/v1/namespaces/default/events', event))
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'rows' },
    spec: { holderIdentity: 'a', renewTime: '2026-01-01T00:00:00.000000Z' },
  }
  const made = JSON.parse((await client.send('POST', leases, lease)).text) as Record<string, unknown>
  await rows('  rows: Lease renewal', '1', () =>
    client.send('PUT', `${leases}/rows`, {
      ...made,
      spec: { holderIdentity: 'a', renewTime: '2026-01-01T00:00:02.000000Z' },
    }),
  )
}

async function bigDeployment(): Promise<void> {
  for (let node = 0; node < NODES; node++) await registerNode(`bench-node-${node}`)
  await sleep(1000)
  const labels = { app: 'big' }
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'big' },
    spec: {
      replicas: PODS,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '10m', memory: '16Mi' } } }] },
      },
    },
  }
  const rows = await rowsWritten()
  const cpu = server.cpuMs()
  const begun = performance.now()
  const bound = boundPods(labels)
  const { status, text } = await client.send('POST', '/apis/apps/v1/namespaces/default/deployments', deployment)
  if (status !== 201) throw new Error(text)
  await (await bound).all
  const seconds = (performance.now() - begun) / 1000
  printRow({
    what: `${PODS} Pods bound on ${NODES} nodes`,
    figure: `${seconds.toFixed(2)} s`,
    cpuMs: (server.cpuMs() - cpu) / PODS,
    rows: ((await rowsWritten()) - rows) / PODS,
    kubernetes: '2.6 to 3.2 s, 5.1 to 6.3 ms CPU a Pod',
  })
}

async function registerNode(name: string): Promise<void> {
  const status = {
    capacity: { cpu: '8', memory: '32Gi', pods: '110' },
    allocatable: { cpu: '8', memory: '32Gi', pods: '110' },
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'bench',
        lastHeartbeatTime: new Date().toISOString(),
        lastTransitionTime: new Date().toISOString(),
      },
    ],
  }
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    status,
  }
  const { status: code, text } = await client.send('POST', '/api/v1/nodes', node)
  if (code !== 201) throw new Error(text)
  await client.send('PATCH', `/api/v1/nodes/${name}/status`, { status }, { type: 'application/merge-patch+json' })
}

/** Counts bindings through a watch, as a client would see them. */
async function boundPods(labels: { app: string }): Promise<{ all: Promise<void> }> {
  let end: (() => void) | undefined
  const all = new Promise<void>((resolve, reject) => {
    const seen = new Set<string>()
    const deadline = setTimeout(
      () => reject(new Error(`only ${seen.size} of ${PODS} Pods were bound`)),
      BIND_DEADLINE_MS,
    )
    void client
      .watch(
        `/api/v1/namespaces/default/pods?watch=true&labelSelector=app%3D${labels.app}&fieldSelector=spec.nodeName!%3D`,
        (line) => {
          const name = /"name":"(big-[^"]+)"/.exec(line)?.[1]
          if (name) seen.add(name)
          if (seen.size < PODS) return
          clearTimeout(deadline)
          end?.()
          resolve()
        },
      )
      .then((stop) => {
        end = stop
      }, reject)
  })
  return { all }
}
