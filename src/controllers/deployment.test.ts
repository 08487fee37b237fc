import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deployments } from '../kube/resources/apps/deployment.ts'
import { replicaSets } from '../kube/resources/apps/replica-set.ts'
import { pods } from '../kube/resources/core/pod.ts'
import type { Deployment, ReplicaSet } from '../kube/types.ts'
import { deployment } from './deployment.ts'
import { garbageCollector } from './garbage-collector.ts'
import { controllerReference } from './ownership.ts'
import { replicaSet } from './replica-set.ts'
import { activePods, availablePods, endTerminating, live, makeReady } from './testing/pods.ts'
import { World } from './testing/world.ts'

const newWorld = () => new World([deployment, replicaSet, garbageCollector])
const labels = { app: 'web' }

function deploy(world: World, spec: Record<string, unknown> = {}): Deployment {
  return world.create<Deployment>('apps/v1', 'Deployment', {
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'v1' }] } },
      ...spec,
    },
  })
}

const stored = (world: World): Deployment => world.get(deployments, { namespace: 'default', name: 'web' }) as Deployment
const condition = (world: World, type: string) => stored(world).status.conditions?.find((found) => found.type === type)
const sets = (world: World): readonly ReplicaSet[] => world.list(replicaSets)
const revisions = (world: World) =>
  sets(world)
    .map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'])
    .sort()
const setImage = (world: World, image: string) =>
  world.edit(deployments, 'web', (draft) => {
    const container = draft.spec.template.spec?.containers[0]
    if (container) container.image = image
  })
const setReplicas = (world: World, replicas: number) =>
  world.edit(deployments, 'web', (draft) => {
    draft.spec.replicas = replicas
  })

