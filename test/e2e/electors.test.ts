/** Leader election by Kubernetes' locks: whatever becomes of leaders and of the control plane, never do two lead at once. */
import {
  CoordinationV1Api,
  CustomObjectsApi,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  V1MicroTime,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configFor } from './client-config.ts'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'
import { startCutProxy } from './cut-proxy.ts'
import {
  configMapLock,
  createElector,
  customLock,
  type Elector,
  type Held,
  isStatus,
  type Lock,
  leaseLock,
  type Read,
} from './elector.ts'

const namespace = 'default'
const LEASE_SECONDS = 2
const RENEW_DEADLINE_MS = 1200
const RETRY_MS = 100
const ELECTION_LOCKS = { group: 'locks.example.com', version: 'v1', plural: 'electionlocks', kind: 'ElectionLock' }

let plane: ControlPlane
let config: KubeConfig

beforeAll(async () => {
  plane = await startControlPlane()
  config = configFor(plane)
  const { group, version, plural, kind } = ELECTION_LOCKS
  const definitions = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }
  const openAPIV3Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['holderIdentity'],
        properties: {
          holderIdentity: { type: 'string' },
          leaseDurationSeconds: { type: 'integer' },
          acquireTime: { type: 'string', format: 'date-time' },
          renewTime: { type: 'string', format: 'date-time' },
          leaseTransitions: { type: 'integer', minimum: 0 },
        },
      },
    },
  }
  const custom = config.makeApiClient(CustomObjectsApi)
  await custom.createClusterCustomObject({
    ...definitions,
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural, kind },
        versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
      },
    },
  })
  await eventually('its locks are served', () =>
    custom.listNamespacedCustomObject({ group, version, namespace, plural }).then(() => true),
  )
}, 60_000)

afterAll(() => plane?.stop(), 30_000)

/** Electors of one lock, each with a connection of its own, and who of them leads; `clashes` says where two did. */
function electionOver(lock: (over: KubeConfig) => Lock) {
  const leading = new Set<string>()
  const terms: string[] = []
  const clashes: string[] = []
  const alive = new Map<string, Elector>()
  const runs: Promise<void>[] = []

  /** Stands again when it has lost, as a process does that is started anew. */
  async function stand(identity: string, over: KubeConfig): Promise<void> {
    let elector: Elector
    do {
      elector = createElector({
        lock: lock(over),
        identity,
        leaseSeconds: LEASE_SECONDS,
        renewDeadlineMs: RENEW_DEADLINE_MS,
        retryMs: RETRY_MS,
        leads() {
          if (leading.size > 0) clashes.push(`${identity} leads beside ${[...leading]}`)
          leading.add(identity)
          terms.push(identity)
        },
        stopsLeading: () => void leading.delete(identity),
      })
      alive.set(identity, elector)
      await elector.run()
    } while (alive.get(identity) === elector)
  }

  return {
    terms,
    clashes,
    lock: lock(config),
    leader: () => (leading.size === 1 ? [...leading][0] : undefined),
    enter: (identity: string, over: KubeConfig = config) => void runs.push(stand(identity, over)),
    /** Killed: what it did ends with it, and its lock stays. */
    kill(identity: string): void {
      alive.get(identity)?.die()
      alive.delete(identity)
      leading.delete(identity)
    },
    /** It ends in order, and gives its lock up. */
    async leave(identity: string): Promise<void> {
      const elector = alive.get(identity)
      alive.delete(identity)
      leading.delete(identity)
      await elector?.release()
    },
    async end(): Promise<void> {
      for (const elector of alive.values()) elector.die()
      alive.clear()
      await Promise.all(runs)
    },
  }
}

const LOCKS: readonly { readonly what: string; readonly lock: (name: string) => (over: KubeConfig) => Lock }[] = [
  { what: 'a Lease', lock: (name) => (over) => leaseLock(over, { name, namespace }) },
  { what: 'a custom resource', lock: (name) => (over) => customLock(over, { name, namespace, ...ELECTION_LOCKS }) },
  { what: 'an annotation of a ConfigMap', lock: (name) => (over) => configMapLock(over, { name, namespace }) },
]
const IDENTITIES = ['one', 'two', 'three']

