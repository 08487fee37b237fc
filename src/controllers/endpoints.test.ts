import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endpoints as endpointsResource } from '../kube/resources/core/endpoints.ts'
import { pods } from '../kube/resources/core/pod.ts'
import { services } from '../kube/resources/core/service.ts'
import { endpointSlices } from '../kube/resources/discovery/endpoint-slice.ts'
import type { Pod, Service } from '../kube/types.ts'
import { endpointSlice } from './endpoint-slice.ts'
import { endpointSliceMirroring } from './endpoint-slice-mirroring.ts'
import { endpoints } from './endpoints.ts'
import { garbageCollector } from './garbage-collector.ts'
import { World } from './testing/world.ts'

const labels = { app: 'web' }

function newWorld(): World {
  const world = new World([endpointSlice, endpoints, endpointSliceMirroring, garbageCollector])
  world.create('v1', 'Node', { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } } })
  return world
}

const serve = (world: World, spec: Record<string, unknown> = {}): Service =>
  world.create('v1', 'Service', {
    metadata: { name: 'web', labels: { team: 'a' } },
    spec: {
      selector: labels,
      clusterIP: '10.96.0.9',
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
      ...spec,
    },
  })

function run(world: World, at: number, { ready = true, port = 8080 }: { ready?: boolean; port?: number } = {}): Pod {
  const made = world.create<Pod>('v1', 'Pod', {
    metadata: { name: `p${at}`, labels },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i', ports: [{ name: 'http', containerPort: port }] }] },
  })
  world.edit(pods, `p${at}`, (draft) => {
    draft.status = {
      phase: 'Running',
      podIP: `10.244.${Math.floor(at / 250)}.${at % 250}`,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    }
  })
  return made
}

const slices = (world: World) => world.list(endpointSlices)
const subsets = (world: World) => world.get(endpointsResource, { namespace: 'default', name: 'web' })?.subsets

