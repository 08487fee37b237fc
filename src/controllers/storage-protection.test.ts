import { describe, expect, it } from 'vitest'
import { persistentVolumes } from '../kube/resources/core/persistent-volume.ts'
import { persistentVolumeClaims } from '../kube/resources/core/persistent-volume-claim.ts'
import { pods } from '../kube/resources/core/pod.ts'
import { CLAIM_PROTECTION, VOLUME_PROTECTION } from '../kube/storage-protection.ts'
import { claimProtection } from './claim-protection.ts'
import { World } from './testing/world.ts'
import { volumeProtection } from './volume-protection.ts'

const newWorld = () => new World([claimProtection, volumeProtection])

const claim = (world: World, name: string, finalizers: readonly string[] = [CLAIM_PROTECTION]) => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  world.create('v1', 'PersistentVolumeClaim', { metadata: { name, finalizers }, spec })
}
const pod = (world: World, name: string, volume: object, nodeName: string | undefined = 'node-1') => {
  const spec = { nodeName, volumes: [{ name: 'data', ...volume }], containers: [{ name: 'a', image: 'a' }] }
  world.create('v1', 'Pod', { metadata: { name }, spec })
}
const remove = (world: World, name: string) => {
  const held = world.get(persistentVolumeClaims, { namespace: 'default', name })
  if (held) world.delete(persistentVolumeClaims, held)
  world.settle()
}
const end = (world: World, name: string) => {
  const held = world.get(pods, { namespace: 'default', name })
  if (held) world.delete(pods, held, { gracePeriodSeconds: 0 })
  world.settle()
}
const isThere = (world: World, name: string): boolean =>
  world.get(persistentVolumeClaims, { namespace: 'default', name }) !== undefined

describe('claimProtection', () => {
  it.each([
    { what: 'a volume', volume: { persistentVolumeClaim: { claimName: 'web-data' } } },
    { what: 'an ephemeral volume', volume: { ephemeral: { volumeClaimTemplate: {} } } },
  ])('keeps a claim until the last Pod that uses it by $what is gone', ({ volume }) => {
    const world = newWorld()
    claim(world, 'web-data')
    pod(world, 'web', volume)
    pod(world, 'other', { persistentVolumeClaim: { claimName: 'web-data' } })
    remove(world, 'web-data')
    expect(isThere(world, 'web-data')).toBe(true)
    end(world, 'other')
    expect(isThere(world, 'web-data')).toBe(true)
    end(world, 'web')
    expect(isThere(world, 'web-data')).toBe(false)
  })

  it('keeps none for Pods that have no node, other claims or other namespaces', () => {
    const world = newWorld()
    claim(world, 'data')
    pod(world, 'waiting', { persistentVolumeClaim: { claimName: 'data' } }, '')
    pod(world, 'elsewhere', { persistentVolumeClaim: { claimName: 'more' } })
    remove(world, 'data')
    expect(isThere(world, 'data')).toBe(false)
  })

  it('lets go, and leaves what else holds it', () => {
    const world = newWorld()
    claim(world, 'data', ['example.com/backup', CLAIM_PROTECTION])
    remove(world, 'data')
    expect(world.get(persistentVolumeClaims, { namespace: 'default', name: 'data' })?.metadata.finalizers).toEqual([
      'example.com/backup',
    ])
    expect(world.wishes()).toEqual([])
  })

  it('protects a claim from before there was protection', () => {
    const world = newWorld()
    claim(world, 'data', [])
    world.settle()
    expect(world.get(persistentVolumeClaims, { namespace: 'default', name: 'data' })?.metadata.finalizers).toEqual([
      CLAIM_PROTECTION,
    ])
    expect(world.wishes()).toEqual([])
  })
})

describe('volumeProtection', () => {
  it('keeps a volume while a claim is bound to it', () => {
    const world = newWorld()
    const key = { namespace: '', name: 'disk' }
    world.create('v1', 'PersistentVolume', {
      metadata: { name: 'disk', finalizers: [VOLUME_PROTECTION] },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } },
    })
    const phase = (next: string) =>
      world.edit(persistentVolumes, key, (draft) => {
        draft.status.phase = next as 'Bound'
      })
    phase('Bound')
    const held = world.get(persistentVolumes, key)
    if (held) world.delete(persistentVolumes, held)
    world.settle()
    expect(world.get(persistentVolumes, key)?.metadata.deletionTimestamp).toBeDefined()
    phase('Released')
    world.settle()
    expect(world.get(persistentVolumes, key)).toBeUndefined()
  })
})
