import { pino } from 'pino'
import { expect, it } from 'vitest'
import { PodManager } from './manager.ts'
import { container, observedOf, podOf } from './testing.ts'
import type { World } from './world.ts'

/** A node with nothing on it that counts how often each Pod is looked at. */
function countingWorld() {
  const looks: string[] = []
  const partial: Pick<World, 'log' | 'now' | 'report' | 'node'> & Record<string, unknown> = {
    runtime: {
      observe: async ({ uid }: { uid: string }) => {
        looks.push(uid)
        return observedOf([], [])
      },
    },
    network: { addressOf: () => undefined, disconnect: async () => {} },
    volumes: { tearDown: async () => {} },
    log: pino({ level: 'silent' }),
    now: () => 0,
    node: () => ({ hostIp: '198.51.100.1', machineMemoryBytes: 1, cpuMillis: 1, memoryBytes: 1, storageBytes: 1 }),
    report: () => {},
  }
  // A finished Pod asks for no more than this.
  return { world: partial as unknown as World, looks }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

it('wakes the Pods that mention what has changed, and no other', async () => {
  const { world, looks } = countingWorld()
  const manager = new PodManager(world, world.log)
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }]
  const status = { phase: 'Succeeded' } as const
  const reads = podOf({ containers: [container('main', { env })] }, { metadata: { uid: 'reads' }, status })
  const other = podOf({}, { metadata: { uid: 'other' }, status })
  manager.follow([reads, other])
  await settled()
  looks.length = 0
  manager.wakeMentioning({ configMaps: new Set(['ns/settings']), secrets: new Set() })
  await settled()
  expect(looks).toEqual(['reads'])
  manager.wakeMentioning({ configMaps: new Set(['elsewhere/settings']), secrets: new Set(['ns/settings']) })
  manager.follow([reads, other])
  await settled()
  expect(looks).toEqual(['reads'])
  manager.stop()
})