describe('a Service with a selector', () => {
  it('has a slice that says where its Pods are and how they do', () => {
    const world = newWorld()
    const service = serve(world)
    const pod = run(world, 1)
    run(world, 2, { ready: false })
    world.settle()
    const [slice] = slices(world)
    expect(slice?.metadata.labels).toEqual({
      team: 'a',
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    })
    expect(slice?.metadata.ownerReferences?.[0]).toMatchObject({
      kind: 'Service',
      uid: service.metadata.uid,
      controller: true,
    })
    expect(slice?.addressType).toBe('IPv4')
    expect(slice?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
    expect(slice?.endpoints).toEqual([
      {
        addresses: ['10.244.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'n1',
        zone: 'z1',
        targetRef: { kind: 'Pod', name: 'p1', namespace: 'default', uid: pod.metadata.uid },
      },
      expect.objectContaining({ conditions: { ready: false, serving: false, terminating: false } }),
    ])
    expect(subsets(world)).toEqual([
      {
        addresses: [
          {
            ip: '10.244.0.1',
            nodeName: 'n1',
            targetRef: { kind: 'Pod', name: 'p1', namespace: 'default', uid: pod.metadata.uid },
          },
        ],
        notReadyAddresses: [expect.objectContaining({ ip: '10.244.0.2' })],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ])
    expect(world.wishes()).toEqual([])
  })

  it('keeps a terminating Pod in its slices, serving but not ready, and not in its Endpoints', () => {
    const world = newWorld()
    serve(world)
    run(world, 1)
    world.settle()
    world.delete(pods, world.get(pods, { namespace: 'default', name: 'p1' }) as Pod)
    world.settle()
    expect(slices(world)[0]?.endpoints[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true })
    expect(subsets(world)).toEqual([])
  })

  it('has one empty slice while it has no Pods', () => {
    const world = newWorld()
    serve(world)
    world.settle()
    expect(slices(world).map((slice) => slice.endpoints)).toEqual([[]])
    run(world, 1)
    world.settle()
    expect(slices(world).map((slice) => slice.endpoints.length)).toEqual([1])
  })

  it('has a slice for each number that a named port has', () => {
    const world = newWorld()
    serve(world)
    run(world, 1, { port: 8080 })
    run(world, 2, { port: 9090 })
    world.settle()
    expect(
      slices(world)
        .map(({ ports }) => ports?.[0]?.port)
        .sort(),
    ).toEqual([8080, 9090])
    expect(subsets(world)?.map(({ ports }) => ports?.[0]?.port)).toEqual([8080, 9090])
  })

  it('lists not ready Pods as ready where it publishes them', () => {
    const world = newWorld()
    serve(world, { publishNotReadyAddresses: true, clusterIP: 'None' })
    run(world, 1, { ready: false })
    world.settle()
    expect(slices(world)[0]?.endpoints[0]?.conditions).toEqual({ ready: true, serving: false, terminating: false })
    expect(slices(world)[0]?.metadata.labels?.['service.kubernetes.io/headless']).toBe('')
    expect(subsets(world)?.[0]?.addresses).toHaveLength(1)
  })

  it('of more than 1,000 Pods lists so many in its Endpoints and says so, until they are fewer', () => {
    const world = newWorld()
    serve(world)
    for (let at = 1; at <= 1001; at++) run(world, at)
    world.settle()
    const endpointsOf = () => world.get(endpointsResource, { namespace: 'default', name: 'web' })
    expect(endpointsOf()?.subsets?.[0]?.addresses).toHaveLength(1000)
    expect(endpointsOf()?.metadata.annotations).toEqual({ 'endpoints.kubernetes.io/over-capacity': 'truncated' })
    expect(slices(world).flatMap((slice) => slice.endpoints)).toHaveLength(1001)
    expect(world.wishes()).toEqual([])
    world.delete(pods, world.get(pods, { namespace: 'default', name: 'p1' }) as Pod, { gracePeriodSeconds: 0 })
    world.settle()
    expect(endpointsOf()?.subsets?.[0]?.addresses).toHaveLength(1000)
    expect(endpointsOf()?.metadata.annotations).toBeUndefined()
  })

  it('takes slices and Endpoints with it', () => {
    const world = newWorld()
    const service = serve(world)
    run(world, 1)
    world.settle()
    world.delete(services, service)
    world.settle()
    expect(slices(world)).toEqual([])
    expect(world.list(endpointsResource)).toEqual([])
  })

  it('takes over no slice of a former Service of its name, and none of those stays', () => {
    const world = newWorld()
    const former = serve(world)
    run(world, 1)
    world.settle()
    world.delete(services, former, { propagation: 'Orphan' })
    world.settle()
    expect(slices(world)).toHaveLength(1)
    const service = serve(world)
    world.settle()
    expect(slices(world).map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).toEqual([service.metadata.uid])
    expect(world.wishes()).toEqual([])
  })

  it('of 250 Pods has three slices, and a change of one Pod writes one of them', () => {
    const world = newWorld()
    serve(world)
    for (let at = 1; at <= 250; at++) run(world, at)
    world.settle()
    expect(
      slices(world)
        .map((slice) => slice.endpoints.length)
        .sort(),
    ).toEqual([100, 100, 50])
    const versions = () => slices(world).map(({ metadata }) => metadata.resourceVersion)
    const before = new Set(versions())
    world.edit(pods, 'p7', (draft) => {
      draft.status.conditions = [{ type: 'Ready', status: 'False' }]
    })
    world.settle()
    expect(versions().filter((version) => !before.has(version))).toHaveLength(1)
  })

  it('lists each Pod once, whatever came and went before', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(6), fc.constantFrom(8080, 9090)), { maxLength: 25 }), (acts) => {
        const world = newWorld()
        serve(world)
        for (const [at, port] of acts) {
          const existing = world.get(pods, { namespace: 'default', name: `p${at}` })
          if (existing) world.delete(pods, existing, { gracePeriodSeconds: 0 })
          else run(world, at, { port })
          world.settle()
        }
        const listed = slices(world).flatMap((slice) => slice.endpoints.map(({ targetRef }) => targetRef?.name ?? ''))
        expect(listed.sort()).toEqual(world.list(pods).map(({ metadata }) => metadata.name))
        expect(world.wishes()).toEqual([])
      }),
      { numRuns: 40 },
    ))
})

describe('a Service without a selector', () => {
  it('has its Endpoints, which someone else keeps, mirrored', () => {
    const world = newWorld()
    world.create('v1', 'Service', {
      metadata: { name: 'db' },
      spec: { clusterIP: '10.96.0.8', ports: [{ port: 5432 }] },
    })
    world.create('v1', 'Endpoints', {
      metadata: { name: 'db' },
      subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 5432 }] }],
    })
    world.settle()
    expect(slices(world)).toMatchObject([
      {
        endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: true } }],
        ports: [{ name: '', port: 5432, protocol: 'TCP' }],
        metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' } },
      },
    ])
    expect(world.wishes()).toEqual([])
    world.edit(endpointsResource, 'db', (draft) => {
      draft.metadata.labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' }
    })
    world.settle()
    expect(slices(world)).toEqual([])
  })
})