describe('a new Deployment', () => {
  it('makes a ReplicaSet named after its template, with its bookkeeping', () => {
    const world = newWorld()
    deploy(world)
    live(world)
    const [set] = sets(world)
    const hash = set?.metadata.labels?.['pod-template-hash']
    expect(set?.metadata.name).toBe(`web-${hash}`)
    expect(set?.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash })
    expect(set?.spec.template?.metadata?.labels).toEqual({ app: 'web', 'pod-template-hash': hash })
    expect(set?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
      'deployment.kubernetes.io/revision': '1',
    })
    expect(stored(world).metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' })
    expect(stored(world).status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    })
    expect(stored(world).status.unavailableReplicas).toBeUndefined()
    expect(condition(world, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "web-${hash}" has successfully progressed.`,
    })
    expect(condition(world, 'Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
      message: 'Deployment has minimum availability.',
    })
    expect(
      world.events.filter(({ component }) => component === 'deployment-controller').map(({ message }) => message),
    ).toEqual([`Scaled up replica set web-${hash} from 0 to 3`])
  })

  it('says first that it made the set, then that its Pods are missing', () => {
    const world = newWorld()
    deploy(world)
    world.settle()
    expect(condition(world, 'Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' })
    expect(condition(world, 'Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' })
    expect(stored(world).status.unavailableReplicas).toBe(3)
  })

  it('wants nothing more when asked again', () => {
    const world = newWorld()
    deploy(world)
    live(world)
    setImage(world, 'v2')
    live(world)
    expect(world.wishes()).toEqual([])
  })

  it('copies annotations, but not what was applied', () => {
    const world = newWorld()
    deploy(world)
    world.edit(deployments, 'web', (draft) => {
      draft.metadata.annotations = { team: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
    })
    live(world)
    expect(sets(world)[0]?.metadata.annotations).toMatchObject({ team: 'a' })
    expect(sets(world)[0]?.metadata.annotations).not.toHaveProperty('kubectl.kubernetes.io/last-applied-configuration')
  })
})

describe('a rollout', () => {
  it('replaces all Pods and keeps the old set for undo', () => {
    const world = newWorld()
    deploy(world)
    live(world)
    setImage(world, 'v2')
    live(world)
    expect(activePods(world).map(({ spec }) => spec.containers[0]?.image)).toEqual(['v2', 'v2', 'v2'])
    expect(revisions(world)).toEqual(['1', '2'])
    expect(
      sets(world)
        .map(({ spec }) => spec.replicas)
        .sort(),
    ).toEqual([0, 3])
  })

  it('undone, brings the old set back under a new revision', () => {
    const world = newWorld()
    deploy(world)
    live(world)
    const first = sets(world)[0]?.metadata.name
    setImage(world, 'v2')
    live(world)
    setImage(world, 'v1')
    live(world)
    expect(sets(world)).toHaveLength(2)
    const back = sets(world).find(({ metadata }) => metadata.name === first)
    expect(back?.spec.replicas).toBe(3)
    expect(back?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    })
    expect(stored(world).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3')
  })

  it('keeps no more history than revisionHistoryLimit', () => {
    const world = newWorld()
    deploy(world, { revisionHistoryLimit: 2 })
    for (const image of ['v1', 'v2', 'v3', 'v4', 'v5']) {
      setImage(world, image)
      live(world)
    }
    expect(revisions(world)).toEqual(['3', '4', '5'])
  })

  it.each([
    { replicas: 10, maxSurge: '25%', maxUnavailable: '25%', most: 13, least: 8 },
    { replicas: 3, maxSurge: '25%', maxUnavailable: '25%', most: 4, least: 3 },
    { replicas: 1, maxSurge: 0, maxUnavailable: 1, most: 1, least: 0 },
    { replicas: 4, maxSurge: 0, maxUnavailable: '50%', most: 4, least: 2 },
    { replicas: 3, maxSurge: 0, maxUnavailable: '10%', most: 3, least: 2 },
    { replicas: 2, maxSurge: '100%', maxUnavailable: 0, most: 4, least: 2 },
  ])('of $replicas with surge $maxSurge and $maxUnavailable unavailable has $least to $most Pods', (limits) => {
    const { replicas, maxSurge, maxUnavailable, most, least } = limits
    const world = newWorld()
    deploy(world, { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } })
    live(world)
    let peak = 0
    let trough = replicas
    world.onChange = () => {
      peak = Math.max(peak, activePods(world).length)
      trough = Math.min(trough, availablePods(world))
    }
    setImage(world, 'v2')
    live(world)
    expect({ peak, trough }).toEqual({ peak: most, trough: least })
  })

  it('never runs more than replicas + maxSurge Pods and never fewer available than replicas - maxUnavailable', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 4 }),
        fc.array(fc.record({ act: fc.constantFrom('image', 'ready', 'step', 'end', 'settle'), n: fc.nat(50) }), {
          maxLength: 60,
        }),
        (replicas, maxSurge, maxUnavailable, acts) => {
          const world = newWorld()
          deploy(world, { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } })
          live(world)
          const unavailable = maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable
          world.onChange = () => {
            expect(activePods(world).length).toBeLessThanOrEqual(replicas + maxSurge)
            expect(availablePods(world)).toBeGreaterThanOrEqual(replicas - unavailable)
          }
          for (const { act, n } of acts) {
            if (act === 'image') setImage(world, `v${n % 4}`)
            else if (act === 'ready')
              makeReady(
                world,
                activePods(world).filter((_, at) => at % 3 === n % 3),
              )
            else if (act === 'end') endTerminating(world)
            else if (act === 'settle') world.settle()
            else for (let at = 0; at < n; at++) world.step()
          }
          live(world)
          expect(activePods(world)).toHaveLength(replicas)
          expect(new Set(activePods(world).map(({ spec }) => spec.containers[0]?.image)).size).toBe(1)
          expect(world.wishes()).toEqual([])
        },
      ),
      { numRuns: 60 },
    ))

  it('scaled down in its midst, lets go of those that serve nobody first', () => {
    const world = new World([deployment])
    const rollingUpdate = { maxSurge: 1, maxUnavailable: '50%' }
    deploy(world, { replicas: 5, strategy: { type: 'RollingUpdate', rollingUpdate } })
    for (const image of ['v1', 'v2', 'v3']) {
      setImage(world, image)
      world.settle()
    }
    world.edit(deployments, 'web', (draft) => {
      draft.spec.paused = true
    })
    const names = sets(world).map(({ metadata }) => metadata.name)
    const [serving = '', ...idle] = names
    const resize = (name: string, replicas: number, availableReplicas: number) => {
      world.edit(replicaSets, name, (draft) => {
        draft.spec.replicas = replicas
      })
      world.edit(replicaSets, name, (draft) => {
        draft.status = { ...draft.status, replicas, readyReplicas: availableReplicas, availableReplicas }
      })
    }
    idle.forEach((name, at) => {
      resize(name, 2 + at, 0)
    })
    resize(serving, 1, 1)
    world.settle()
    setReplicas(world, 1)
    world.settle()
    expect(world.get(replicaSets, { namespace: 'default', name: serving })?.spec.replicas).toBe(1)
    expect(sets(world).reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0)).toBeLessThanOrEqual(2)
  })

  it('scaled in its midst, never takes from what serves below replicas - maxUnavailable', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.record({ act: fc.constantFrom('image', 'scale', 'ready', 'end'), n: fc.nat(9) }), {
          maxLength: 40,
        }),
        (maxUnavailable, acts) => {
          const world = newWorld()
          deploy(world, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable } } })
          for (const { act, n } of acts) {
            world.settle()
            const before = availablePods(world)
            if (act === 'image') setImage(world, `v${n % 4}`)
            else if (act === 'scale') setReplicas(world, n)
            else if (act === 'ready')
              makeReady(
                world,
                activePods(world).filter((_, at) => at % 3 === n % 3),
              )
            else endTerminating(world)
            world.settle()
            const least = (stored(world).spec.replicas ?? 1) - maxUnavailable
            expect(availablePods(world)).toBeGreaterThanOrEqual(Math.min(before, least))
          }
        },
      ),
      { numRuns: 100 },
    ))

  it('scaled, paused and changed again at any time, ends where it should', () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ act: fc.constantFrom('image', 'scale', 'pause', 'ready', 'step'), n: fc.nat(12) }), {
          maxLength: 40,
        }),
        (acts) => {
          const world = newWorld()
          deploy(world)
          live(world)
          for (const { act, n } of acts) {
            if (act === 'image') setImage(world, `v${n % 3}`)
            else if (act === 'scale') setReplicas(world, n)
            else if (act === 'pause')
              world.edit(deployments, 'web', (draft) => {
                draft.spec.paused = n % 2 === 0
              })
            else if (act === 'ready')
              makeReady(
                world,
                activePods(world).filter((_, at) => at % 3 === n % 3),
              )
            else for (let at = 0; at < n; at++) world.step()
          }
          world.edit(deployments, 'web', (draft) => {
            draft.spec.paused = false
          })
          live(world)
          const { replicas } = stored(world).spec
          expect(activePods(world)).toHaveLength(replicas ?? 1)
          const image = stored(world).spec.template.spec?.containers[0]?.image
          for (const { spec } of activePods(world)) expect(spec.containers[0]?.image).toBe(image)
          expect(world.wishes()).toEqual([])
        },
      ),
      { numRuns: 60 },
    ))
})

it('replaces nine Pods one by one within one instant of the clock', () => {
  // Once their names ran out: they were derived from the instant alone.
  const world = newWorld()
  deploy(world, { replicas: 9, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } })
  live(world)
  setImage(world, 'v2')
  live(world)
  expect(activePods(world)).toHaveLength(9)
})

/** Stands in for a set's controller: so many Pods are its own afterwards. */
function hold(world: World, set: string, count: number): void {
  const owner = world.get(replicaSets, { namespace: 'default', name: set })
  if (!owner) throw new Error(`no ReplicaSet ${set}`)
  for (let at = 0; at < 10; at++) {
    const key = { namespace: 'default', name: `${set}-${at}` }
    const pod = world.get(pods, key)
    if (pod && at >= count) world.delete(pods, pod, { gracePeriodSeconds: 0 })
    if (pod || at >= count) continue
    world.create('v1', 'Pod', {
      metadata: {
        ...key,
        labels: owner.spec.selector.matchLabels,
        ownerReferences: [controllerReference(replicaSets, owner)],
      },
      spec: owner.spec.template?.spec,
    })
  }
}

it('waits until a set that was told to shrink has done so, and counts only the Pods that it keeps', () => {
  const world = new World([deployment])
  deploy(world, {
    replicas: 10,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
  })
  world.settle()
  const first = sets(world)[0]?.metadata.name ?? ''
  const report = (name: string, availableReplicas: number) => {
    hold(world, name, availableReplicas)
    world.edit(replicaSets, name, (draft) => {
      draft.status = {
        ...draft.status,
        replicas: availableReplicas,
        readyReplicas: availableReplicas,
        availableReplicas,
      }
    })
  }
  const sizeOf = (name: string) => world.get(replicaSets, { namespace: 'default', name })?.spec.replicas
  report(first, 10)
  world.settle()
  setImage(world, 'v2')
  world.settle()
  const second = sets(world).find(({ metadata }) => metadata.name !== first)?.metadata.name ?? ''
  report(first, 8)
  report(second, 3)
  world.settle()
  // The first set still has 8, though it is to keep 5: with the 5 of the second there are 13, and no room for more.
  expect([sizeOf(first), sizeOf(second)]).toEqual([5, 5])
  // Of its 8 only 5 count as available: with 4 new ones 9 are, 8 must be, so 1 may go.
  report(second, 4)
  world.settle()
  expect([sizeOf(first), sizeOf(second)]).toEqual([4, 5])
  report(first, 4)
  world.settle()
  expect([sizeOf(first), sizeOf(second)]).toEqual([4, 9])
})

it('scaled up while a set is still to let go of its Pods, grows as they go, paused or not', () => {
  for (const paused of [false, true]) {
    const world = new World([deployment])
    deploy(world, {
      replicas: 6,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 6 } },
    })
    world.settle()
    const first = sets(world)[0]?.metadata.name ?? ''
    hold(world, first, 6)
    setImage(world, 'v2')
    world.settle()
    world.edit(deployments, 'web', (draft) => {
      draft.spec.paused = paused
    })
    setReplicas(world, 8)
    world.settle()
    const sizes = () => sets(world).map(({ spec }) => spec.replicas ?? 1)
    const total = () => sizes().reduce((sum, size) => sum + size, 0)
    expect(world.get(replicaSets, { namespace: 'default', name: first })?.spec.replicas).toBe(0)
    expect(total()).toBe(2)
    hold(world, first, 3)
    // No status tells of it, so that the Deployment has to look by itself.
    world.advance(5000)
    world.settle()
    expect(total()).toBe(5)
    hold(world, first, 0)
    world.advance(5000)
    world.settle()
    expect(total()).toBe(8)
  }
})

describe('pause and resume', () => {
  it('holds the rollout, tells so, and scales nevertheless', () => {
    const world = newWorld()
    deploy(world)
    live(world)
    world.edit(deployments, 'web', (draft) => {
      draft.spec.paused = true
    })
    setImage(world, 'v2')
    live(world)
    expect(sets(world)).toHaveLength(1)
    expect(condition(world, 'Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    })
    setReplicas(world, 5)
    live(world)
    expect(activePods(world).map(({ spec }) => spec.containers[0]?.image)).toEqual(Array(5).fill('v1'))
    world.edit(deployments, 'web', (draft) => {
      draft.spec.paused = false
    })
    live(world)
    expect(activePods(world).map(({ spec }) => spec.containers[0]?.image)).toEqual(Array(5).fill('v2'))
    expect(condition(world, 'Progressing')?.reason).toBe('NewReplicaSetAvailable')
  })

  it('shares a change of scale out in the midst of a rollout', () => {
    const world = newWorld()
    deploy(world, {
      replicas: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
    })
    live(world)
    setImage(world, 'v2')
    world.settle()
    expect(
      sets(world)
        .map(({ spec }) => spec.replicas)
        .sort(),
    ).toEqual([5, 8])
    setReplicas(world, 15)
    world.settle()
    expect(
      sets(world)
        .map(({ spec }) => spec.replicas)
        .sort(),
    ).toEqual([11, 7])
  })
})

describe('the progress deadline', () => {
  it('is told once it has passed without progress, and not before', () => {
    const world = newWorld()
    deploy(world, { progressDeadlineSeconds: 60 })
    world.settle()
    world.advance(60_000)
    expect(condition(world, 'Progressing')?.status).toBe('True')
    world.advance(2_000)
    const [set] = sets(world)
    expect(condition(world, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${set?.metadata.name}" has timed out progressing.`,
    })
    live(world)
    expect(condition(world, 'Progressing')?.reason).toBe('NewReplicaSetAvailable')
  })
})

