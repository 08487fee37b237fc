/** A node whose agent falls silent, over the agents' API alone: no agent, no Docker. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'

let plane: ControlPlane
let credential: string

const READY = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'test' }
const RESOURCES = { cpu: '4', memory: '8Gi', pods: '110' }

const sync = (node?: unknown) =>
  plane.request('/agent/v1/sync', {
    method: 'POST',
    token: credential,
    body: { pods: [], ended: [], events: [], ...(node ? { node } : {}) },
  })

const status = {
  labels: { 'kubernetes.io/hostname': 'quiet' },
  status: { capacity: RESOURCES, allocatable: RESOURCES, conditions: [READY] },
}

const readiness = () =>
  plane.kubectl('get', 'node', 'quiet', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')

beforeAll(async () => {
  plane = await startControlPlane()
  const joined = await plane.request('/agent/v1/join', {
    method: 'POST',
    token: await plane.joinToken(),
    body: { nodeName: 'quiet' },
  })
  credential = String(joined.body['credential'])
  await sync(status)
}, 60_000)

afterAll(() => plane?.stop(), 30_000)

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'c', image: 'i' }],
        tolerations: [
          { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 },
        ],
      },
    },
  },
}

describe('a node that falls silent', () => {
  it('becomes Unknown and tainted, its Pods are evicted and replaced, and all is well when it is back', async () => {
    expect(await readiness()).toBe('True')
    await plane.apply(deployment)
    const first = await eventually('a Pod bound to it', async () => {
      const line = await plane.kubectl(
        'get',
        'pods',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{end}',
      )
      return line.endsWith(' quiet') && line.split(' ')[0]
    })
    await eventually('NotReady', async () => (await readiness()) === 'Unknown', 120_000)
    expect(await plane.kubectl('get', 'nodes')).toMatch(/quiet\s+NotReady/)
    expect(await plane.kubectl('get', 'node', 'quiet', '-o', 'jsonpath={.spec.taints[*].key}')).toContain(
      'node.kubernetes.io/unreachable',
    )
    await eventually('the eviction', async () =>
      (await plane.kubectl('get', 'pod', first, '-o', 'jsonpath={.metadata.deletionTimestamp}')).startsWith('20'),
    )
    const pending = await eventually('its replacement', async () =>
      (await plane.kubectl('get', 'pods', '--field-selector=status.phase=Pending', '-o', 'name'))
        .split('\n')
        .find((name) => name !== '' && name !== `pod/${first}`),
    )
    await sync(status)
    await eventually(
      'it is bound',
      async () => (await plane.kubectl('get', pending, '-o', 'jsonpath={.spec.nodeName}')) === 'quiet',
    )
    expect(await readiness()).toBe('True')
    expect(await plane.kubectl('get', 'node', 'quiet', '-o', 'jsonpath={.spec.taints}')).toBe('')
  }, 240_000)
})
