/** Nothing of a rollout lives in the object's memory: it is evicted between every two steps, and the result is the same. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually, newWorld, type World } from './world.ts'

interface Pod {
  metadata: { name: string; labels: Record<string, string>; resourceVersion: string; deletionTimestamp?: string }
  spec: { nodeName?: string; containers: { image: string }[] }
  status: { phase: string; conditions?: { type: string; status: string }[] }
}
interface List<T> {
  items: T[]
  metadata: { resourceVersion: string }
}
interface Deployment {
  status: { updatedReplicas?: number; availableReplicas?: number; replicas?: number; observedGeneration?: number }
  metadata: { generation: number }
}

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const PODS = '/api/v1/namespaces/default/pods'
const REPLICAS = 4

const deployment = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } },
  },
})

async function addNode(world: World): Promise<void> {
  const status = {
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
  }
  await world.api('/api/v1/nodes', {
    method: 'POST',
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, status },
  })
}

/** What a node's agent would do, one Pod at a time: bring up what is bound, end what is going. */
async function nodeStep(world: World): Promise<void> {
  const { items } = await world.api<List<Pod>>(PODS)
  for (const { metadata, spec, status } of items) {
    if (metadata.deletionTimestamp) {
      await world.api(`${PODS}/${metadata.name}?gracePeriodSeconds=0`, { method: 'DELETE' })
      return
    }
    if (!spec.nodeName || status.phase === 'Running') continue
    const ready = {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }],
    }
    await world.api(`${PODS}/${metadata.name}/status`, {
      method: 'PATCH',
      body: { status: ready },
      type: 'application/merge-patch+json',
    })
    return
  }
}

/** Lets the object work for a moment, and takes its memory away. */
async function evict(world: World): Promise<void> {
  await runDurableObjectAlarm(world.stub)
  await evictDurableObject(world.stub)
}

const isDone = ({ status, metadata }: Deployment): boolean =>
  status.observedGeneration === metadata.generation &&
  status.updatedReplicas === REPLICAS &&
  status.availableReplicas === REPLICAS &&
  status.replicas === REPLICAS

async function settle(
  world: World,
  image: string,
  { evicting }: { evicting: boolean },
): Promise<{ steps: number; fewestReady: number; mostPods: number }> {
  let steps = 0
  let fewestReady = Number.POSITIVE_INFINITY
  let mostPods = 0
  await eventually(
    `a rollout of ${image}`,
    async () => {
      if (evicting) await evict(world)
      await nodeStep(world)
      steps += 1
      const { items } = await world.api<List<Pod>>(PODS)
      const live = items.filter((pod) => !pod.metadata.deletionTimestamp)
      fewestReady = Math.min(fewestReady, live.filter((pod) => pod.status.phase === 'Running').length)
      mostPods = Math.max(mostPods, live.length)
      return (
        isDone(await world.api<Deployment>(`${DEPLOYMENTS}/web`)) &&
        live.every((pod) => pod.spec.containers[0]?.image === image)
      )
    },
    50_000,
  )
  return { steps, fewestReady, mostPods }
}

describe.each([{ evicting: false }, { evicting: true }])(
  'a rollout, evicting between steps: $evicting',
  ({ evicting }) => {
    let world: World

    beforeAll(async () => {
      world = await newWorld(`rollout-${evicting}`)
      await addNode(world)
      await world.api(DEPLOYMENTS, { method: 'POST', body: deployment('web:1') })
      await settle(world, 'web:1', { evicting })
    })

    it('replaces every Pod within maxSurge and maxUnavailable', async () => {
      await world.api(`${DEPLOYMENTS}/web`, { method: 'PUT', body: deployment('web:2') })
      const { fewestReady, mostPods } = await settle(world, 'web:2', { evicting })
      expect(fewestReady).toBeGreaterThanOrEqual(REPLICAS - 1)
      expect(mostPods).toBeLessThanOrEqual(REPLICAS + 1)
      const { items } = await world.api<List<{ spec: { replicas: number } }>>(
        '/apis/apps/v1/namespaces/default/replicasets',
      )
      expect(items.map((set) => set.spec.replicas).sort()).toEqual([0, REPLICAS])
    })

    it('is settled afterwards: no write follows', async () => {
      await eventually('the last write', async () => {
        const { metadata } = await world.api<List<Pod>>(PODS)
        await new Promise((done) => setTimeout(done, 300))
        return (await world.api<List<Pod>>(PODS)).metadata.resourceVersion === metadata.resourceVersion
      })
      await runInDurableObject(world.stub, (_, state) =>
        expect(state.storage.sql.exec('SELECT count(*) AS n FROM changes').one()['n']).toBeGreaterThan(10),
      )
    })
  },
)