describe('Recreate', () => {
  it('makes no new Pod while an old one is there, terminating ones included', () => {
    const world = newWorld()
    deploy(world, { strategy: { type: 'Recreate' } })
    live(world)
    setImage(world, 'v2')
    world.settle()
    expect(sets(world)).toHaveLength(1)
    expect(activePods(world)).toHaveLength(0)
    expect(world.list(pods)).toHaveLength(3)
    endTerminating(world)
    world.settle()
    expect(activePods(world).map(({ spec }) => spec.containers[0]?.image)).toEqual(['v2', 'v2', 'v2'])
  })

  it('waits for old Pods that are still going also when it is paused meanwhile', () => {
    const world = newWorld()
    deploy(world, { strategy: { type: 'Recreate' } })
    live(world)
    setImage(world, 'v2')
    world.settle()
    world.edit(deployments, 'web', (draft) => {
      draft.spec.paused = true
    })
    world.settle()
    expect(activePods(world)).toHaveLength(0)
    endTerminating(world)
    world.settle()
    expect(activePods(world)).toHaveLength(3)
  })
})

describe('a name that is taken', () => {
  it('is left alone: the next try has another hash', () => {
    const world = newWorld()
    deploy(world)
    live(world)
    const name = sets(world)[0]?.metadata.name ?? ''
    const other = newWorld()
    other.create('apps/v1', 'ReplicaSet', {
      metadata: { name },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'other' } },
        template: { metadata: { labels: { app: 'other' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
      },
    })
    deploy(other)
    live(other)
    expect(stored(other).status.collisionCount).toBe(1)
    expect(activePods(other)).toHaveLength(3)
  })
})

it('deletes what it made when it is deleted', () => {
  const world = newWorld()
  const made = deploy(world)
  live(world)
  setImage(world, 'v2')
  live(world)
  world.delete(deployments, stored(world), { propagation: 'Background' })
  live(world)
  expect(made.metadata.uid).toBeDefined()
  expect(sets(world)).toEqual([])
  expect(world.list(pods)).toEqual([])
})
