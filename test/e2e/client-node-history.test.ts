/** Kubernetes' own client for Node over a log that forgets: watches that come too late, lists in pages, and one leader. */
import {
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  type V1ConfigMap,
  type V1Lease,
  V1MicroTime,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'

const HISTORY_SECONDS = 2
const namespace = 'default'

let plane: ControlPlane
let config: KubeConfig
let core: CoreV1Api

beforeAll(async () => {
  plane = await startControlPlane({ historySeconds: HISTORY_SECONDS })
  config = new KubeConfig()
  config.loadFromFile(plane.ready.kubeconfig)
  core = config.makeApiClient(CoreV1Api)
}, 60_000)

afterAll(() => plane?.stop(), 30_000)

const put = (name: string, labels: Record<string, string> = {}) =>
  core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels }, data: { value: name } } })

const versionNow = async (): Promise<string> =>
  (await core.listNamespacedConfigMap({ namespace })).metadata?.resourceVersion ?? ''

/** What a watch from a version says within a second. */
async function watchedFrom(resourceVersion: string): Promise<string> {
  const path = `/clusters/${plane.ready.cluster}/api/v1/namespaces/${namespace}/configmaps`
  return (await plane.request(`${path}?watch=true&timeoutSeconds=1&resourceVersion=${resourceVersion}`)).text
}

describe('a version that the log has forgotten', () => {
  it('ends a watch with 410, and an informer that lists anew holds what there is', async () => {
    await put('before', { kept: 'yes' })
    const old = await versionNow()
    const held = new Set<string>()
    const informer = makeInformer<V1ConfigMap>(
      config,
      `/api/v1/namespaces/${namespace}/configmaps`,
      () => core.listNamespacedConfigMap({ namespace, labelSelector: 'kept=yes' }),
      'kept=yes',
    )
    informer.on('add', ({ metadata }) => void held.add(metadata?.name ?? ''))
    informer.on('delete', ({ metadata }) => void held.delete(metadata?.name ?? ''))
    informer.on('error', () => void setTimeout(() => void informer.start().catch(() => undefined), 100))
    await informer.start()
    let written = 0
    await eventually('the log has forgotten it', async () => {
      // Each write may be the one after which the log is looked at.
      await put(`written-${++written}`, { kept: 'yes' })
      return /"type":"ERROR".*"code":410/.test(await watchedFrom(old))
    })
    await core.deleteNamespacedConfigMap({ name: 'before', namespace })
    await plane.kill()
    await plane.restart()
    await put('after', { kept: 'yes' })
    const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: 'kept=yes' })
    const there = items.map(({ metadata }) => metadata?.name ?? '').sort()
    await eventually('it holds just that', async () => JSON.stringify([...held].sort()) === JSON.stringify(there))
    expect(there).not.toContain('before')
    await informer.stop()
  })
})

/** An elector as client libraries have it: takes the Lease where nobody holds it or its holder has been silent too long. */
function createElector(leases: CoordinationV1Api, identity: string, leads: (from: number, until: number) => void) {
  const LEASE_MS = 1000
  const RETRY_MS = 100
  let isAlive = true
  let seen: { readonly version: string | undefined; readonly at: number } | undefined
  const step = async (): Promise<void> => {
    const now = Date.now()
    const spec = { holderIdentity: identity, leaseDurationSeconds: 1, renewTime: new V1MicroTime() }
    let lease: V1Lease
    try {
      lease = await leases.readNamespacedLease({ name: 'lock', namespace })
    } catch {
      await leases.createNamespacedLease({ namespace, body: { metadata: { name: 'lock', namespace }, spec } })
      leads(now, now + LEASE_MS)
      return
    }
    const version = lease.metadata?.resourceVersion
    if (seen?.version !== version) seen = { version, at: now }
    const isMine = lease.spec?.holderIdentity === identity
    if (!isMine && now < (seen?.at ?? now) + LEASE_MS) return
    await leases.replaceNamespacedLease({
      name: 'lock',
      namespace,
      body: { ...lease, spec: { ...lease.spec, ...spec } },
    })
    leads(now, now + LEASE_MS)
  }
  const run = async (): Promise<void> => {
    while (isAlive) {
      // Another was faster, which is what the Lease is for.
      await step().catch(() => undefined)
      await new Promise((done) => setTimeout(done, RETRY_MS))
    }
  }
  const die = (): void => {
    isAlive = false
  }
  return { run, die }
}

describe('electors on one Lease', () => {
  it('never lead two at once, and one takes over from a leader that died', async () => {
    const leases = config.makeApiClient(CoordinationV1Api)
    const terms: { identity: string; from: number; until: number }[] = []
    const electors = ['one', 'two', 'three'].map((identity) => ({
      identity,
      ...createElector(leases, identity, (from, until) => void terms.push({ identity, from, until })),
    }))
    const runs = electors.map(({ run }) => run())
    const leader = await eventually('a leader that renews', async () =>
      terms.length > 5 ? terms.at(-1)?.identity : undefined,
    )
    electors.find(({ identity }) => identity === leader)?.die()
    await eventually('another', async () => terms.some(({ identity }) => identity !== leader))
    for (const { die } of electors) die()
    await Promise.all(runs)
    // A term begins when its holder asked for it, and another's must have run out by then.
    for (const [index, term] of terms.entries()) {
      const before = terms.slice(0, index).filter(({ identity }) => identity !== term.identity)
      for (const { until } of before) expect(term.from).toBeGreaterThanOrEqual(until)
    }
  })
})
