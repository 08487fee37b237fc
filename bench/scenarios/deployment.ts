/** A Deployment of a thousand Pods: controllers and scheduler at work. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../client.ts'
import { figuresOf } from '../measure.ts'
import type { Scenario } from '../scenario.ts'

const NODES = 100
const PODS = 1000
const DEADLINE_MS = 60_000
const LABELS = { app: 'big' }

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'big' },
  spec: {
    replicas: PODS,
    selector: { matchLabels: LABELS },
    template: {
      metadata: { labels: LABELS },
      spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '10m', memory: '16Mi' } } }] },
    },
  },
}

export const deployment: Scenario = {
  name: 'deployment',
  about: `a Deployment of ${PODS} Pods bound on ${NODES} nodes`,
  isQuick: true,
  async run({ client, server, print }) {
    for (let node = 0; node < NODES; node++) await registerNode(client, `bench-node-${node}`)
    await sleep(1000)
    const { rowsWritten } = await figuresOf(client)
    const cpu = server.cpuMs()
    const begun = performance.now()
    const bound = await allBound(client)
    const { status, text } = await client.send('POST', '/apis/apps/v1/namespaces/default/deployments', DEPLOYMENT)
    if (status !== 201) throw new Error(text)
    await bound.all
    const seconds = (performance.now() - begun) / 1000
    print({
      what: `${PODS} Pods bound on ${NODES} nodes`,
      figure: `${seconds.toFixed(2)} s`,
      cpuMs: (server.cpuMs() - cpu) / PODS,
      rows: ((await figuresOf(client)).rowsWritten - rowsWritten) / PODS,
      kubernetes: '2.6 to 3.2 s, 5.1 to 6.3 ms CPU a Pod',
    })
  },
}

async function registerNode(client: Client, name: string): Promise<void> {
  const now = new Date().toISOString()
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'bench' }
  const resources = { cpu: '8', memory: '32Gi', pods: '110' }
  const status = {
    capacity: resources,
    allocatable: resources,
    conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }],
  }
  const metadata = { name, labels: { 'kubernetes.io/hostname': name } }
  const { status: code, text } = await client.send('POST', '/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata,
    status,
  })
  if (code !== 201) throw new Error(text)
  await client.send('PATCH', `/api/v1/nodes/${name}/status`, { status }, { type: 'application/merge-patch+json' })
}

/** Counts bindings through a watch, as a client would see them. */
async function allBound(client: Client): Promise<{ all: Promise<void> }> {
  const seen = new Set<string>()
  const { promise: all, resolve, reject } = Promise.withResolvers<void>()
  const path = `/api/v1/namespaces/default/pods?watch=true&labelSelector=app%3D${LABELS.app}&fieldSelector=spec.nodeName!%3D`
  const end = await client.watch(path, (line) => {
    const name = /"name":"(big-[^"]+)"/.exec(line)?.[1]
    if (name) seen.add(name)
    if (seen.size >= PODS) resolve()
  })
  const late = () => reject(new Error(`only ${seen.size} of ${PODS} Pods were bound`))
  const deadline = setTimeout(late, DEADLINE_MS)
  return {
    all: all.finally(() => {
      clearTimeout(deadline)
      end()
    }),
  }
}
