import { expect, it } from 'vitest'
import { forbidden } from '../kube/errors.ts'
import { configMaps } from '../kube/resources/core/config-map.ts'
import { namespaces } from '../kube/resources/core/namespace.ts'
import { serviceAccounts } from '../kube/resources/core/service-account.ts'
import type { Namespace, ServiceAccount } from '../kube/types.ts'
import { controllersOf } from './index.ts'
import { endTerminating, live } from './testing/pods.ts'
import { World } from './testing/world.ts'

const labels = { app: 'web' }

function terminating(): { world: World; stored: () => Namespace | undefined } {
  const world = new World(controllersOf({ caCertificate: () => 'the CA', compat: () => undefined }))
  world.create('v1', 'Node', { metadata: { name: 'n1' } })
  const namespace = world.create<Namespace>('v1', 'Namespace', { metadata: { name: 'shop' } })
  const metadata = { namespace: 'shop' }
  world.create('apps/v1', 'Deployment', {
    metadata: { ...metadata, name: 'web' },
    spec: {
      replicas: 60,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  })
  world.create('v1', 'Service', {
    metadata: { ...metadata, name: 'web' },
    spec: { selector: labels, clusterIP: '10.96.0.9', ports: [{ port: 80 }] },
  })
  world.create('v1', 'ConfigMap', { metadata: { ...metadata, name: 'held', finalizers: ['example.com/hold'] } })
  live(world)
  world.delete(namespaces, world.get(namespaces, { namespace: '', name: 'shop' }) ?? namespace)
  return { world, stored: () => world.get(namespaces, { namespace: '', name: 'shop' }) }
}

it('a deleted namespace is emptied, says what holds it, and goes when nothing does', () => {
  const { world, stored } = terminating()
  world.settle()
  const told = Object.fromEntries((stored()?.status.conditions ?? []).map((condition) => [condition.type, condition]))
  expect(told['NamespaceContentRemaining']).toMatchObject({
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: 'Some resources are remaining: configmaps. has 1 resource instances, pods. has 60 resource instances',
  })
  expect(told['NamespaceFinalizersRemaining']).toMatchObject({
    status: 'True',
    reason: 'SomeFinalizersRemain',
    message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  })
  expect(told['NamespaceObjectsRemaining']).toMatchObject({
    status: 'True',
    reason: 'SomeObjectsRemain',
    message: expect.stringMatching(
      /^Some objects are remaining: configmaps\/held since 2026-01-01T10:00:00Z \(finalizers example\.com\/hold\), pods\/web-\S+ since 2026-01-01T10:00:\d\dZ.*, and 51 more$/,
    ),
  })
  expect(told['NamespaceDeletionContentFailure']).toMatchObject({ status: 'False', reason: 'ContentDeleted' })
  expect(told['NamespaceDeletionDiscoveryFailure']).toMatchObject({ status: 'False', reason: 'ResourcesDiscovered' })
  expect(world.wishes()).toEqual([])
  endTerminating(world)
  world.settle()
  expect(stored()?.status.conditions?.find(({ type }) => type === 'NamespaceContentRemaining')?.message).toBe(
    'Some resources are remaining: configmaps. has 1 resource instances',
  )
  world.edit(configMaps, { namespace: 'shop', name: 'held' }, (draft) => {
    delete draft.metadata.finalizers
  })
  world.settle()
  expect(stored()).toBeUndefined()
  for (const resource of world.resources) expect(world.list(resource, { namespace: 'shop' })).toEqual([])
})

it('what may not be deleted keeps nothing else in a namespace, is told, and is tried again', () => {
  const { world, stored } = terminating()
  world.refuseDelete = (resource, object) =>
    resource.kind === 'ConfigMap' ? forbidden(configMaps, object.metadata.name, 'it is kept') : undefined
  world.settle()
  endTerminating(world)
  world.settle()
  const told = (type: string) => stored()?.status.conditions?.find((condition) => condition.type === type)
  expect(told('NamespaceDeletionContentFailure')).toMatchObject({
    status: 'True',
    reason: 'ContentDeletionFailed',
    message: 'Failed to delete all resource types, 1 remaining: configmaps "held" is forbidden: it is kept',
  })
  expect(told('NamespaceContentRemaining')?.message).toBe(
    'Some resources are remaining: configmaps. has 2 resource instances',
  )
  expect(told('NamespaceObjectsRemaining')?.message).toContain('configmaps/held (its delete is refused)')
  world.refuseDelete = () => undefined
  world.advance(60_000)
  expect(told('NamespaceDeletionContentFailure')).toMatchObject({ status: 'False', reason: 'ContentDeleted' })
  world.edit(configMaps, { namespace: 'shop', name: 'held' }, (draft) => {
    delete draft.metadata.finalizers
  })
  world.settle()
  expect(stored()).toBeUndefined()
})

it('a failure with other words each time is not told each time', () => {
  const { world, stored } = terminating()
  let tries = 0
  world.refuseDelete = (resource, object) =>
    resource.kind === 'ConfigMap' ? forbidden(configMaps, object.metadata.name, `try ${tries++}`) : undefined
  world.settle()
  const before = world.writes
  world.advance(10_000)
  expect([world.writes - before, tries > 10]).toEqual([0, true])
  world.advance(30_000)
  expect(stored()?.status.conditions?.some(({ message }) => message?.includes('try 0'))).toBe(false)
})

it('a namespace has its default ServiceAccount again after it was deleted', () => {
  const world = new World(controllersOf({ caCertificate: () => 'the CA', compat: () => undefined }))
  world.settle()
  const account = () => world.get(serviceAccounts, { namespace: 'default', name: 'default' })
  const first = account() as ServiceAccount
  world.delete(serviceAccounts, first)
  world.settle()
  expect(account()?.metadata.uid).not.toBe(first.metadata.uid)
})
