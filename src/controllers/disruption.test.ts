import { describe, expect, it } from 'vitest'
import { deployments } from '../kube/resources/apps/deployment.ts'
import { pods } from '../kube/resources/core/pod.ts'
import { podDisruptionBudgets } from '../kube/resources/policy/pod-disruption-budget.ts'
import { deployment } from './deployment.ts'
import { disruption } from './disruption.ts'
import { replicaSet } from './replica-set.ts'
import { activePods, live, makeReady } from './testing/pods.ts'
import { World } from './testing/world.ts'

const KEY = { namespace: 'default', name: 'budget' }
const labels = { app: 'web' }
const selector = { matchLabels: labels }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }

function newWorld(spec: Record<string, unknown>): World {
  const world = new World([disruption, deployment, replicaSet])
  world.create('policy/v1', 'PodDisruptionBudget', { metadata: { name: KEY.name }, spec: { selector, ...spec } })
  world.settle()
  return world
}

function deploy(world: World, replicas: number): void {
  world.create('apps/v1', 'Deployment', { metadata: { name: 'web' }, spec: { replicas, selector, template } })
  live(world)
}

function lonePod(world: World, name: string): void {
  world.create('v1', 'Pod', { metadata: { name, labels }, spec: template.spec })
  world.settle()
}

const statusIn = (world: World) => world.get(podDisruptionBudgets, KEY)?.status
const reasons = (world: World) => world.events.map(({ reason }) => reason)

describe('a budget', () => {
  it('of no Pods allows nothing, and says so', () => {
    const world = newWorld({ minAvailable: 1 })
    expect(statusIn(world)).toEqual({
      currentHealthy: 0,
      desiredHealthy: 1,
      disruptionsAllowed: 0,
      expectedPods: 0,
      observedGeneration: 1,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: 'False',
          reason: 'InsufficientPods',
          message: '',
          observedGeneration: 1,
          lastTransitionTime: '2026-01-01T10:00:00Z',
        },
      ],
    })
    expect(reasons(world)).toEqual(['NoPods'])
  })

  it.each([
    { spec: { minAvailable: 5 }, desired: 5, allowed: 2 },
    { spec: { minAvailable: '30%' }, desired: 3, allowed: 4 },
    { spec: { maxUnavailable: 2 }, desired: 5, allowed: 2 },
    { spec: { maxUnavailable: '30%' }, desired: 4, allowed: 3 },
    { spec: { maxUnavailable: 9 }, desired: 0, allowed: 7 },
    { spec: {}, desired: 0, allowed: 0 },
  ])('of 7 replicas with $spec wants $desired and allows $allowed', ({ spec, desired, allowed }) => {
    const world = newWorld(spec)
    deploy(world, 7)
    expect(statusIn(world)).toMatchObject({ desiredHealthy: desired, disruptionsAllowed: allowed, currentHealthy: 7 })
  })

  it('counts a Deployment once in the midst of a rollout, and those that are ready', () => {
    const world = newWorld({ maxUnavailable: 1 })
    deploy(world, 4)
    world.edit(deployments, 'web', (draft) => {
      const container = draft.spec.template.spec?.containers[0]
      if (container) container.image = 'j'
    })
    world.settle()
    expect(activePods(world).length).toBeGreaterThan(4)
    expect(statusIn(world)).toMatchObject({ expectedPods: 4, desiredHealthy: 3 })
    makeReady(world)
    live(world)
    expect(statusIn(world)).toMatchObject({ expectedPods: 4, currentHealthy: 4, disruptionsAllowed: 1 })
  })

  it('of Pods that nobody manages can count them only where it names a number', () => {
    const relative = newWorld({ maxUnavailable: 1 })
    lonePod(relative, 'one')
    expect(reasons(relative)).toContain('UnmanagedPods')
    expect(statusIn(relative)).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 })
    const absolute = newWorld({ minAvailable: 1 })
    for (const name of ['one', 'two']) lonePod(absolute, name)
    makeReady(absolute)
    absolute.settle()
    expect(reasons(absolute)).not.toContain('UnmanagedPods')
    expect(statusIn(absolute)).toMatchObject({ expectedPods: 2, disruptionsAllowed: 1 })
  })

  it('selects nothing without a selector, and all with an empty one', () => {
    for (const [selector, expected] of [
      [undefined, 0],
      [{}, 1],
    ] as const) {
      const world = newWorld({ minAvailable: 1, selector })
      lonePod(world, 'one')
      expect(statusIn(world)?.expectedPods).toBe(expected)
    }
  })

  it('takes an evicted Pod for lost until it is seen to go, or has not gone for two minutes', () => {
    const world = newWorld({ minAvailable: 1 })
    for (const name of ['one', 'two']) lonePod(world, name)
    makeReady(world)
    world.settle()
    world.edit(podDisruptionBudgets, KEY, ({ status }) => {
      status.disruptedPods = { one: '2026-01-01T10:00:00Z', gone: '2026-01-01T10:00:00Z' }
      status.disruptionsAllowed = 0
    })
    world.settle()
    expect(statusIn(world)).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 })
    expect(Object.keys(statusIn(world)?.disruptedPods ?? {})).toEqual(['one'])
    world.advance(2 * 60 * 1000)
    world.settle()
    expect(statusIn(world)).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 })
    expect(statusIn(world)?.disruptedPods).toBeUndefined()
    expect(world.events.find(({ reason }) => reason === 'NotDeleted')?.message).toBe(
      "Pod was expected by PDB default/budget to be deleted but it wasn't",
    )
  })

  it('keeps the time of its condition while nothing changes in it', () => {
    const world = newWorld({ minAvailable: 0 })
    lonePod(world, 'one')
    makeReady(world)
    world.settle()
    const since = statusIn(world)?.conditions?.[0]?.lastTransitionTime
    world.advance(60_000)
    lonePod(world, 'two')
    makeReady(world)
    world.settle()
    expect(statusIn(world)).toMatchObject({
      disruptionsAllowed: 2,
      conditions: [{ status: 'True', lastTransitionTime: since }],
    })
    for (const pod of world.list(pods)) world.delete(pods, pod, { gracePeriodSeconds: 0 })
    world.settle()
    expect(statusIn(world)).toMatchObject({
      conditions: [{ status: 'False', lastTransitionTime: '2026-01-01T10:01:00Z' }],
    })
  })
})
