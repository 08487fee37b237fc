import { describe, expect, it } from 'vitest'
import { forbidden } from '../kube/errors.ts'
import { replicaSets } from '../kube/resources/apps/replica-set.ts'
import { configMaps } from '../kube/resources/core/config-map.ts'
import { pods } from '../kube/resources/core/pod.ts'
import { secrets } from '../kube/resources/core/secret.ts'
import type { ConfigMap, Pod, ReplicaSet } from '../kube/types.ts'
import { garbageCollector } from './garbage-collector.ts'
import { endTerminating, makeReady } from './testing/pods.ts'
import { World } from './testing/world.ts'

const labels = { app: 'web' }
const spec = { containers: [{ name: 'c', image: 'i' }] }

interface Owner {
  apiVersion: string
  kind: string
  metadata: { name: string; uid: string }
}

const refTo = ({ apiVersion, kind, metadata }: Owner, fields: Record<string, unknown> = {}) => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid,
  ...fields,
})

function world(): { world: World; set: ReplicaSet; pod: Pod } {
  const made = new World([garbageCollector])
  const set = made.create<ReplicaSet>('apps/v1', 'ReplicaSet', {
    metadata: { name: 'web' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  })
  const pod = made.create<Pod>('v1', 'Pod', {
    metadata: { name: 'p', labels, ownerReferences: [refTo(set, { controller: true, blockOwnerDeletion: true })] },
    spec,
  })
  made.settle()
  makeReady(made)
  return { world: made, set, pod }
}

const setOf = (made: World) => made.get(replicaSets, { namespace: 'default', name: 'web' })
const podOf = (made: World) => made.get(pods, { namespace: 'default', name: 'p' })

describe('deleting an owner', () => {
  it('in the background deletes it at once and its dependents after it', () => {
    const { world: made, set } = world()
    made.delete(replicaSets, set, { propagation: 'Background' })
    expect(setOf(made)).toBeUndefined()
    made.settle()
    expect(podOf(made)?.metadata.deletionTimestamp).toBeDefined()
    endTerminating(made)
    made.settle()
    expect(made.list(pods)).toEqual([])
  })

  it('in the foreground keeps it until its dependents are gone', () => {
    const { world: made, set } = world()
    made.delete(replicaSets, set, { propagation: 'Foreground' })
    made.settle()
    expect(setOf(made)?.metadata.finalizers).toEqual(['foregroundDeletion'])
    expect(podOf(made)?.metadata.deletionTimestamp).toBeDefined()
    expect(made.wishes()).toEqual([])
    endTerminating(made)
    made.settle()
    expect(setOf(made)).toBeUndefined()
  })

  it('orphaning leaves its dependents, without their reference', () => {
    const { world: made, set } = world()
    made.delete(replicaSets, set, { propagation: 'Orphan' })
    made.settle()
    expect(setOf(made)).toBeUndefined()
    expect(podOf(made)?.metadata.ownerReferences).toBeUndefined()
    expect(podOf(made)?.metadata.deletionTimestamp).toBeUndefined()
  })

  it('keeps a dependent that has another owner, and takes only the lost reference from it', () => {
    const made = new World([garbageCollector])
    const [a, b] = ['a', 'b'].map((name) => made.create<ConfigMap>('v1', 'ConfigMap', { metadata: { name } }))
    if (!a || !b) throw new Error('not made')
    made.create('v1', 'Secret', { metadata: { name: 's', ownerReferences: [refTo(a), refTo(b)] } })
    made.settle()
    made.delete(configMaps, a)
    made.settle()
    expect(made.list(secrets)[0]?.metadata.ownerReferences).toEqual([refTo(b)])
    made.delete(configMaps, b)
    made.settle()
    expect(made.list(secrets)).toEqual([])
  })

  it('goes down a whole tree, from its leaves in the foreground', () => {
    const made = new World([garbageCollector])
    let owner: ConfigMap = made.create('v1', 'ConfigMap', { metadata: { name: 'c0' } })
    const root = owner
    for (const name of ['c1', 'c2', 'c3'])
      owner = made.create('v1', 'ConfigMap', {
        metadata: { name, ownerReferences: [refTo(owner, { blockOwnerDeletion: true })] },
      })
    made.edit(configMaps, 'c3', (draft) => {
      draft.metadata.finalizers = ['example.com/hold']
    })
    made.settle()
    made.delete(configMaps, root, { propagation: 'Foreground' })
    made.settle()
    expect(
      made.list(configMaps).map(({ metadata }) => [metadata.name, metadata.deletionTimestamp !== undefined]),
    ).toEqual([
      ['c0', true],
      ['c1', true],
      ['c2', true],
      ['c3', true],
    ])
    made.edit(configMaps, 'c3', (draft) => {
      delete draft.metadata.finalizers
    })
    made.settle()
    expect(made.list(configMaps)).toEqual([])
  })

  describe('in a circle of owners', () => {
    /** Each owns the next, and the last the first. */
    function circle(length: number): { made: World; first: ConfigMap } {
      const made = new World([garbageCollector])
      const all = Array.from({ length }, (_, at) =>
        made.create<ConfigMap>('v1', 'ConfigMap', { metadata: { name: `c${at}` } }),
      )
      all.forEach((owner, at) => {
        made.edit(configMaps, `c${(at + 1) % length}`, (draft) => {
          draft.metadata.ownerReferences = [refTo(owner, { blockOwnerDeletion: true })]
        })
      })
      made.settle()
      const first = made.get(configMaps, { namespace: 'default', name: 'c0' })
      if (!first) throw new Error('not made')
      return { made, first }
    }

    it.each([1, 2, 3])('of %i, in the foreground, ends it', (length) => {
      const { made, first } = circle(length)
      made.delete(configMaps, first, { propagation: 'Foreground' })
      made.settle()
      expect(made.list(configMaps)).toEqual([])
    })

    it('orphaning its only member ends it too', () => {
      const { made, first } = circle(1)
      made.delete(configMaps, first, { propagation: 'Orphan' })
      made.settle()
      expect(made.list(configMaps)).toEqual([])
    })

    it('ends it though all were deleted at once', () => {
      const { made } = circle(3)
      for (const each of made.list(configMaps)) made.delete(configMaps, each, { propagation: 'Foreground' })
      made.settle()
      expect(made.list(configMaps)).toEqual([])
    })

    it('still waits for a dependent outside of it', () => {
      const { made, first } = circle(2)
      made.create('v1', 'Secret', {
        metadata: {
          name: 's',
          ownerReferences: [refTo(first, { blockOwnerDeletion: true })],
          finalizers: ['example.com/hold'],
        },
      })
      made.settle()
      made.delete(configMaps, first, { propagation: 'Foreground' })
      made.settle()
      expect(made.get(configMaps, { namespace: 'default', name: 'c0' })).toBeDefined()
      made.edit(secrets, 's', (draft) => {
        delete draft.metadata.finalizers
      })
      made.settle()
      expect(made.list(configMaps)).toEqual([])
    })
  })

  it.each(['Background', 'Foreground'])(
    'deleted in the %s takes all with it but what may not be deleted',
    (propagation) => {
      const made = new World([garbageCollector])
      const owner = made.create<ConfigMap>('v1', 'ConfigMap', { metadata: { name: 'owner' } })
      for (let at = 0; at < 80; at++)
        made.create('v1', 'Secret', {
          metadata: { name: `s${at}`, ownerReferences: [refTo(owner, { blockOwnerDeletion: true })] },
        })
      made.settle()
      made.refuseDelete = (resource, { metadata }) =>
        metadata.name.startsWith('s1') ? forbidden(resource, metadata.name, 'it is kept') : undefined
      made.delete(configMaps, owner, { propagation })
      made.settle()
      expect(made.list(secrets).every(({ metadata }) => metadata.name.startsWith('s1'))).toBe(true)
      expect(made.list(secrets)).toHaveLength(11)
      expect(made.list(configMaps)).toHaveLength(propagation === 'Foreground' ? 1 : 0)
      made.refuseDelete = () => undefined
      made.advance(60_000)
      expect(made.list(secrets)).toEqual([])
      expect(made.list(configMaps)).toEqual([])
    },
  )

  it('takes hundreds with it', () => {
    const made = new World([garbageCollector])
    const owner = made.create<ConfigMap>('v1', 'ConfigMap', { metadata: { name: 'owner' } })
    for (let at = 0; at < 180; at++)
      made.create('v1', 'Secret', { metadata: { name: `s${at}`, ownerReferences: [refTo(owner)] } })
    made.settle()
    made.delete(configMaps, owner)
    made.settle()
    expect(made.list(secrets)).toEqual([])
  })
})

describe('a reference', () => {
  it('to an owner that never was, or to another of its name, is no reference', () => {
    const made = new World([garbageCollector])
    const a = made.create<ConfigMap>('v1', 'ConfigMap', { metadata: { name: 'a' } })
    const other = { ...a, metadata: { ...a.metadata, uid: 'former' } }
    made.create('v1', 'Secret', { metadata: { name: 's', ownerReferences: [refTo(other)] } })
    made.settle()
    expect(made.list(secrets)).toEqual([])
  })

  it('to an owner in another namespace is none either, and an Event tells so', () => {
    const made = new World([garbageCollector])
    made.create('v1', 'Namespace', { metadata: { name: 'other' } })
    const a = made.create<ConfigMap>('v1', 'ConfigMap', { metadata: { name: 'a', namespace: 'other' } })
    made.create('v1', 'Secret', { metadata: { name: 's', ownerReferences: [refTo(a)] } })
    made.settle()
    expect(made.list(secrets)).toEqual([])
    expect(made.events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)).toEqual([
      `Warning OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: default, name: a, uid: ${a.metadata.uid}] does not exist in namespace "default"`,
    ])
  })

  it('to a kind that is not served is left alone', () => {
    const made = new World([garbageCollector])
    const owner = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 't', uid: 'u' } }
    made.create('v1', 'Secret', { metadata: { name: 's', ownerReferences: [refTo(owner)] } })
    made.settle()
    expect(made.list(secrets)).toHaveLength(1)
  })
})