describe.each(LOCKS)('electors on $what', ({ lock }) => {
  it('have one leader, another when it dies, and the next at once when that one gives up', async () => {
    const election = electionOver(lock('succession'))
    for (const identity of IDENTITIES) election.enter(identity)
    const first = await eventually('a leader', async () => election.leader())
    const began = await election.lock.get()
    await eventually('it renews', async () => (await election.lock.get())?.held.renewTime !== began?.held.renewTime)
    expect((await election.lock.get())?.held).toMatchObject({
      holderIdentity: first,
      acquireTime: began?.held.acquireTime,
      leaseTransitions: 0,
    })
    election.kill(first)
    const died = performance.now()
    const second = await eventually('another', async () => election.leader())
    // Nobody gave it up: the others wait for as long as the record says.
    expect(performance.now() - died).toBeGreaterThan((LEASE_SECONDS * 1000) / 2)
    await election.leave(second)
    const left = performance.now()
    await eventually('the last', async () => election.leader())
    expect(performance.now() - left).toBeLessThan(LEASE_SECONDS * 1000)
    await election.end()
    expect(new Set(election.terms)).toEqual(new Set(IDENTITIES))
    expect(election.clashes).toEqual([])
    expect((await election.lock.get())?.held.leaseTransitions).toBeGreaterThanOrEqual(2)
  })

  it('never have two, though the leader is cut off from the control plane and comes back', async () => {
    const proxy = await startCutProxy(Number(new URL(plane.ready.url).port))
    const election = electionOver(lock('cut-off'))
    election.enter('far', configFor(plane, `https://127.0.0.1:${proxy.port}`))
    await eventually('it leads', async () => election.leader())
    for (const identity of IDENTITIES) election.enter(identity)
    proxy.shut()
    await eventually('it stops by itself', async () => election.leader() === undefined)
    const next = await eventually('another leads', async () => election.leader())
    expect(next).not.toBe('far')
    proxy.open()
    await eventually('it has seen who leads', async () => {
      const before = (await election.lock.get())?.held.renewTime
      return eventually('a renewal', async () => (await election.lock.get())?.held.renewTime !== before)
    })
    await election.end()
    await proxy.stop()
    expect(election.terms).toEqual(['far', next])
    expect(election.clashes).toEqual([])
  })

  it('take it one after the other where many want it at once', async () => {
    const now = new Date().toISOString()
    const times = { acquireTime: now, renewTime: now, leaseDurationSeconds: LEASE_SECONDS }
    const contended = lock('contended')(config)
    const contest = async (leaseTransitions: number, write: (held: Held) => Promise<Read>) => {
      const held = Array.from({ length: 8 }, (_, index) => ({
        ...times,
        holderIdentity: `contender-${index}`,
        leaseTransitions,
      }))
      const results = await Promise.allSettled(held.map(write))
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const result of results)
        if (result.status === 'rejected') expect(isStatus(result.reason, 409), String(result.reason)).toBe(true)
    }
    await contest(0, contended.create)
    const read = await contended.get()
    if (!read) throw new Error('there is no lock')
    await contest(1, (held) => contended.update(held, read))
  })
})

describe('electors', () => {
  it('have one leader for each lock when the control plane was killed and started again', async () => {
    const elections = LOCKS.map(({ lock }) => electionOver(lock('killed')))
    for (const election of elections) for (const identity of IDENTITIES) election.enter(identity)
    for (const election of elections) await eventually('a leader', async () => election.leader())
    await plane.kill()
    await plane.restart()
    for (const election of elections) {
      const before = (await election.lock.get())?.held.renewTime
      await eventually('a leader that renews', async () => {
        const leader = election.leader()
        const { holderIdentity, renewTime } = (await election.lock.get())?.held ?? {}
        return leader !== undefined && holderIdentity === leader && renewTime !== before
      })
    }
    for (const election of elections) {
      await election.end()
      expect(election.clashes).toEqual([])
    }
  })
})

describe('a Lease', () => {
  it('keeps microseconds, and refuses what is no lease', async () => {
    const leases = config.makeApiClient(CoordinationV1Api)
    const renewTime = new V1MicroTime('2026-01-02T03:04:05.678912Z')
    const lease = await leases.createNamespacedLease({
      namespace,
      body: { metadata: { name: 'micro' }, spec: { holderIdentity: 'one', leaseDurationSeconds: 15, renewTime } },
    })
    expect(String(lease.spec?.renewTime)).toMatch(/^2026-01-02T03:04:05\.678\d{3}Z$/)
    await expect(
      leases.patchNamespacedLease(
        { name: 'micro', namespace, body: { spec: { leaseDurationSeconds: 0 } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      ),
    ).rejects.toMatchObject({ code: 422 })
  })
})
