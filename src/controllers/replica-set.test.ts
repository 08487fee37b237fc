import { describe, expect, it } from 'vitest'
import { forbidden } from '../kube/errors.ts'
import { replicaSets } from '../kube/resources/apps/replica-set.ts'
import { pods } from '../kube/resources/core/pod.ts'
import { replicationControllers } from '../kube/resources/core/replication-controller.ts'
import type { Pod, ReplicaSet, ReplicationController } from '../kube/types.ts'
import { replicaSet } from './replica-set.ts'
import { inOrderOfDeletion } from './replicas/ranking.ts'
import { replicationController } from './replication-controller.ts'
import { activePods, live, makeReady } from './testing/pods.ts'
import { World } from './testing/world.ts'

const newWorld = () => new World([replicaSet, replicationController])
const labels = { app: 'web' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'v1' }] } }

const make = (world: World, spec: Record<string, unknown> = {}): ReplicaSet =>
  world.create('apps/v1', 'ReplicaSet', {
    metadata: { name: 'web' },
    spec: { replicas: 3, selector: { matchLabels: labels }, template, ...spec },
  })
const stored = (world: World): ReplicaSet => world.get(replicaSets, { namespace: 'default', name: 'web' }) as ReplicaSet
const loosePod = (world: World, name: string, own: Record<string, string> = labels): Pod =>
  world.create('v1', 'Pod', { metadata: { name, labels: own }, spec: template.spec })

