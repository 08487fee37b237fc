import { describe, expect, it } from 'vitest'
import { configMaps } from '../kube/resources/core/config-map.ts'
import { namespaces } from '../kube/resources/core/namespace.ts'
import { rootCaPublisher } from './root-ca-publisher.ts'
import { World } from './testing/world.ts'

const KEY = { namespace: 'default', name: 'kube-root-ca.crt' }

function newWorld() {
  const world = new World([rootCaPublisher(() => 'the CA')])
  world.settle()
  return world
}

describe('rootCaPublisher', () => {
  it('makes it anew when it was deleted', () => {
    const world = newWorld()
    const held = world.get(configMaps, KEY)
    if (held) world.delete(configMaps, held)
    world.settle()
    expect(world.get(configMaps, KEY)?.data).toEqual({ 'ca.crt': 'the CA' })
    expect(world.get(configMaps, KEY)?.metadata.uid).not.toBe(held?.metadata.uid)
  })

  it('puts the CA back when it was changed, and leaves labels alone', () => {
    const world = newWorld()
    world.edit(configMaps, KEY, (held) => {
      held.data = { 'ca.crt': 'another', more: 'x' }
      held.metadata.labels = { a: 'b' }
    })
    world.settle()
    expect(world.get(configMaps, KEY)).toMatchObject({ data: { 'ca.crt': 'the CA' }, metadata: { labels: { a: 'b' } } })
    expect(world.get(configMaps, KEY)?.data).not.toHaveProperty('more')
  })

  it('writes nothing where all is well, nor in a namespace that is going', () => {
    const world = newWorld()
    const before = world.writes
    world.settle()
    expect(world.writes).toBe(before)
    world.edit(namespaces, { namespace: '', name: 'default' }, (namespace) => {
      namespace.metadata.deletionTimestamp = '2026-01-01T10:00:00Z'
    })
    const held = world.get(configMaps, KEY)
    if (held) world.delete(configMaps, held)
    world.settle()
    expect(world.get(configMaps, KEY)).toBeUndefined()
  })
})
