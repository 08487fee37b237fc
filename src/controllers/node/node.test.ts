import { describe, expect, it } from 'vitest'
import { namespaces } from '../../kube/resources/core/namespace.ts'
import { nodes } from '../../kube/resources/core/node.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import type { Namespace, Node, Pod } from '../../kube/types.ts'
import { nodeIpam } from '../node-ipam.ts'
import { podGarbageCollector } from '../pod-gc.ts'
import { makeReady } from '../testing/pods.ts'
import { World } from '../testing/world.ts'
import { nodeReadiness } from './node-readiness.ts'
import { nodeTaints } from './node-taints.ts'
import { taintEviction } from './taint-eviction.ts'

const newWorld = () => new World([nodeIpam, nodeTaints, nodeReadiness, taintEviction, podGarbageCollector])

function join(world: World, name = 'n1'): void {
  world.create('v1', 'Node', { metadata: { name } })
  setReady(world, 'True', name)
  world.settle()
}

function setReady(world: World, status: 'True' | 'False' | 'Unknown', name = 'n1'): void {
  world.edit(nodes, name, (draft) => {
    draft.status.conditions = [{ type: 'Ready', status }]
  })
}

function run(world: World, name: string, tolerations: Pod['spec']['tolerations'] = []): void {
  world.create('v1', 'Pod', {
    metadata: { name },
    spec: { nodeName: 'n1', tolerations, containers: [{ name: 'c', image: 'i' }] },
  })
  makeReady(world)
  world.settle()
}

const nodeOf = (world: World, name = 'n1') => world.get(nodes, { namespace: '', name }) as Node
const podOf = (world: World, name: string) => world.get(pods, { namespace: 'default', name })
const isEvicted = (world: World, name: string) => podOf(world, name)?.metadata.deletionTimestamp !== undefined
const taintsOf = (world: World) => (nodeOf(world).spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort()

describe('taints follow what a node says', () => {
  it.each([
    { status: 'True', taints: [] },
    { status: 'False', taints: ['node.kubernetes.io/not-ready:NoExecute', 'node.kubernetes.io/not-ready:NoSchedule'] },
    {
      status: 'Unknown',
      taints: ['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule'],
    },
  ] as const)('Ready is $status', ({ status, taints }) => {
    const world = newWorld()
    join(world)
    setReady(world, status)
    world.settle()
    expect(taintsOf(world)).toEqual(taints)
    expect(world.wishes()).toEqual([])
    setReady(world, 'True')
    world.settle()
    expect(taintsOf(world)).toEqual([])
  })

  it('a cordon is one too, and a user taint stays', () => {
    const world = newWorld()
    join(world)
    world.edit(nodes, 'n1', (draft) => {
      draft.spec.unschedulable = true
      draft.spec.taints = [{ key: 'mine', effect: 'NoSchedule' }]
    })
    world.settle()
    expect(taintsOf(world)).toEqual(['mine:NoSchedule', 'node.kubernetes.io/unschedulable:NoSchedule'])
    world.edit(nodes, 'n1', (draft) => {
      delete draft.spec.unschedulable
    })
    world.settle()
    expect(taintsOf(world)).toEqual(['mine:NoSchedule'])
  })
})

describe('a node that is lost', () => {
  it('has no ready Pods any more', () => {
    const world = newWorld()
    join(world)
    run(world, 'a', [{ operator: 'Exists' }])
    setReady(world, 'Unknown')
    world.settle()
    expect(podOf(world, 'a')?.status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False')
    expect(world.events).toContainEqual(
      expect.objectContaining({ reason: 'NodeNotReady', message: 'Node is not ready' }),
    )
  })

  it('loses its Pods as their tolerations end', () => {
    const world = newWorld()
    join(world)
    const key = 'node.kubernetes.io/unreachable'
    run(world, 'none')
    run(world, 'some', [{ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }])
    run(world, 'ever', [{ key, operator: 'Exists', effect: 'NoExecute' }])
    setReady(world, 'Unknown')
    world.settle()
    expect(['none', 'some', 'ever'].map((name) => isEvicted(world, name))).toEqual([true, false, false])
    expect(podOf(world, 'none')?.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      }),
    )
    world.advance(299_000)
    expect(isEvicted(world, 'some')).toBe(false)
    world.advance(1_000)
    expect(['none', 'some', 'ever'].map((name) => isEvicted(world, name))).toEqual([true, true, false])
    world.advance(3_600_000)
    expect(isEvicted(world, 'ever')).toBe(false)
    expect(world.wishes()).toEqual([])
  })

  it('loses Pods of a namespace that is going like others, though none of its Events can be told', () => {
    const world = newWorld()
    join(world)
    const shop = world.create<Namespace>('v1', 'Namespace', { metadata: { name: 'shop' } })
    world.create('v1', 'Pod', {
      metadata: { name: 'b', namespace: 'shop' },
      spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
    })
    run(world, 'a')
    world.delete(namespaces, shop)
    setReady(world, 'Unknown')
    world.settle()
    expect(isEvicted(world, 'a')).toBe(true)
    expect(world.get(pods, { namespace: 'shop', name: 'b' })?.metadata.deletionTimestamp).toBeDefined()
  })

  it('keeps them when it is back in time', () => {
    const world = newWorld()
    join(world)
    run(world, 'a', [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }])
    setReady(world, 'Unknown')
    world.settle()
    world.advance(200_000)
    setReady(world, 'True')
    world.settle()
    world.advance(3_600_000)
    expect(isEvicted(world, 'a')).toBe(false)
  })

  it('and deleted takes its Pods with it, by force', () => {
    const world = newWorld()
    join(world)
    run(world, 'a')
    world.advance(60_000)
    world.delete(nodes, nodeOf(world))
    world.settle()
    expect(podOf(world, 'a')).toBeUndefined()
  })
})

it('a Pod made for a node that has not joined yet waits 40 seconds for it', () => {
  const world = newWorld()
  run(world, 'a')
  world.advance(39_000)
  expect(podOf(world, 'a')).toBeDefined()
  world.advance(1_000)
  expect(podOf(world, 'a')).toBeUndefined()
})

it('each node has a range of its own, and one that is free again is used again', () => {
  const world = newWorld()
  for (const name of ['n1', 'n2', 'n3']) join(world, name)
  expect(['n1', 'n2', 'n3'].map((name) => nodeOf(world, name).spec.podCIDR)).toEqual([
    '10.244.0.0/24',
    '10.244.1.0/24',
    '10.244.2.0/24',
  ])
  world.delete(nodes, nodeOf(world, 'n2'))
  join(world, 'n4')
  expect(nodeOf(world, 'n4').spec).toMatchObject({ podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] })
})