describe('a ReplicaSet', () => {
  it('makes its Pods, owned, named and labelled, and tells of each', () => {
    const world = newWorld()
    const set = make(world)
    world.settle()
    for (const { metadata } of activePods(world)) {
      expect(metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
      expect(metadata.generateName).toBe('web-')
      expect(metadata.labels).toEqual(labels)
      expect(metadata.ownerReferences).toEqual([
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'web',
          uid: set.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ])
    }
    expect(world.events.map(({ message }) => message).sort()).toEqual(
      activePods(world).map(({ metadata }) => `Created pod: ${metadata.name}`),
    )
    expect(stored(world).status).toEqual({ replicas: 3, fullyLabeledReplicas: 3, observedGeneration: 1 })
  })

  it('makes hundreds in slices, with one status at the end', () => {
    const world = newWorld()
    make(world, { replicas: 130 })
    world.settle()
    expect(activePods(world)).toHaveLength(130)
    // Itself, its namespace, 130 Pods and one status.
    expect(world.writes).toBe(133)
  })

  it('replaces what was lost, deletes what is too much, and wants nothing more', () => {
    const world = newWorld()
    make(world)
    live(world)
    const [first] = activePods(world)
    if (first) world.delete(pods, first)
    live(world)
    expect(activePods(world)).toHaveLength(3)
    world.edit(replicaSets, 'web', (draft) => {
      draft.spec.replicas = 1
    })
    live(world)
    expect(activePods(world)).toHaveLength(1)
    expect(world.events.filter(({ reason }) => reason === 'SuccessfulDelete')).toHaveLength(2)
    expect(world.wishes()).toEqual([])
  })

  it('adopts orphans that match and releases what matches no more', () => {
    const world = newWorld()
    loosePod(world, 'orphan')
    loosePod(world, 'stranger', { app: 'other' })
    make(world, { replicas: 1 })
    live(world)
    expect(world.get(pods, { namespace: 'default', name: 'orphan' })?.metadata.ownerReferences?.[0]?.name).toBe('web')
    expect(world.list(pods)).toHaveLength(2)
    world.edit(pods, 'orphan', (draft) => {
      draft.metadata.labels = { app: 'debug' }
    })
    live(world)
    expect(world.get(pods, { namespace: 'default', name: 'orphan' })?.metadata.ownerReferences).toBeUndefined()
    expect(world.list(pods)).toHaveLength(3)
  })

  it('counts a Pod as available only after minReadySeconds', () => {
    const world = newWorld()
    make(world, { minReadySeconds: 30 })
    world.settle()
    makeReady(world)
    world.settle()
    expect(stored(world).status).toMatchObject({ readyReplicas: 3 })
    expect(stored(world).status.availableReplicas).toBeUndefined()
    world.advance(29_000)
    expect(stored(world).status.availableReplicas).toBeUndefined()
    world.advance(1_000)
    expect(stored(world).status.availableReplicas).toBe(3)
  })

  it('tells why Pods are refused, once, and no longer when they are not', () => {
    const world = newWorld()
    world.refuse = (resource, { metadata }) =>
      resource.kind === 'Pod' ? forbidden(resource, metadata.name, 'exceeded quota') : undefined
    make(world)
    world.settle()
    const [failure] = stored(world).status.conditions ?? []
    expect(failure).toMatchObject({ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' })
    expect(failure?.message).toMatch(/^pods "web-.{5}" is forbidden: exceeded quota$/)
    expect(world.events.some(({ reason }) => reason === 'SuccessfulCreate')).toBe(false)
    expect(world.events[0]?.message).toMatch(/^Error creating: pods "web-.{5}" is forbidden: exceeded quota$/)
    world.refuse = () => undefined
    world.edit(replicaSets, 'web', (draft) => {
      draft.spec.replicas = 4
    })
    world.settle()
    expect(activePods(world)).toHaveLength(4)
    expect(stored(world).status.conditions).toBeUndefined()
  })

  it('deletes all surplus Pods but the one that may not be, and tells why', () => {
    const world = newWorld()
    make(world)
    live(world)
    const kept = activePods(world)[0]?.metadata.name
    world.refuseDelete = (resource, { metadata }) =>
      metadata.name === kept ? forbidden(resource, metadata.name, 'it is kept') : undefined
    world.edit(replicaSets, 'web', (draft) => {
      draft.spec.replicas = 0
    })
    world.settle()
    expect(activePods(world).map(({ metadata }) => metadata.name)).toEqual([kept])
    const message = `pods "${kept}" is forbidden: it is kept`
    expect(stored(world).status.conditions).toMatchObject([{ type: 'ReplicaFailure', reason: 'FailedDelete', message }])
    expect(world.events.filter(({ reason }) => reason === 'FailedDelete')[0]?.message).toBe(
      `Error deleting: ${message}`,
    )
    expect(world.events.some((event) => event.message === `Deleted pod: ${kept}`)).toBe(false)
    // Nothing is told by that of whether Pods can be made: they are made together.
    world.edit(replicaSets, 'web', (draft) => {
      draft.spec.replicas = 5
    })
    world.step()
    expect(activePods(world)).toHaveLength(5)
  })
})

it('a ReplicationController does the same by a plain set of labels', () => {
  const world = newWorld()
  world.create('v1', 'ReplicationController', {
    metadata: { name: 'rc' },
    spec: { replicas: 2, selector: labels, template },
  })
  live(world)
  expect(activePods(world)).toHaveLength(2)
  const rc = world.get(replicationControllers, { namespace: 'default', name: 'rc' }) as ReplicationController
  expect(rc.status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2 })
})

describe('of too many Pods the first to go', () => {
  const now = Date.parse('2026-01-01T12:00:00Z')
  const ready = (since: string) => ({
    conditions: [{ type: 'Ready', status: 'True' as const, lastTransitionTime: since }],
  })
  const pod = (
    name: string,
    fields: { node?: string; status?: Pod['status']; cost?: string; created?: string } = {},
  ): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: fields.created ?? '2026-01-01T10:00:00Z',
      ...(fields.cost ? { annotations: { 'controller.kubernetes.io/pod-deletion-cost': fields.cost } } : {}),
    },
    spec: { containers: [], nodeName: fields.node ?? 'n1' },
    status: { phase: 'Running', ...ready('2026-01-01T10:00:00Z'), ...fields.status },
  })
  const calm = pod('calm')
  it.each([
    { is: 'not assigned', goes: pod('goes', { node: '' }) },
    { is: 'pending', goes: pod('goes', { status: { phase: 'Pending' } }) },
    { is: 'of unknown phase', goes: pod('goes', { status: { phase: 'Unknown' } }) },
    { is: 'not ready', goes: pod('goes', { status: { conditions: [] } }) },
    { is: 'cheap', goes: pod('goes', { cost: '-5' }) },
    { is: 'ready for much less long', goes: pod('goes', { status: ready('2026-01-01T11:59:50Z') }) },
    {
      is: 'the one that restarted',
      goes: pod('goes', {
        status: { containerStatuses: [{ name: 'c', restartCount: 3, image: '', imageID: '', ready: true }] },
      }),
    },
    { is: 'much younger', goes: pod('goes', { created: '2026-01-01T11:59:50Z' }) },
  ])('is $is', ({ goes }) => {
    for (const each of [
      [calm, goes],
      [goes, calm],
    ])
      expect(inOrderOfDeletion({ pods: each, related: [], now })[0]?.metadata.name).toBe('goes')
  })

  it('shares its node with another of the application', () => {
    const [a, b, c] = [pod('a', { node: 'n1' }), pod('b', { node: 'n2' }), pod('c', { node: 'n2' })]
    expect(inOrderOfDeletion({ pods: [a, b], related: [a, b, c], now })[0]?.metadata.name).toBe('b')
  })
})
